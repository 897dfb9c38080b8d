"""The clock: when is it due, and why that day? Pure functions over dates; the law is data in `RULES`."""

from datetime import date

from . import calendars
from .clock import Deadline, deadline, local_date
from .events import EVENTS, Event, UnlawfulEvent
from .rules import KINDS, RULES, UnknownJurisdiction, UnknownKind, law_of
from .words import Urgency, in_words, urgency

__all__ = [
    "EVENTS",
    "KINDS",
    "RULES",
    "Deadline",
    "Event",
    "UnknownJurisdiction",
    "UnknownKind",
    "UnlawfulEvent",
    "Urgency",
    "add_working_days",
    "deadline",
    "in_words",
    "is_working_day",
    "local_date",
    "urgency",
]


def is_working_day(jurisdiction: str, day: date) -> bool:
    """Say whether that day counts as a working day there (Reg. 1182/71 Art. 2)."""
    return calendars.is_working(law_of(jurisdiction).calendar, day)


def add_working_days(jurisdiction: str, day: date, count: int) -> date:
    """Count working days forward, the day itself not counted (Reg. 1182/71 Art. 3(1))."""
    return calendars.add(law_of(jurisdiction).calendar, day, count)
