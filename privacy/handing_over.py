"""May this leave us, and what did? The one door through which data goes to a recipient: asked, then written down."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from . import audit, gate
from .gate.asking import Asked, Row, asked_shares
from .recipients import AuthorityOrder, Disclosure, Recipient, log_disclosure, orders

LONGEST_REFERENCE = 120


class Refused(Exception):
    """The gate says no; `reasons` says why, in sentences."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = list(reasons)


def hand_over(
    data_subject: Any, recipient: Recipient, fields: Sequence[str], *, reference: str = "", actor: Any, now: datetime
) -> Disclosure:
    """Notes a hand-over that the gate allows at this moment; Refused where it does not, which is noted too (CLG-10)."""
    with transaction.atomic():
        answer = gate.may_share(data_subject, recipient, fields, now)
        if answer.allowed:
            return _noted(data_subject, recipient, fields, reference=reference, actor=actor, now=now)
    audit.record(
        "disclosure.refused", actor=actor, subject=data_subject, target=recipient, now=now, fields=list(fields)
    )
    raise Refused(answer.reasons)


def _noted(
    data_subject: Any, recipient: Recipient, fields: Sequence[str], *, reference: str, actor: Any, now: datetime
) -> Disclosure:
    order = AuthorityOrder.objects.covering(data_subject, recipient, fields, now).approved().first()
    if order is not None:
        return orders.handed_over(order, actor=actor, now=now)
    basis = "contract" if recipient.is_necessary else "consent"
    return log_disclosure(
        data_subject, recipient, list(fields), legal_basis=basis, reference=reference, actor=actor, now=now
    )


def hand_over_all(rows: Iterable[Row], *, actor: Any, now: datetime) -> Iterator[Row]:
    """`{"id", "customer", "recipient", "fields", "reference"}` in; yes with the number of the entry, or no and why."""
    for asked in asked_shares({**row, "at": now.isoformat()} for row in rows):
        answer: Row = {"id": asked.row.get("id")}
        if asked.error or len(asked.questions) > 1:
            yield answer | {"error": asked.error or _("several people have this address: name the customer")}
        elif not asked.questions:
            yield answer | {"allowed": False, "reasons": [asked.unknown]}
        else:
            yield answer | _handed(asked, actor=actor, now=now)


def _handed(asked: Asked, *, actor: Any, now: datetime) -> Row:
    [question] = asked.questions
    reference = str(asked.row.get("reference") or "")[:LONGEST_REFERENCE]
    try:
        entry = hand_over(
            question.data_subject, question.recipient, question.fields, reference=reference, actor=actor, now=now
        )
    except Refused as refused:
        return {"allowed": False, "reasons": refused.reasons}
    return {"allowed": True, "disclosure": entry.pk}
