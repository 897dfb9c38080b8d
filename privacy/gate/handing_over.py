"""How does a person's data get to a recipient? Through one door that asks, and writes down what passed and what not."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from .. import audit
from ..recipients import AuthorityOrder, Disclosure, Recipient, log_disclosure, log_disclosures, orders
from .asking import Asked, Row, asked_shares, unknown
from .facts import Answer
from .sharing import Share, may_share, share_answers

LONGEST_REFERENCE = 120
# The name, beside those of rules, of a no that comes from the gate of hand-overs.
MAY_NOT_SHARE = "may_not_share"


class MayNotShare(Exception):
    """A hand-over that must not take place, with one sentence for each reason."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = list(reasons)


def hand_over(
    data_subject: Any, recipient: Recipient, fields: Sequence[str], *, legal_basis: str = "", reference: str = "",
    records: Sequence[str] = (), actor: Any, now: datetime,
) -> Disclosure:  # fmt: skip
    """Called right before these fields leave; the row that the person is shown (Art. 15(1)(c); CLG-10, MAD-15).

    MayNotShare when the gate says no; the try stands in the audit log then, by number of reasons and names of fields.
    Without a `legal_basis` it is the contract for whoever is needed for an order, else the person's consent; for an
    authority that of its order. `records` names out of which records the fields come (see `Share`).
    """
    with transaction.atomic():
        answer = may_share(data_subject, recipient, fields, now, records=records)
        if answer.allowed:
            basis = legal_basis or recipient.usual_basis
            return _noted(data_subject, recipient, fields, basis, reference, records, actor=actor, now=now)
    audit.record(
        "disclosure.refused", actor=actor, subject=data_subject, target=recipient, now=now, fields=sorted(fields),
        reasons=len(answer.reasons),
    )  # fmt: skip
    raise MayNotShare(answer.reasons)


def _noted(
    data_subject: Any, recipient: Recipient, fields: Sequence[str], basis: str, reference: str, records: Sequence[str],
    *, actor: Any, now: datetime,
) -> Disclosure:  # fmt: skip
    order = AuthorityOrder.objects.covering(data_subject, recipient, fields, now).approved().first()
    if order is not None:
        return orders.handed_over(order, actor=actor, now=now)
    return log_disclosure(
        data_subject,
        recipient,
        list(fields),
        legal_basis=basis,
        actor=actor,
        now=now,
        reference=reference,
        records=records,
    )


def hand_over_all(rows: Iterable[Row], *, actor: Any, now: datetime) -> Iterator[Row]:
    """`{"id", "customer", "recipient", "fields", "records", "reference"}` in; yes and its number, or no and why."""
    for asked in asked_shares({**row, "at": now.isoformat()} for row in rows):
        answer: Row = {"id": asked.row.get("id")}
        if asked.error or len(asked.questions) > 1:
            yield answer | {"error": asked.error or _("several people have this address: name the customer")}
        elif not asked.questions:
            yield answer | {"allowed": False, "reasons": [unknown()]}
        else:
            yield answer | _handed(asked, actor=actor, now=now)


def _handed(asked: Asked, *, actor: Any, now: datetime) -> Row:
    [question] = asked.questions
    reference = str(asked.row.get("reference") or "")[:LONGEST_REFERENCE]
    try:
        entry = hand_over(
            question.data_subject,
            question.recipient,
            question.fields,
            reference=reference,
            records=question.records,
            actor=actor,
            now=now,
        )
    except MayNotShare as refused:
        return {"allowed": False, "reasons": refused.reasons}
    return {"allowed": True, "disclosure": entry.pk}


@dataclass(frozen=True)
class ListFor:
    """A list of many that goes to one recipient; each list has a reference of its own. An authority gets no lists."""

    recipient: Recipient
    reference: str
    actor: Any
    now: datetime

    def hand_over(self, told: Sequence[tuple[Asked, Answer]], fields: Sequence[str]) -> list[Answer]:
        """The answer to each row once this gate has been asked too; what passes both is written down as handed over."""
        people = _meant(told)
        with transaction.atomic():
            shares = [
                Share(data_subject=person, recipient=self.recipient, fields=fields, at=self.now)
                for person in people.values()
            ]
            may = dict(zip(people, share_answers(shares), strict=True))
            answers = [self._both(asked, answer, may) for asked, answer in told]
            gone = _meant((asked, answer) for (asked, _before), answer in zip(told, answers, strict=True))
            log_disclosures(
                gone, self.recipient, list(fields), legal_basis=self.recipient.usual_basis, actor=self.actor,
                now=self.now, reference=self.reference,
            )  # fmt: skip
        return answers

    def _both(self, asked: Asked, answer: Answer, may: dict[Any, Answer]) -> Answer:
        refused = [may[question.data_subject.pk] for question in asked.questions] if answer.allowed else []
        reasons = dict.fromkeys(reason for one in refused if not one.allowed for reason in one.reasons)
        return Answer(False, list(reasons), (MAY_NOT_SHARE,)) if reasons else answer


def _meant(told: Iterable[tuple[Asked, Answer]]) -> dict[Any, Any]:
    """Whom the rows with a yes mean, by primary key."""
    rows = (asked for asked, answer in told if answer.allowed)
    return {question.data_subject.pk: question.data_subject for asked in rows for question in asked.questions}
