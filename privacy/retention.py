"""How long is a row kept? A period counted from a date of its own, reckoned forward for one row, back for a purge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q

ONE_DAY = timedelta(days=1)


class ImpossibleRetention(ImproperlyConfigured, ValueError):
    """A period of nothing; the shop does not start with it, and nothing is purged (FAULTS E50)."""


@dataclass(frozen=True)
class Retention:
    """How long a row is kept, counted from the date in `since` (a field or a path); `required_by` names the law.

    The period ends `years`, `months` and `days` after that date, or at the end of that calendar year
    (`end_of_year`); `immediately` means not a day longer. A period of nothing is a mistake and refuses to load.
    `warns`, on the person's own model, means that she is told by email some days before her file ends.
    """

    since: str
    years: int = 0
    months: int = 0
    days: int = 0
    end_of_year: bool = False
    immediately: bool = False
    required_by: str = ""
    warns: bool = False

    def __post_init__(self) -> None:
        lengths = (self.years, self.months, self.days)
        if min(lengths) < 0 or (not any(lengths)) != self.immediately:
            raise ImpossibleRetention(f"A retention must be longer than nothing, or say immediately=True: {self}")

    def ends_on(self, since: date | datetime) -> date:
        """The last day on which the row may be kept (UK: HMRC from the date of issue; DE: end of the year)."""
        end = _local_date(since) + relativedelta(years=self.years, months=self.months, days=self.days)
        return date(end.year, 12, 31) if self.end_of_year else end

    def cutoff(self, today: date) -> date:
        """The latest `since` whose period is over before `today`, so that a purge is one comparison."""
        day = today - relativedelta(years=self.years, months=self.months, days=self.days) - ONE_DAY
        if self.end_of_year:
            day = date(today.year - self.years, 1, 1) - ONE_DAY
        while self.ends_on(day) >= today:
            day -= ONE_DAY
        while self.ends_on(day + ONE_DAY) < today:
            day += ONE_DAY
        return day

    def in_words(self) -> str:
        """Such as "6 years, to the end of the year"."""
        if self.immediately:
            return "deleted at once"
        units = [(self.years, "year"), (self.months, "month"), (self.days, "day")]
        length = ", ".join(f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in units if count)
        return f"{length}, to the end of the year" if self.end_of_year else length


@dataclass(frozen=True)
class Unconfirmed:
    """Rows of a sign-up that nobody confirmed, and how soon they go; the other rows keep their own retention."""

    rows: Q
    retention: Retention


def _local_date(moment: date | datetime) -> date:
    return moment.astimezone(settings.SHOP_TZ).date() if isinstance(moment, datetime) else moment
