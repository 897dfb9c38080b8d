"""Working days: which days count in a place, and what the others are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays
from django.conf import settings
from django.utils.translation import gettext as _

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
    for _day in range(count):
        day = roll(calendar, day + DAY)
    return day


@dataclass(frozen=True)
class Holiday:
    """One day that the clock knows, by whom; a cancelled one is a working day in spite of the library."""

    day: date
    name: str
    source: str
    is_cancelled: bool = False


def listed(calendar: Calendar, year: int, language: str) -> list[Holiday]:
    """List the public holidays of a year with where each comes from, and those that the shop has cancelled."""
    library, added, cancelled = _library(calendar, year, language), _added(calendar), _cancelled(calendar)
    name = f"python-holidays {holidays.__version__}"
    found = [
        Holiday(day, words, "HOLIDAYS_CANCELLED" if day in cancelled else name, day in cancelled)
        for day, words in library.items() if day not in added
    ] + [
        Holiday(day, words or _("public holiday"), "HOLIDAYS_ADDED") for day, words in added.items() if day.year == year
    ]  # fmt: skip
    return sorted(found, key=lambda holiday: holiday.day)


def years_known(calendar: Calendar) -> range:
    """Give the years that the library knows; every year where no country is named."""
    if not calendar.country:
        return range(1, 10_000)
    place = holidays.country_holidays(calendar.country, subdiv=calendar.subdivision)
    return range(place.start_year, place.end_year + 1)


def _is_ours(calendar: Calendar) -> bool:
    """Say whether it is the calendar of the shop's own law, which alone its settings change."""
    where = settings.SHOP["jurisdiction"]
    return bool(calendar.country == ("" if where == "EU" else where.split("-", maxsplit=1)[0]))


def _added(calendar: Calendar) -> Mapping[date, str]:
    return settings.HOLIDAYS_ADDED if _is_ours(calendar) else {}


def _cancelled(calendar: Calendar) -> Mapping[date, str]:
    return settings.HOLIDAYS_CANCELLED if _is_ours(calendar) else {}


@lru_cache(maxsize=1024)
def _holidays(calendar: Calendar, year: int, language: str) -> Mapping[date, str]:
    return {one.day: one.name for one in listed(calendar, year, language) if not one.is_cancelled}


def _library(calendar: Calendar, year: int, language: str) -> Mapping[date, str]:
    if not calendar.country:
        return {}
    place = holidays.country_holidays(calendar.country, subdiv=calendar.subdivision)
    base = language.split("-", maxsplit=1)[0]
    spoken = [name for name in place.supported_languages if name.split("_", maxsplit=1)[0] == base]
    in_words = (*spoken, "en_US")[0]
    return dict(holidays.country_holidays(calendar.country, subdiv=calendar.subdivision, years=year, language=in_words))
