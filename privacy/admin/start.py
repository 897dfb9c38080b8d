"""The start page: what waits, what is late, what is due next; every number leads to its list."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from .. import canary, jobs, roles
from .. import promises as register
from ..alarms import DeadlineAlarm, Kind
from ..inbound.mailbox import InboundEmail
from ..inbound.webhooks import WebhookCall
from ..purge import A_NIGHT, PurgeRun, last_begun, stopping
from ..restrictions import Restriction
from ..roles import Act
from ..sight import ViewingAlarm
from ..subject_requests import DataSubjectRequest, complaints, promises
from . import figures, ready

SEVEN_DAYS = timedelta(days=6)
QUEUE = "admin:privacy_datasubjectrequest_changelist"
A_HANDFUL = 10
NEXT = 10
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
    is_ready = ready.is_ready(who, timezone.now())
    return {
        **(figures.context(request) if sees_queue else {}),
        "coming": promises.coming(today, NEXT) if sees_queue and is_ready else [],
        "sees_queue": sees_queue,
        "may_record": roles.may(who, Act.HANDLE),
        "tiles": _tiles(who, today) if sees_queue else [],
        **(_purge() if roles.may(who, Act.SEE_RULES) else {}),
        "lamp": canary.lamp(timezone.now()) if roles.may(who, Act.SEE_RULES) else None,
        "broken_promises": register.broken_count() if roles.may(who, Act.SEE_RULES) else 0,
        "sees_rules": roles.may(who, Act.SEE_RULES),
        "is_ready": is_ready,
        "ends_soon": ready.warnings(who, timezone.now()),
        "deadline_alarms": _deadline_alarms() if sees_queue and is_ready else [],
        "alarms": _alarms() if roles.may(who, Act.READ_AUDIT) else [],
        "reach": _reach() if roles.may(who, Act.MANAGE_ACCOUNTS) or roles.may(who, Act.READ_AUDIT) else None,
        "a_handful": A_HANDFUL,
    }


def _purge() -> dict[str, Any]:
    """The last one, whether it is too long ago, and whether somebody has stopped them all."""
    begun = last_begun()
    is_late = begun is not None and begun < timezone.now() - A_NIGHT
    return {"last_purge": PurgeRun.objects.first(), "purge_is_late": is_late, "purge_stop": stopping.current_stop()}


def _tiles(who: Any, today: date) -> list[Tile]:
    queue, week = reverse(QUEUE), today + SEVEN_DAYS
    found = DataSubjectRequest.objects.open().aggregate(
        all=Count("pk"),
        late=Count("pk", filter=Q(due_on__lt=today)),
        missed=Count("pk", filter=Q(next_promise_on__lt=today)),
        week=Count("pk", filter=Q(due_on__range=(today, week))),
        nobody=Count("pk", filter=Q(assignee__isnull=True)),
        mine=Count("pk", filter=Q(assignee=who)),
    )
    waits = _waiting()
    tiles = [
        Tile(found["late"], gettext_lazy("overdue"), f"{queue}?due=overdue", "danger"),
        Tile(found["missed"], gettext_lazy("a promise is missed"), f"{queue}?promise=missed", "danger"),
        Tile(found["week"], gettext_lazy("due this week"), f"{queue}?due=week", "warn"),
        Tile(found["mine"], gettext_lazy("in my hands"), f"{queue}?whose=mine"),
        Tile(found["nobody"], gettext_lazy("unassigned"), f"{queue}?whose=nobody", "warn"),
        Tile(found["all"], gettext_lazy("open"), queue),
        Tile(waits["job"], gettext_lazy("jobs need a person"), reverse("admin:jobs"), "danger"),
    ]
    if silent := int(complaints.silent(timezone.now()).order_by().count()):
        label = gettext_lazy("complaints without word to the person")
        tiles.insert(-1, Tile(silent, label, f"{queue}?told=silent", "danger"))
    if roles.may(who, Act.SEE_HOLDS) and (due := Restriction.objects.review_due(today).count()):
        where = reverse("admin:privacy_restriction_changelist")
        tiles.insert(-1, Tile(due, gettext_lazy("holds to look at again"), f"{where}?standing=review", "danger"))
    if roles.may(who, Act.SEE_PERSON):
        mails = reverse("admin:privacy_inboundemail_changelist")
        tiles.insert(-1, Tile(waits["mail"], gettext_lazy("mails to look at"), mails, "warn"))
        if calls := waits["call"]:
            where = reverse("admin:privacy_webhookcall_changelist")
            tiles.insert(-1, Tile(calls, gettext_lazy("calls of mailing services to look at"), where, "warn"))
    return tiles


def _waiting() -> Counter[str]:
    """Jobs, mails and calls that need a person, counted in one statement."""
    rows = [("job", model.objects.needing_attention()) for model in jobs.concrete()]
    rows += [("mail", InboundEmail.objects.to_review()), ("call", WebhookCall.objects.to_review())]
    counts = [
        found.order_by().annotate(of=Value(name)).values("of").annotate(n=Count("pk")).values_list("of", "n")
        for name, found in rows
    ]
    waits: Counter[str] = Counter()
    for name, count in counts[0].union(*counts[1:], all=True):
        waits[name] += count
    return waits


def _alarms() -> list[ViewingAlarm]:
    """What was raised about colleagues in the last week."""
    recent = ViewingAlarm.objects.filter(raised_at__gte=timezone.now() - timedelta(days=7))
    return list(recent.select_related("colleague")[:MOST_ALARMS])


def _deadline_alarms() -> list[dict[str, Any]]:
    """How many of each kind nobody has ticked off, the worst kind first."""
    rows = DeadlineAlarm.objects.open().order_by().values("kind").annotate(count=Count("pk"))
    counts = {row["kind"]: row["count"] for row in rows}
    return [{"kind": kind, "count": counts[kind]} for kind in Kind if kind in counts]


def _reach() -> int:
    """How many people may see personal data (MAD-17)."""
    return roles.holders(Act.SEE_PERSON)
