"""What would end with an erasure, besides rows? Login, copies, mailed links, and who else is told; all in one view."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from ..export import Export
from ..personal_data import declarations
from ..recipients import Disclosure
from ..tokens import LinkToken
from .plan import Line, preview


@dataclass(frozen=True)
class Outlook:
    """What an erasure today would do, without doing it (Art. 17, 12(1))."""

    lines: list[Line]
    has_login: bool
    browsers: int
    copies: int
    links: int
    recipients: list[str]

    @property
    def deleted(self) -> int:
        """Records that go."""
        return sum(line.deleted for line in self.lines)

    @property
    def anonymised(self) -> int:
        """Records that stay without a name."""
        return sum(line.anonymised for line in self.lines)

    @property
    def kept(self) -> int:
        """Records that a law or a reason keeps for a time."""
        return sum(line.kept for line in self.lines)

    @property
    def held(self) -> int:
        """Records that wait for the end of a hold or restriction."""
        return sum(line.held for line in self.lines)


def outlook(data_subject: Any, today: date, *, for_the_person: bool = False) -> Outlook:
    """The preview with all that ends with it; what stays comes first, and the person is named nobody too early."""
    lines = preview(data_subject, today)
    if for_the_person:
        lines = [line.as_told() for line in lines if line.is_told]
    lines.sort(key=lambda line: not (line.kept or line.held))
    return Outlook(
        lines=lines,
        has_login=getattr(data_subject, "account_id", None) is not None,
        browsers=_browsers(data_subject),
        copies=Export.personal_data.of(data_subject).count(),
        links=LinkToken.personal_data.of(data_subject).count(),
        recipients=list(_recipients(data_subject, today, for_the_person)),
    )


def _browsers(data_subject: Any) -> int:
    """Sessions, in whatever table the shop keeps them."""
    kept = [said for said in declarations() if said.data_subject and hasattr(said.model, "get_decoded")]
    return sum(said.of(data_subject).count() for said in kept)


def _recipients(data_subject: Any, today: date, for_the_person: bool) -> Iterable[str]:
    """Those who got data that they may still have, and will be told to delete it (Art. 17(2), 19)."""
    said = Disclosure.personal_data
    rows = said.of(data_subject).exclude(pk__in=said.expired(today).values("pk"))
    if for_the_person:
        rows = rows.filter(Q(secret_until__isnull=True) | Q(secret_until__lt=today))
    return rows.order_by("recipient__name").values_list("recipient__name", flat=True).distinct()
