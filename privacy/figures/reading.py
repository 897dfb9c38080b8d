"""Reading the kept numbers: months for the chart, and how long things took, as the share that was done within it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import Any

from django.db.models import Max, Sum

from .rows import Measure, MonthFigure, months_before

CLOSED = (Measure.ANSWERED, Measure.ENDED)


@dataclass(frozen=True)
class Month:
    """One month's numbers, from its first day."""

    day: date
    received: int
    closed: int
    overdue: int


@dataclass(frozen=True)
class Spread:
    """How long it took: half of them at most the median, 95 in a hundred at most the 95th, none more than the longest.

    Each is a length that really occurred (nearest rank), so nothing is made up between two of them.
    """

    name: str
    count: int
    median: int
    high: int
    longest: int


def months(first: date, last: date, kind: str = "") -> list[Month]:
    """Every month from the first to the last, also those in which nothing was."""
    return _by_month(_counts(first, last, kind), first, last)


def by_kind(first: date, last: date) -> dict[str, list[Month]]:
    """The same for each kind that occurred."""
    kinds: dict[str, list[Any]] = defaultdict(list)
    for row in _counts(first, last):
        kinds[row["name"]].append(row)
    return {kind: _by_month(rows, first, last) for kind, rows in sorted(kinds.items())}


def lengths(first: date, last: date) -> tuple[list[Spread], list[Spread]]:
    """Calendar days from receipt to answer for each kind, and seconds from a withdrawal to its effect for each road."""
    rows = MonthFigure.objects.filter(month__range=(first, last), measure__in=(Measure.ANSWERED, Measure.EFFECT))
    found: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    counted = rows.order_by("value").values_list("measure", "name", "value").annotate(number=Sum("count"))
    for measure, name, value, number in counted:
        found[measure, name].append((value, number))
    spreads = [(measure, _spread(name, values)) for (measure, name), values in sorted(found.items())]
    answers, effects = ([one for of, one in spreads if of == kind] for kind in (Measure.ANSWERED, Measure.EFFECT))
    return answers, effects


def answers(first: date, last: date) -> list[Spread]:
    """The first of the two."""
    return lengths(first, last)[0]


def effects(first: date, last: date) -> list[Spread]:
    """The second of the two."""
    return lengths(first, last)[1]


def counted_at() -> datetime | None:
    """When the newest of the numbers were counted."""
    found: datetime | None = MonthFigure.objects.aggregate(at=Max("counted_at"))["at"]
    return found


def _counts(first: date, last: date, kind: str = "") -> Any:
    rows = MonthFigure.objects.filter(month__range=(first, last)).exclude(measure=Measure.EFFECT).order_by()
    rows = rows.filter(name=kind) if kind else rows
    return rows.values("month", "measure", "name").annotate(number=Sum("count"))


def _by_month(rows: Iterable[dict[str, Any]], first: date, last: date) -> list[Month]:
    found: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        found[row["month"]]["closed" if row["measure"] in CLOSED else row["measure"]] += row["number"]
    days = [day for n in range(1200) if (day := months_before(first, -n)) <= last]
    return [Month(day, *(found[day][name] for name in ("received", "closed", "overdue"))) for day in days]


def _spread(name: str, lengths: list[tuple[int, int]]) -> Spread:
    count = sum(number for _value, number in lengths)
    return Spread(name, count, _at(lengths, count, 50), _at(lengths, count, 95), lengths[-1][0])


def _at(lengths: list[tuple[int, int]], count: int, percent: int) -> int:
    """The length of the one at this place in the row of all, the shortest first."""
    place = ceil(count * percent / 100)
    for value, number in lengths:
        place -= number
        if place <= 0:
            return value
    return lengths[-1][0]
