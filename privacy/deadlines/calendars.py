"""Working days: which days count in a place, and what the others are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays

DAY = timedelta(days=1)
SATURDAY = 5
# Five years of days for every kind of case of one shop; at most some ten megabytes.
CACHED = 16_384


@dataclass(frozen=True, eq=False)
class Calendar:
    """A country or part of one; without a country no holidays are known and only weekends are free."""

    country: str = ""
    subdivision: str | None = None


def is_working(calendar: Calendar, day: date) -> bool:
    """Say whether offices are open: neither Saturday, Sunday nor public holiday (Reg. 1182/71 Art. 2)."""
    return day.weekday() < SATURDAY and day not in _holidays(calendar, day.year, "en")


def holiday_name(calendar: Calendar, day: date, language: str) -> str:
    """Name the public holiday on that day; empty where there is none."""
    return _holidays(calendar, day.year, language).get(day, "")


def holidays_between(calendar: Calendar, first: date, last: date) -> list[date]:
    """List the public holidays on weekdays after the first day and before the last."""
    days = (first + DAY * count for count in range(1, (last - first).days))
    return [day for day in days if day.weekday() < SATURDAY and not is_working(calendar, day)]


@lru_cache(maxsize=CACHED)
def roll(calendar: Calendar, day: date) -> date:
    """Move a day that is not a working day to the next one (Reg. 1182/71 Art. 3(4))."""
    while not is_working(calendar, day):
        day += DAY
    return day


def add(calendar: Calendar, day: date, count: int) -> date:
    """Count working days forward; the day itself is not counted."""
    if count < 0:
        raise ValueError(f"working days are counted forward only, not {count}")
    for _ in range(count):
        day = roll(calendar, day + DAY)
    return day


@lru_cache(maxsize=1024)
def _holidays(calendar: Calendar, year: int, language: str) -> Mapping[date, str]:
    if not calendar.country:
        return {}
    place = holidays.country_holidays(calendar.country, subdiv=calendar.subdivision)
    base = language.split("-", maxsplit=1)[0]
    spoken = [name for name in place.supported_languages if name.split("_", maxsplit=1)[0] == base]
    in_words = (*spoken, "en_US")[0]
    return dict(holidays.country_holidays(calendar.country, subdiv=calendar.subdivision, years=year, language=in_words))
