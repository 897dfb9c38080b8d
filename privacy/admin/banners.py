"""What stands above a person's pages: what may not be used, what may not be deleted, and who looks at it again when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from .. import restrictions, roles
from ..restrictions import Restriction
from ..roles import Act


@dataclass(frozen=True)
class Banner:
    """One restriction or hold in force."""

    is_lock: bool
    why: str
    record: str
    since: datetime
    review_on: date | None
    is_overdue: bool
    url: str


def of_person(request: HttpRequest, person: Any) -> list[Banner]:
    """All that is in force about her."""
    return [_banner(request, row) for row in restrictions.held_by(person).select_related("data_subject")]


def of_record(request: HttpRequest, record: Any, person: Any) -> list[Banner]:
    """What keeps this record: a hold on everything, on it, or on what it belongs to."""
    names = restrictions.names_around(record)
    rows = restrictions.held_by(person).filter(scope__in=["", *names]).select_related("data_subject")
    return [_banner(request, row) for row in rows]


def _banner(request: HttpRequest, row: Restriction) -> Banner:
    sees = roles.may(request.user, Act.SEE_HOLDS)
    return Banner(
        is_lock=row.was_asked_for,
        why=label_for(request, row),
        record=restrictions.record_in_words(row),
        since=row.imposed_at,
        review_on=row.review_on,
        is_overdue=row.review_on is not None and row.review_on <= timezone.localdate(),
        url=reverse("admin:privacy_restriction_change", args=[row.pk]) if sees else "",
    )


def label_for(request: HttpRequest, row: Restriction) -> str:
    """Its kind; for colleagues who may not see holds in the words that the person may hear (LRD-18)."""
    return row.get_kind_display() if roles.may(request.user, Act.SEE_HOLDS) else restrictions.plain(row.kind)


def hold_url(request: HttpRequest, person: Any, records: Iterable[str] = (), case: str = "") -> str:
    """Where a hold is set for this person, the records ticked already; empty for those who may not."""
    if person is None or not roles.may(request.user, Act.HOLD):
        return ""
    said = {"person": person.number, "records": list(records), "evidence": [case] if case else []}
    return f"{reverse('admin:impose_restriction')}?{urlencode(said, doseq=True)}"
