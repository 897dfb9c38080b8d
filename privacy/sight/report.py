"""Who has looked at whom? By colleague and day for the officer; for the person, what was looked at and why."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import audit, notices, roles
from ..audit import AuditEntry
from .alarm import officer_address
from .opening import Ground, Opening

LOOKS = ("person.viewed", "break_glass.person_viewed")
WHO: dict[str, str | Promise] = {
    roles.AGENT: gettext_lazy("Customer care"),
    roles.OFFICER: gettext_lazy("Our privacy officer"),
    roles.EMERGENCY: gettext_lazy("A technician, in an emergency"),
}
WHY: dict[str, str | Promise] = {
    Ground.REQUEST: gettext_lazy("To answer your request"),
    Ground.CONTACT: gettext_lazy("Because you called or wrote to us"),
    Ground.MAIL: gettext_lazy("To read an email and see what it asks"),
    Ground.CHECK: gettext_lazy("To check that something was done right for you"),
    Ground.SECURITY: gettext_lazy("Because somebody might have misused something, or something went wrong"),
    Ground.OTHER: gettext_lazy("For another reason; write to us if you want to know more"),
}


@dataclass(frozen=True)
class Day:
    """One colleague on one day: how often she opened somebody's details, and whose were without an open request."""

    day: date
    colleague: Any
    openings: int
    people: int
    without_request: int
    pages: int


@dataclass(frozen=True)
class Told:
    """One look, as the person reads it: no colleague's name, no colleague's words."""

    opened_at: datetime
    who: str
    why: str
    reference: str


def openings(first: date, last: date, colleague: Any = None) -> models.QuerySet[Opening]:
    """Every look of these days, the newest first."""
    found = Opening.objects.filter(opened_at__gte=_start(first), opened_at__lt=_start(last + timedelta(days=1)))
    found = found.filter(colleague=colleague) if colleague else found
    return found.select_related("colleague", "data_subject").order_by("-pk")


def days(first: date, last: date, colleague: Any = None) -> list[Day]:
    """One line for each colleague and day, the newest first (CLG-20)."""
    nobody = Q(data_subject=None)
    found = (
        openings(first, last, colleague).select_related(None).order_by()
        .annotate(day=TruncDate("opened_at", tzinfo=settings.SHOP_TZ)).values("day", "colleague")
        .annotate(
            openings=Count("pk"), known=Count("data_subject", distinct=True),
            unknown=Count("page", filter=nobody, distinct=True), without=Count("pk", filter=Q(with_request=False)),
        )
    )  # fmt: skip
    counted: dict[tuple[date, Any], Any] = {(row["day"], row["colleague"]): row for row in found}
    pages = _pages(first, last, colleague)
    accounts = get_user_model()._default_manager.in_bulk({key for _day, key in counted} | {key for _day, key in pages})
    lines = [_line(key, accounts, counted.get(key), pages[key]) for key in {*counted, *pages} if key[1] in accounts]
    return sorted(lines, key=lambda line: (line.day, str(line.colleague)), reverse=True)


def _line(key: tuple[date, Any], accounts: dict[Any, Any], row: dict[str, Any] | None, pages: int) -> Day:
    row = row or {"openings": 0, "known": 0, "unknown": 0, "without": 0}
    return Day(key[0], accounts[key[1]], row["openings"], row["known"] + row["unknown"], row["without"], pages)


def _pages(first: date, last: date, colleague: Any) -> Counter[tuple[date, Any]]:
    """How many pages with details each looked at on each day, from the audit log."""
    mine = f"{get_user_model()._meta.label_lower}:"
    looks = AuditEntry.objects.filter(at__gte=_start(first), at__lt=_start(last + timedelta(days=1)), event__in=LOOKS)
    looks = looks.filter(actor=audit.reference(colleague)) if colleague else looks.filter(actor__startswith=mine)
    rows = looks.order_by().annotate(day=TruncDate("at", tzinfo=settings.SHOP_TZ)).values("day", "actor")
    return Counter({
        (row["day"], int(row["actor"].removeprefix(mine))): row["n"] for row in rows.annotate(n=Count("pk"))
    })  # fmt: skip


def told(data_subject: Any) -> models.QuerySet[Opening]:
    """The looks at this person, the newest first."""
    return Opening.objects.filter(data_subject=data_subject).defer("reason").order_by("-pk")


def in_plain_words(looks: Iterable[Opening]) -> list[Told]:
    """Day, role and reason as the person reads them."""
    return [Told(look.opened_at, _who(look), str(WHY[look.ground]), look.reference) for look in looks]


def _who(look: Opening) -> str:
    return str(WHO.get(look.role) or _("Somebody of our staff"))


def send_daily(day: date) -> None:
    """The letter to the privacy officer about this day, once however often it is asked for (F68)."""
    lines = sorted(days(day, day), key=lambda line: line.people, reverse=True)
    context = {"day": day, "lines": lines, "most": settings.MASS_VIEWING_PEOPLE}
    notices.send("looks_daily", officer_address(), key=f"looks-daily-{day.isoformat()}", context=context)


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=settings.SHOP_TZ)
