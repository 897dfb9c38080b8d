"""The start page: what waits, what is late, and how the last weeks went; every number leads to its list."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from .. import jobs, roles
from ..erasure import PurgeRun
from ..inbound.mailbox import InboundEmail
from ..inbound.webhooks import WebhookCall
from ..roles import Act
from ..sight import ViewingAlarm
from ..subject_requests import DataSubjectRequest, complaints
from . import chart, ready

WEEKS = 12
SEVEN_DAYS = timedelta(days=6)
QUEUE = "admin:privacy_datasubjectrequest_changelist"
A_HANDFUL = 10
MOST_ALARMS = 10


@dataclass(frozen=True)
class Tile:
    """One number."""

    count: int
    label: str | Promise
    url: str
    tone: str = ""


def context(request: HttpRequest) -> dict[str, Any]:
    """Everything the page shows to this person."""
    today, who = timezone.localdate(), request.user
    sees_queue = roles.may(who, Act.SEE_QUEUE)
    return {
        "sees_queue": sees_queue,
        "may_record": roles.may(who, Act.HANDLE),
        "tiles": _tiles(who, today) if sees_queue else [],
        "chart": chart.drawn(weeks(today)) if sees_queue else None,
        "last_purge": PurgeRun.objects.first() if roles.may(who, Act.SEE_RULES) else None,
        "sees_rules": roles.may(who, Act.SEE_RULES),
        "is_ready": ready.is_ready(who, timezone.now()),
        "ends_soon": ready.warnings(who, timezone.now()),
        "alarms": _alarms() if roles.may(who, Act.READ_AUDIT) else [],
        "reach": _reach() if roles.may(who, Act.MANAGE_ACCOUNTS) or roles.may(who, Act.READ_AUDIT) else None,
        "a_handful": A_HANDFUL,
    }


def _tiles(who: Any, today: date) -> list[Tile]:
    queue, week = reverse(QUEUE), today + SEVEN_DAYS
    found = DataSubjectRequest.objects.open().aggregate(
        all=Count("pk"),
        late=Count("pk", filter=Q(due_on__lt=today)),
        week=Count("pk", filter=Q(due_on__range=(today, week))),
        nobody=Count("pk", filter=Q(assignee__isnull=True)),
        mine=Count("pk", filter=Q(assignee=who)),
    )
    stuck = sum(model.objects.needing_attention().count() for model in jobs.concrete())
    tiles = [
        Tile(found["late"], gettext_lazy("overdue"), f"{queue}?due=overdue", "danger"),
        Tile(found["week"], gettext_lazy("due this week"), f"{queue}?due=week", "warn"),
        Tile(found["mine"], gettext_lazy("in my hands"), f"{queue}?whose=mine"),
        Tile(found["nobody"], gettext_lazy("unassigned"), f"{queue}?whose=nobody", "warn"),
        Tile(found["all"], gettext_lazy("open"), queue),
        Tile(stuck, gettext_lazy("jobs need a person"), reverse("admin:jobs"), "danger"),
    ]
    if silent := int(complaints.silent(timezone.now()).order_by().count()):
        label = gettext_lazy("complaints without word to the person")
        tiles.insert(-1, Tile(silent, label, f"{queue}?told=silent", "danger"))
    if roles.may(who, Act.SEE_PERSON):
        mails = reverse("admin:privacy_inboundemail_changelist")
        tiles.insert(-1, Tile(_to_review(), gettext_lazy("mails to look at"), mails, "warn"))
        if calls := int(WebhookCall.objects.to_review().order_by().count()):
            where = reverse("admin:privacy_webhookcall_changelist")
            tiles.insert(-1, Tile(calls, gettext_lazy("calls of mailing services to look at"), where, "warn"))
    return tiles


def _to_review() -> int:
    return int(InboundEmail.objects.to_review().order_by().count())


def _alarms() -> list[ViewingAlarm]:
    """What was raised about colleagues in the last week."""
    recent = ViewingAlarm.objects.filter(raised_at__gte=timezone.now() - timedelta(days=7))
    return list(recent.select_related("colleague")[:MOST_ALARMS])


def _reach() -> int:
    """How many people may see personal data (MAD-17)."""
    return roles.holders(Act.SEE_PERSON)


def weeks(today: date) -> list[chart.Week]:
    """For each of the last weeks: received, closed, and open past their last day when it ended; three queries."""
    first = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    days = [first + timedelta(weeks=n) for n in range(WEEKS + 1)]
    edges = [datetime.combine(day, time.min, tzinfo=settings.SHOP_TZ) for day in days]
    rows = DataSubjectRequest.objects.order_by()
    received = _counts(rows.filter(received_at__gte=edges[0]), _between("received_at", edges))
    closed = _counts(rows.filter(closed_at__gte=edges[0]), _between("closed_at", edges))
    ends = [min(day, today) for day in days[1:]]
    still_open = [Q(closed_at__isnull=True) | Q(closed_at__gte=edge) for edge in edges[1:]]
    late = [Q(due_on__lt=end) & open_then for end, open_then in zip(ends, still_open, strict=True)]
    overdue = _counts(rows.filter(Q(closed_at__isnull=True) | Q(closed_at__gte=edges[1])), late)
    return [chart.Week(*line) for line in zip(days, received, closed, overdue, strict=False)]


def _between(column: str, edges: list[datetime]) -> list[Q]:
    return [Q(**{f"{column}__gte": start, f"{column}__lt": end}) for start, end in pairwise(edges)]


def _counts(rows: Any, weekly: list[Q]) -> list[int]:
    found = rows.aggregate(**{f"week_{n}": Count("pk", filter=only) for n, only in enumerate(weekly)})
    return [found[f"week_{n}"] for n in range(len(weekly))]
