"""Which clocks run on a case, and what would each say if something happened today?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone

from .. import deadlines, jobs
from ..cases import State
from ..deadlines import Clock, Event
from ..notices import OutgoingEmail
from .case import DataSubjectRequest
from .handling import SYSTEM
from .letters import ACKNOWLEDGEMENT, case_of
from .rectification import WHOSE
from .timeline import CLOCK_EVENTS, note

# What a person is asked for may be long in coming; the forecast says both what a quick and a slow answer does.
A_WEEK = timedelta(days=7)
ANSWERS = dict(deadlines.WAITS.values())
OURS, NOT_OURS = WHOSE


@dataclass(frozen=True)
class Forecast:
    """Every clock if this happened today; for a question also if its answer came today, and in a week."""

    clocks: tuple[Clock, ...]
    if_answered: tuple[tuple[date, tuple[Clock, ...]], ...] = ()


def clocks(case: DataSubjectRequest) -> tuple[Clock, ...]:
    """Every clock that runs on this case; the legal one says what the person was told. None once it was taken back."""
    if case.state in (State.WITHDRAWN, State.MERGED):
        return ()
    legal, *beside = _all(case, history(case))
    if legal.due_on != case.due_on:
        legal = replace(legal, due_on=case.due_on, why=lambda: tuple(case.due_reasons))
    return (legal, *beside)


def forecast(case: DataSubjectRequest, kind: str, happened: Sequence[Event] | None = None) -> Forecast:
    """What every clock would say if this happened today, before it does; UnlawfulEvent where the law forbids it."""
    today = timezone.localdate(timezone=settings.SHOP_TZ)
    known = [*(history(case) if happened is None else happened), Event(kind, today)]
    answers = [Event(ANSWERS[kind], day) for day in (today, today + A_WEEK)] if kind in ANSWERS else []
    return Forecast(_all(case, known), tuple((answer.on, _all(case, [*known, answer])) for answer in answers))


def history(case: DataSubjectRequest) -> list[Event]:
    """What happened to the case, as the clock reads it; the end of the case is its answer."""
    received_on = timezone.localdate(case.received_at, settings.SHOP_TZ)
    rows = case.events.filter(kind__in=[*deadlines.EVENTS, OURS]).order_by("occurred_at", "pk")
    days = [(kind, timezone.localdate(at, settings.SHOP_TZ)) for kind, at in rows.values_list("kind", "occurred_at")]
    days = _without_what_was_taken_back(days)
    if case.closed_at and case.state in (State.COMPLETED, State.REFUSED):
        days.append(("answered", timezone.localdate(case.closed_at, settings.SHOP_TZ)))
    # A mail server whose clock is fast must not make a receipt that was confirmed at once look impossible.
    return [Event(kind, day if kind in CLOCK_EVENTS else max(day, received_on)) for kind, day in days]


def _without_what_was_taken_back(days: list[tuple[str, date]]) -> list[tuple[str, date]]:
    """Whoever finds out later that the mistake was ours after all has never said that it was not."""
    ours = max((place for place, (kind, _day) in enumerate(days) if kind == OURS), default=-1)
    return [one for place, one in enumerate(days) if one[0] != OURS and (one[0] != NOT_OURS or place > ours)]


def _all(case: DataSubjectRequest, events: Iterable[Event]) -> tuple[Clock, ...]:
    return deadlines.clocks(
        case.jurisdiction, case.kind, case.received_at, events, packs=settings.SHOP_PACKS, time_zone=settings.SHOP_TZ
    )


@jobs.when_done(OutgoingEmail)
def _has_left(letter: OutgoingEmail) -> None:
    """Only when the letter that confirms the receipt has left, the receipt is confirmed."""
    if letter.template == ACKNOWLEDGEMENT and (case := case_of(letter)):
        note(case, "acknowledged", actor=SYSTEM)
