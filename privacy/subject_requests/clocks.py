"""Which clocks run on a case, and which promise is the next? Read off what has happened; written by `timeline`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone

from .. import deadlines
from ..cases import State
from ..deadlines import Clock, Event
from .case import CaseEvent, DataSubjectRequest

CLOCK_EVENTS = (
    "id_asked", "id_received", "clarification_asked", "clarification_received", "extended", "fee_asked", "fee_paid",
    "fee_withdrawn",
)  # fmt: skip
# Whose mistake it was: ours, and not ours. The first takes the second back.
WHOSE = OURS, NOT_OURS = ("own_error", "not_our_error")
READ = (*deadlines.EVENTS, OURS)


def clocks(case: DataSubjectRequest) -> tuple[Clock, ...]:
    """Every clock that runs on this case; the legal one says what the person was told. None once it was taken back."""
    if case.state in (State.WITHDRAWN, State.MERGED):
        return ()
    legal, *beside = running(case, history(case))
    if legal.due_on != case.due_on:
        legal = replace(legal, due_on=case.due_on, why=lambda: tuple(case.due_reasons))
    return (legal, *beside)


def reckoned(case: DataSubjectRequest) -> Clock:
    """The legal clock as it would be reckoned today; another day than the one we told where a holiday came or went."""
    return running(case, history(case))[0]


def running(case: DataSubjectRequest, events: Iterable[Event]) -> tuple[Clock, ...]:
    """What every clock would say after these events; a pack that is no more known promises nothing."""
    return deadlines.clocks(
        case.jurisdiction, case.kind, case.received_at, events, packs=_packs(case), time_zone=settings.SHOP_TZ
    )


def _packs(case: DataSubjectRequest) -> list[str]:
    return [pack for pack in case.packs if pack in deadlines.PACKS]


def history(case: DataSubjectRequest, more: Sequence[CaseEvent] = ()) -> list[Event]:
    """What happened to the case, as the clock reads it, and what is about to be written; its end is its answer."""
    received_on = timezone.localdate(case.received_at, settings.SHOP_TZ)
    rows = [event for event in case.events.all() if event.kind in READ] if _is_read(case) else _read(case)
    days = [(row.kind, timezone.localdate(row.occurred_at, settings.SHOP_TZ)) for row in (*rows, *more)]
    days = _without_what_was_taken_back(days)
    if case.closed_at and case.state in (State.COMPLETED, State.REFUSED):
        days.append(("answered", timezone.localdate(case.closed_at, settings.SHOP_TZ)))
    # A mail server whose clock is fast must not make a receipt that was confirmed at once look impossible.
    return [Event(kind, day if kind in CLOCK_EVENTS else max(day, received_on)) for kind, day in days]


def _without_what_was_taken_back(days: list[tuple[str, date]]) -> list[tuple[str, date]]:
    """Whoever finds out later that the mistake was ours after all has never said that it was not."""
    ours = max((place for place, (kind, _day) in enumerate(days) if kind == OURS), default=-1)
    return [one for place, one in enumerate(days) if one[0] != OURS and (one[0] != NOT_OURS or place > ours)]


def _is_read(case: DataSubjectRequest) -> bool:
    return "events" in getattr(case, "_prefetched_objects_cache", ())


def _read(case: DataSubjectRequest) -> Iterable[CaseEvent]:
    rows = case.events.filter(kind__in=READ).order_by("occurred_at", "pk")
    return rows.only("case", "kind", "occurred_at")


def owed(all_clocks: Iterable[Clock]) -> dict[str, Any]:
    """The columns of the next promise of an open case: the earliest still owed; no name where it is the answer."""
    days = [(clock.due_on, not clock.is_legal, clock.name) for clock in all_clocks if clock.met_on is None]
    day, is_beside, name = min(days)
    return {"next_promise_on": day, "next_promise": name if is_beside else ""}


def next_promise(case: DataSubjectRequest, all_clocks: Iterable[Clock]) -> dict[str, Any]:
    """The same of any case; one that is closed owes nothing more."""
    return owed(all_clocks) if case.is_open else {"next_promise_on": case.due_on, "next_promise": ""}


def label(case: DataSubjectRequest) -> str:
    """What the next promise is about, in words that go on with "by" and its day; no row is read for it."""
    law = deadlines.law_of(case.jurisdiction)
    periods = [*law.all_periods(case.kind), *deadlines.promised(_packs(case), case.kind)]
    named = [period.label for period in periods[1:] if period.name == case.next_promise]
    return str((named or [periods[0].label])[0])


def missed(all_clocks: Iterable[Clock], today: date) -> list[Clock]:
    """Those whose day has passed and whose thing is not done."""
    return [clock for clock in all_clocks if clock.met_on is None and clock.due_on < today]
