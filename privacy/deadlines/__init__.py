"""The clock: when is it due, and why that day? Pure functions over dates; the law is data in `RULES`."""

from datetime import date

from . import calendars
from .clock import Clock, Deadline, clocks, deadline, local_date
from .events import EVENTS, WAITS, Event, UnlawfulEvent
from .packs import ACKNOWLEDGED, PACKS, UnknownPack, promised
from .periods import UnknownJurisdiction, UnknownKind
from .rules import KINDS, RULES, law_of
from .words import Urgency, in_words, language, urgency

__all__ = [
    "ACKNOWLEDGED", "EVENTS", "KINDS", "PACKS", "RULES", "WAITS", "Clock", "Deadline", "Event",
    "UnknownJurisdiction", "UnknownKind", "UnknownPack", "UnlawfulEvent", "Urgency", "add_working_days", "clocks",
    "deadline", "holidays", "in_words", "is_working_day", "law_of", "local_date", "promised", "urgency",
]  # fmt: skip


def holidays(jurisdiction: str, year: int) -> list[calendars.Holiday]:
    """List the holidays that the clock counts there in a year, and where each comes from; ValueError beyond those."""
    calendar = law_of(jurisdiction).calendar
    known = calendars.years_known(calendar)
    if year not in known:
        raise ValueError(f"holidays there are known from {known.start} to {known.stop - 1}, not for {year}")
    return calendars.listed(calendar, year, language())


def is_working_day(jurisdiction: str, day: date) -> bool:
    """Say whether that day counts as a working day there (Reg. 1182/71 Art. 2)."""
    return calendars.is_working(law_of(jurisdiction).calendar, day)


def add_working_days(jurisdiction: str, day: date, count: int) -> date:
    """Count working days forward, the day itself not counted (Reg. 1182/71 Art. 3(1))."""
    return calendars.add(law_of(jurisdiction).calendar, day, count)
