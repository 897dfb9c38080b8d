"""What is too late, or nearly? One small function for each kind of alarm; adding one needs no other place."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import F, Max, Q
from django.utils import timezone

from .. import canary, consent, subject_requests
from ..deadlines import UnlawfulEvent
from ..inbound.mailbox import InboundEmail
from ..inbound.webhooks import WebhookCall
from ..purge import A_NIGHT, agreeing, last_begun
from ..restrictions import Restriction
from ..subject_requests import DataSubjectRequest, complaints, promises
from ..vocabulary import Decision, Source
from .alarm import DeadlineAlarm, Kind

WEEK = timedelta(days=7)
# Mail providers ask for two days (LAW.md D5); ours is an alarm, the norm are seconds.
AT_MOST = timedelta(hours=48)
# A worker that stood still for a month must not hide what was slow meanwhile; older ones were raised before.
LOOKING_BACK = timedelta(days=35)
BATCH = 2000

Finder = Callable[[datetime], Iterator[DeadlineAlarm]]
EVERY_HOUR: list[Finder] = []
# Those that must look at every open case.
EVERY_NIGHT: list[Finder] = []


def finder(function: Finder) -> Finder:
    """Registers the function below it, which finds its rows by index."""
    EVERY_HOUR.append(function)
    return function


def at_night(function: Finder) -> Finder:
    """Registers the function below it, which is too slow for every hour."""
    EVERY_NIGHT.append(function)
    return function


def _today(now: datetime) -> date:
    return timezone.localdate(now, settings.SHOP_TZ)


def _of_case(case: DataSubjectRequest, kind: Kind, day: date, what: str = "") -> DeadlineAlarm:
    occasion = ":".join(filter(None, ("case", str(case.pk), kind, what, str(day))))
    return DeadlineAlarm(
        occasion=occasion, kind=kind, case=case, data_subject_id=case.data_subject_id, what=what, due_on=day
    )


@finder
def overdue(now: datetime) -> Iterator[DeadlineAlarm]:
    """Open past the last day of the law."""
    for case in DataSubjectRequest.objects.overdue(_today(now)).only("data_subject", "due_on").iterator():
        yield _of_case(case, Kind.OVERDUE, case.due_on)


@finder
def soon(now: datetime) -> Iterator[DeadlineAlarm]:
    """Seven days are left, or fewer."""
    today = _today(now)
    rows = DataSubjectRequest.objects.due_between(today, today + WEEK)
    for case in rows.only("data_subject", "due_on").iterator():
        yield _of_case(case, Kind.SOON, case.due_on)


@finder
def promise(now: datetime) -> Iterator[DeadlineAlarm]:
    """Every shorter promise whose day has passed: a confirmation, our own mistake, a mediation."""
    today = _today(now)
    rows = DataSubjectRequest.objects.promise_missed(today).exclude(next_promise="")
    for case in rows.defer("details", "outcome").prefetch_related("events").iterator(chunk_size=BATCH):
        for clock in subject_requests.missed(promises.owed_by(case), today):
            if not clock.is_legal:
                yield _of_case(case, Kind.PROMISE, clock.due_on, clock.name)


@finder
def silent(now: datetime) -> Iterator[DeadlineAlarm]:
    """A complainant has had no word for too long; once for each silence (SFB-04)."""
    told = Max("events__occurred_at", filter=Q(events__kind__in=complaints.TOLD))
    for case in complaints.silent(now).order_by().annotate(told_at=told).iterator():
        last = _today(case.told_at or case.received_at)
        yield _of_case(case, Kind.SILENT, last + timedelta(days=settings.COMPLAINT_SILENCE_DAYS))


@finder
def slow(now: datetime) -> Iterator[DeadlineAlarm]:
    """A withdrawal stood in the ledger more than 48 hours after it had reached us; one for each wish."""
    rows = consent.ConsentEntry.objects.filter(decision=Decision.WITHDRAWN, recorded_at__gte=now - LOOKING_BACK)
    late = rows.filter(recorded_at__gt=F("occurred_at") + AT_MOST).exclude(source=Source.IMPORT).order_by()
    for person, source, at in late.values_list("data_subject", "source", "occurred_at").distinct():
        yield DeadlineAlarm(
            occasion=f"wish:{person}:{source}:{at.isoformat()}", kind=Kind.SLOW, data_subject_id=person, what=source,
            due_on=_today(at + AT_MOST),
        )  # fmt: skip


@finder
def waiting(now: datetime) -> Iterator[DeadlineAlarm]:
    """A mail or call that nobody has looked at, or an objection that nobody has carried out, for 48 hours."""
    for model in (InboundEmail, WebhookCall):
        rows = model.objects.to_review().filter(received_at__lt=now - AT_MOST).only("received_at", "data_subject")
        for row in rows.iterator():
            name = f"{model._meta.label_lower}:{row.pk}"
            yield DeadlineAlarm(
                occasion=name, kind=Kind.WAITING, data_subject_id=row.data_subject_id, what=name,
                due_on=_today(row.received_at + AT_MOST),
            )  # fmt: skip
    objections = DataSubjectRequest.objects.open().filter(kind="objection", received_at__lt=now - AT_MOST)
    for case in objections.only("data_subject", "received_at").iterator():
        yield _of_case(case, Kind.WAITING, _today(case.received_at + AT_MOST))


@finder
def holds(now: datetime) -> Iterator[DeadlineAlarm]:
    """The day has come to ask whether a restriction or hold is still needed; again each week until somebody says so."""
    today = _today(now)
    for row in Restriction.objects.review_due(today).only("data_subject", "review_on").iterator():
        due = row.review_on or today
        name, weeks = f"{row._meta.label_lower}:{row.pk}", (today - due).days // 7
        yield DeadlineAlarm(
            occasion=f"{name}:{due}:{weeks}", kind=Kind.HOLD, data_subject_id=row.data_subject_id, what=name,
            due_on=due,
        )  # fmt: skip


@finder
def nobody(now: datetime) -> Iterator[DeadlineAlarm]:
    """The lamp of the nightly self-test is red: once for each time of red, with the steps that failed."""
    lamp = canary.lamp(now)
    if lamp.is_red:
        what = ", ".join(row.name for row in lamp.broken)[:100]
        yield DeadlineAlarm(occasion=f"canary:{lamp.period}", kind=Kind.CANARY, what=what, due_on=_today(now))


@finder
def no_purge(now: datetime) -> Iterator[DeadlineAlarm]:
    """A night passed in which the purge did not even begin: nothing else would tell that the scheduler stood still."""
    last = last_begun()
    if last is not None and last < now - A_NIGHT:
        day = _today(last + A_NIGHT)
        yield DeadlineAlarm(occasion=f"no_purge:{day}", kind=Kind.NO_PURGE, what="purge", due_on=day)


@finder
def braked(now: datetime) -> Iterator[DeadlineAlarm]:
    """Too much would go at once, and it waits for two people until the day is over."""
    day = _today(now)
    for run in agreeing.open_on(day):
        name = f"{run._meta.label_lower}:{run.pk}"
        yield DeadlineAlarm(occasion=name, kind=Kind.BRAKED, what=name, due_on=day)


@at_night
def holidays(now: datetime) -> Iterator[DeadlineAlarm]:
    """The clock, asked today, gives another last day than the person was told: a holiday came or went.

    Nothing is moved: what was promised stays promised. An earlier day is the one to keep, and the alarm names it.
    """
    rows = DataSubjectRequest.objects.open().filter(due_on__gte=_today(now)).defer("details", "outcome")
    for case in rows.prefetch_related("events").order_by("pk").iterator(chunk_size=BATCH):
        try:
            legal = subject_requests.reckoned(case)
        except UnlawfulEvent:
            continue
        if legal.due_on != case.due_on:
            yield _of_case(case, Kind.HOLIDAYS, legal.due_on, "later" if legal.due_on > case.due_on else "earlier")
