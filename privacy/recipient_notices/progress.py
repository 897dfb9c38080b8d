"""How many of them have confirmed? For the person, who may know who they are (Art. 19), and for the case's page."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from .notice import CONFIRMED, Change, NoticeQuerySet, RecipientNotice, State


@dataclass(frozen=True)
class Progress:
    """One change of a case, the recipients that were told of it, and how many have confirmed."""

    change: Change
    notices: list[RecipientNotice]

    @property
    def confirmed(self) -> int:
        """How many have done it, or have nothing."""
        return len({n.recipient_id for n in self.notices} - {n.recipient_id for n in self.notices if _is_missing(n)})

    @property
    def count(self) -> int:
        """How many recipients there are."""
        return len({n.recipient_id for n in self.notices})


def _is_missing(notice: RecipientNotice) -> bool:
    return notice.state not in CONFIRMED


def of_case(case: Any) -> NoticeQuerySet:
    """Everything that anybody was told because of this case."""
    return RecipientNotice.objects.filter(case=case).select_related("recipient").order_by("recipient__name", "pk")


def progress(case: Any, today: date) -> list[Progress]:
    """For the person: by change, in their order; without what an authority forbids to tell, and what was replaced."""
    named = of_case(case).to_be_named(today).exclude(state=State.REPLACED)
    found = [Progress(change, [n for n in named if n.change == change]) for change in Change]
    return [one for one in found if one.notices]
