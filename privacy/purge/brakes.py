"""Would tonight's purge take too much, or has the clock jumped? Then it is refused until two people agree."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from statistics import median
from typing import Any

from django.conf import settings
from django.db.models import F, Sum

from ..erasure.conditions import held
from ..personal_data import PersonalData, Retention, declarations
from .batches import due_rows
from .runs import PurgeLine, PurgeRun, last_run, words_of
from .waiting import kept_back

LONGEST_PAUSE = timedelta(days=31)
# Data that lives shorter than this turns over every few nights: much of it at once is no alarm, and it must not wait.
SHORT_LIVED_DAYS = 31
# What a night usually takes: the middle of two weeks, so that one odd night does not move it and each weekday counts
# twice. With less than a week behind it, it says nothing, and the share alone decides.
NIGHTS, NIGHTS_AT_LEAST = 14, 7
TIMES_THE_USUAL = 3
SAMPLES = 5


@dataclass(frozen=True)
class Loss:
    """One kind of record of which too many would go at once."""

    label: str
    due: int
    total: int
    usual: float | None

    def __str__(self) -> str:
        said = f"{self.label} would lose {self.due} of {self.total} rows"
        return said if self.usual is None else f"{said}, where {self.usual:g} go on a usual night"


@dataclass(frozen=True)
class Brakes:
    """What holds a purge of this day; false where nothing does."""

    today: date
    jumped_from: date | None
    losses: tuple[Loss, ...]
    what: str = PurgeRun.What.DUE

    def __bool__(self) -> bool:
        return self.jumped_from is not None or bool(self.losses)

    def __str__(self) -> str:
        jump = [f"today would be {self.today}, {self._how_far()}"] if self.jumped_from else []
        return "; ".join([*jump, *map(str, self.losses)])

    def _how_far(self) -> str:
        is_back = self.jumped_from is not None and self.today < self.jumped_from
        side = "before" if is_back else f"more than {LONGEST_PAUSE.days} days after"
        return f"{side} the last purge on {self.jumped_from}"


def brakes(today: date) -> Brakes:
    """Why a purge of this day would be refused (FAULTS E49, E50)."""
    return Brakes(today, _jump_of_the_clock(today), tuple(filter(None, map(_Look(today), declarations()))))


def _jump_of_the_clock(today: date) -> date | None:
    last = last_run()
    is_plausible = last is None or last.today <= today <= last.today + LONGEST_PAUSE
    return None if last is None or is_plausible else last.today


class _Look:
    """At one declaration after the other; None where no more go than is plausible."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.usual = _usual()

    def __call__(self, declaration: PersonalData) -> Loss | None:
        # Most nights most kinds have few rows, and the first, cheap count is the only one.
        if not self._too_many(declaration, due_rows(declaration, self.today).count()) or _turns_over(declaration):
            return None
        due = would_go(declaration, self.today).count()
        if not self._too_many(declaration, due):
            return None
        return Loss(declaration.label, due, declaration.rows.count(), self.usual.get(declaration.label))

    def _too_many(self, declaration: PersonalData, due: int) -> bool:
        if due <= settings.PURGE_BRAKE_MINIMUM:
            return False
        usual = self.usual.get(declaration.label)
        is_unusual = usual is not None and due > TIMES_THE_USUAL * usual
        return is_unusual or due > settings.PURGE_BRAKE_SHARE * declaration.rows.count()


def would_go(declaration: PersonalData, today: date) -> Any:
    """What is past its date and neither held nor kept back by the person's own affairs.

    What only waits for rows that point at it counts: those may go in the same night.
    """
    return due_rows(declaration, today).exclude(held(declaration)).exclude(kept_back(declaration, today))


# What a higher room lets this brake hold, by the name under which it stands in the row of what was refused.
OTHERS: dict[str, Callable[[], Any]] = {}


def samples(label: str, today: date) -> list[str]:
    """Some of the rows that would go, by reference, for whoever must decide."""
    declaration = next((d for d in declarations() if d.label == label), None)
    look = partial(would_go, declaration, today) if declaration else OTHERS.get(label)
    rows = look().order_by("pk") if look else ()
    return [f"{row._meta.label_lower}:{row.pk}" for row in rows[:SAMPLES]]


def _usual() -> dict[str, float]:
    """By declaration, the median of what went on the last nights; absent while there were too few."""
    whole = PurgeRun.objects.filter(outcome__in=[PurgeRun.Outcome.DONE, PurgeRun.Outcome.FAILED])
    days = list(whole.order_by("-today").values_list("today", flat=True).distinct()[:NIGHTS])
    if len(days) < NIGHTS_AT_LEAST:
        return {}
    lines = PurgeLine.objects.filter(run__today__in=days).order_by().values("model", "run__today")
    counts: dict[str, list[int]] = {}
    for label, went in lines.annotate(went=Sum(F("deleted") + F("anonymised"))).values_list("model", "went"):
        counts.setdefault(label, []).append(went)
    return {label: median(went) for label, went in counts.items() if len(went) >= NIGHTS_AT_LEAST}


def _turns_over(declaration: PersonalData) -> bool:
    """Short-lived by its declaration, and not only since somebody shortened it after the last purge."""
    retention = declaration.retention
    lines = PurgeLine.objects.filter(model=declaration.label).order_by("-pk")
    before = lines.values_list("retention", flat=True).first()
    return retention is not None and is_short(retention) and before in (None, words_of(retention))


def is_short(retention: Retention) -> bool:
    """Whether the whole period is a matter of days."""
    days = retention.years * 365 + retention.months * 30 + retention.days
    return days <= SHORT_LIVED_DAYS and not retention.end_of_year
