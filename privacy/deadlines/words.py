"""Why that day: the steps of the clock in plain words, in the reader's language."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop, ngettext, pgettext

from .calendars import SATURDAY, Calendar, holiday_name
from .periods import Law, Period

SOON = 7
Urgency = Literal["overdue", "today", "soon", "later"]

THINGS = {
    "identity": gettext_noop("proof of identity"),
    "clarification": gettext_noop("an explanation of what is wanted"),
    "fee": gettext_noop("the fee"),
}


def in_words(due_on: date, today: date) -> str:
    """Say how far away a due date is, for a queue or a letter."""
    days = (due_on - today).days
    if days == 0:
        return gettext("due today")
    if days > 0:
        return ngettext("due in %(count)d day", "due in %(count)d days", days) % {"count": days}
    return ngettext("%(count)d day overdue", "%(count)d days overdue", -days) % {"count": -days}


def urgency(due_on: date, today: date) -> Urgency:
    """Sort a due date into overdue, today, soon (within seven days) or later."""
    days = (due_on - today).days
    if days < 0:
        return "overdue"
    if days == 0:
        return "today"
    return "soon" if days <= SOON else "later"


def language() -> str:
    """Give the language of whoever reads."""
    return translation.get_language() or "en"


def in_full(day: date) -> str:
    """Write a day with its year."""
    return _written(day, False, language())


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences for one case; a year is written where it differs from the year of receipt."""

    received_on: date
    language: str

    def rule(self, period: Period) -> str:
        """Name the article."""
        return self._("the rule is %(source)s") % {"source": period.source}

    def received_elsewhere(self, received_at: datetime) -> str:
        """Say that the shop's calendar already, or still, showed another day (Reg. 1182/71 Art. 3)."""
        return self._("it arrived on %(sent)s at %(time)s (%(zone)s); where the shop is, that is %(day)s") % {
            "sent": self._day(received_at.date()),
            "time": f"{received_at:%H:%M}",
            "zone": received_at.tzname(),
            "day": self._day(self.received_on),
        }

    def started(self, thing: str, start: date) -> str:
        """Say why the time starts later than the day of receipt (UK GDPR Art. 12A)."""
        sentence = self._("the time starts on %(day)s, when we got %(thing)s")
        return sentence % {"thing": self._(THINGS[thing]), "day": self._day(start)}

    def counted(self, period: Period, start: date, end: date) -> str:
        """Say how the period was counted."""
        count = period.months or period.working_days or period.days
        return self._way_of_counting(period, start, end) % {
            "count": count,
            "start": self._day(start),
            "end": self._day(end),
            "number": start.day,
        }

    def rolled(self, sentence: str, calendar: Calendar, raw: date, end: date) -> str:
        """Add why the last day moved to the next working day (Reg. 1182/71 Art. 3(4))."""
        return self._("%(sentence)s, %(why)s; the next working day is %(end)s") % {
            "sentence": sentence,
            "why": self._why_not_working(calendar, raw),
            "end": self._day(end),
        }

    def holiday(self, calendar: Calendar, day: date) -> str:
        """Name a holiday that was stepped over."""
        name = holiday_name(calendar, day, self.language)
        return self._("%(day)s is a holiday (%(name)s)") % {"day": self._day(day), "name": name}

    def paused(self, first: date, last: date, count: int, end: date) -> str:
        """Say which days do not count while we waited (UK GDPR Art. 12A)."""
        return self.ngettext(
            "%(count)d day does not count because we waited for an answer (%(first)s): that gives %(end)s",
            "%(count)d days do not count because we waited for an answer (%(first)s to %(last)s): that gives %(end)s",
            count,
        ) % {"count": count, "first": self._day(first), "last": self._day(last), "end": self._day(end)}

    def extended(self, notice: date, notice_by: date) -> str:
        """Say that more time was announced while that was still allowed (Art. 12(3))."""
        return self._("more time was announced on %(notice)s; the last day for that was %(last)s") % {
            "notice": self._day(notice),
            "last": self._day(notice_by),
        }

    def no_effect(self, thing: str) -> str:
        """Say that waiting for this does not stop this clock."""
        return self._("waiting for %(thing)s does not stop this clock") % {"thing": self._(THINGS[thing])}

    def asked_too_late(self, thing: str, asked: date) -> str:
        """Say that the time was already over when we asked."""
        sentence = self._(
            "we asked for %(thing)s only on %(day)s, when the time was over: that does not stop the clock"
        )
        return sentence % {"thing": self._(THINGS[thing]), "day": self._day(asked)}

    def still_waiting(self, thing: str, asked: date) -> str:
        """Say that the date will move when the answer comes."""
        sentence = self._("we asked for %(thing)s on %(day)s and wait for it: the date moves when it comes")
        return sentence % {"thing": self._(THINGS[thing]), "day": self._day(asked)}

    def begun(self, what: str, day: date) -> str:
        """Say which event this clock counts from, where it is not the receipt of the case."""
        return self._("the time starts on %(day)s: %(what)s") % {"day": self._day(day), "what": what.lower()}

    def _way_of_counting(self, period: Period, start: date, end: date) -> str:
        if period.months and end.day != start.day:
            return self.ngettext(
                "one month from %(start)s is %(end)s (that month has no day %(number)d)",
                "%(count)d months from %(start)s is %(end)s (that month has no day %(number)d)",
                period.months,
            )
        if period.months:
            return self.ngettext(
                "one month from %(start)s is %(end)s", "%(count)d months from %(start)s is %(end)s", period.months
            )
        if period.working_days:
            return self._("%(count)d working days after %(start)s is %(end)s")
        if period.first_day_counts:
            return self._("%(count)d days, with %(start)s as day 1, end on %(end)s")
        return self._("%(count)d days after %(start)s is %(end)s")

    def _why_not_working(self, calendar: Calendar, day: date) -> str:
        if name := holiday_name(calendar, day, self.language):
            return self._("a holiday (%(name)s)") % {"name": name}
        return self._("a Saturday") if day.weekday() == SATURDAY else self._("a Sunday")

    def _day(self, day: date) -> str:
        return _written(day, day.year == self.received_on.year, self.language)

    def _(self, message: str) -> str:
        return _translated(message, self.language)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Look a text with a number up; a method so that the texts are found for translation."""
        return _translated_number(singular, plural, number, self.language)


# Looked up once per language: asking the catalogues is dearer than all the counting.


@lru_cache(maxsize=1024)
def label_of(period: Period, language: str) -> str:
    """Give what a period is for."""
    return str(period.label)


@lru_cache(maxsize=4096)
def notes_of(period: Period, law: Law, language: str) -> tuple[str, ...]:
    """Give what else is to be known about a period, and about counting in that place."""
    return tuple(str(note) for note in (*period.notes, *law.notes))


@lru_cache(maxsize=1024)
def _translated(message: str, language: str) -> str:
    return gettext(message)


@lru_cache(maxsize=4096)
def _translated_number(singular: str, plural: str, number: int, language: str) -> str:
    return ngettext(singular, plural, number)


@lru_cache(maxsize=16_384)
def _written(day: date, in_same_year: bool, language: str) -> str:
    if in_same_year:
        return date_format(day, pgettext("a day without its year", "j F"))
    return date_format(day, pgettext("a day with its year", "j F Y"))
