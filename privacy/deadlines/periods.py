"""What the law is made of: how long a kind of case may take, what stops its clock, and whose law it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .calendars import Calendar

Text = str | Promise
WE_ANSWER = _("we answer")


# A request for less of the same has the same time.
SAME_TIME_AS = {"agency_details": "access"}


class UnknownJurisdiction(ValueError):
    """No rules are known for this place."""


class UnknownKind(ValueError):
    """No such kind of case."""


class Effect(Enum):
    """What waiting for the person does to the clock."""

    NONE = "the clock runs on"
    RESTARTS = "the whole time starts on the day the thing arrives"
    PAUSES = "the days from asking to answer do not count, both included"
    SUSPENDS = "the days from asking to answer do not count, but the day of the answer does"


@dataclass(frozen=True, eq=False)
class Period:
    """How long one thing may take, by which article, what stops its clock, and which event ends it.

    `name` and `label` tell it from the other clocks of the same case; the label goes on with "by" and a day.
    """

    source: str
    months: int = 0
    days: int = 0
    working_days: int = 0
    more_months: int = 0
    more_days: int = 0
    first_day_counts: bool = False
    rolls: bool = False
    identity: Effect = Effect.NONE
    fee: Effect = Effect.NONE
    clarification: Effect = Effect.NONE
    clarification_pauses: bool = True
    notes: tuple[Text, ...] = ()
    name: str = "answer"
    label: Text = WE_ANSWER
    begun_by: str = ""
    met_by: tuple[str, ...] = ("answered",)
    dropped_by: str = ""

    @property
    def may_be_extended(self) -> bool:
        """Say whether the law knows an extension at all."""
        return bool(self.more_months or self.more_days)

    @cached_property
    def longest(self) -> "Period":
        """Give the extended time, counted from the same start (Art. 12(3): one month and two more are three)."""
        return replace(self, months=self.months + self.more_months, days=self.days + self.more_days)


@dataclass(frozen=True, eq=False)
class Law:
    """A law, or a pack (a code that a shop may join): calendar, main time zone, and the periods for every kind of case.

    The first period of a kind is the day on which the case is due, the others run beside it.
    """

    name: Text
    calendar: Calendar
    time_zone: str
    periods: Mapping[str, tuple[Period, ...]]
    notes: tuple[Text, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """Give the zone in which this place writes its dates."""
        return ZoneInfo(self.time_zone)

    def period(self, kind: str) -> Period:
        """Find the period that says when a kind of case is due."""
        return self.all_periods(kind)[0]

    def all_periods(self, kind: str) -> tuple[Period, ...]:
        """Find every period of a kind of case, the one that says when it is due first."""
        kind = SAME_TIME_AS.get(kind, kind)
        if kind not in self.periods:
            raise UnknownKind(f"unknown kind of case {kind!r}; known are {', '.join(self.periods)}")
        return self.periods[kind]
