"""How does a person's data get to a recipient? Through one door that asks, and writes down what passed and what not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .. import audit
from ..recipients import Disclosure, Recipient, log_disclosure
from .sharing import may_share


class MayNotShare(Exception):
    """A hand-over that must not take place, with one sentence for each reason."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def hand_over(
    data_subject: Any,
    recipient: Recipient,
    fields: Sequence[str],
    *,
    legal_basis: str,
    actor: Any,
    now: datetime,
    reference: str = "",
) -> Disclosure:
    """Called right before these fields leave; the row that the person is shown (Art. 15(1)(c); CLG-10, MAD-15).

    MayNotShare when the gate says no; the try stands in the audit log then, by number of reasons and names of fields.
    """
    answer = may_share(data_subject, recipient, fields, now)
    if not answer.allowed:
        audit.record(
            "disclosure.refused", actor=actor, subject=data_subject, target=recipient, now=now, fields=sorted(fields),
            reasons=len(answer.reasons),
        )  # fmt: skip
        raise MayNotShare(answer.reasons)
    return log_disclosure(
        data_subject, recipient, list(fields), legal_basis=legal_basis, actor=actor, now=now, reference=reference
    )
