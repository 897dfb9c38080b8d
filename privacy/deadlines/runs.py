"""One run of the clock over one case: where it starts, what stops it, where it ends; said only when it is asked why."""

from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from . import calendars
from .calendars import CACHED, DAY, Calendar
from .events import EVENTS, Wait
from .periods import Effect, Law, Period
from .words import Words, language, notes_of

Sentence = Callable[[Words], str]


@dataclass
class Run:
    """The period from its start, and the stretches that do not count."""

    law: Law
    period: Period
    received_on: date
    start: date
    clarification_pauses: bool
    started_by: str = ""
    pauses: list[tuple[date, date]] = field(default_factory=list)
    said: list[Sentence] = field(default_factory=list)

    @property
    def counted(self) -> date:
        """Count the period alone, without pauses (GDPR Art. 12(3))."""
        return _count(self.period, self.law.calendar, self.start)

    @property
    def end(self) -> date:
        """Add the paused days, then move a weekend or holiday (UK GDPR Art. 12A, Reg. 1182/71 Art. 3(4))."""
        raw = self.counted
        for pause in self.counting_pauses:
            raw += _length(pause)
        return calendars.roll(self.law.calendar, raw) if self.period.rolls else raw

    @property
    def counting_pauses(self) -> list[tuple[date, date]]:
        """Give the pauses as far as they lie after the start."""
        return [(max(first, self.start), last) for first, last in self.pauses if last >= self.start]

    def apply(self, wait: Wait) -> None:
        """Let a wait do to the clock what the law says, and say so."""
        effect = self._effect(wait.thing)
        if effect is Effect.NONE:
            self.said.append(lambda words: words.no_effect(wait.thing))
        elif wait.asked > self.end:
            self.said.append(lambda words: words.asked_too_late(wait.thing, wait.asked))
        elif wait.received is None:
            self.said.append(lambda words: words.still_waiting(wait.thing, wait.asked))
        elif effect is Effect.RESTARTS:
            self._start_again(wait.received, wait.thing)
        else:
            self._pause(wait.asked, wait.received - (DAY if effect is Effect.SUSPENDS else timedelta()))

    def reasons(self) -> tuple[str, ...]:
        """Say the rule, how the date was reached, and what happened on the way, in the language of whoever reads."""
        words = Words(self.received_on, language())
        start = [words.started(self.started_by, self.start)] if self.started_by else []
        if self.period.begun_by:
            start.append(words.begun(str(EVENTS[self.period.begun_by]), self.received_on))
        notes = notes_of(self.period, self.law, words.language)
        said = [sentence(words) for sentence in self.said]
        return tuple(dict.fromkeys((words.rule(self.period), *start, *self._steps(words), *said, *notes)))

    def _steps(self, words: Words) -> list[str]:
        raw, end, calendar = self.counted, self.end, self.law.calendar
        steps = [words.counted(self.period, self.start, raw)]
        holidays = calendars.holidays_between(calendar, self.start, raw) if self.period.working_days else []
        for pause in self.counting_pauses:
            raw += _length(pause)
            steps.append(words.paused(*pause, _length(pause).days, raw))
        if raw != end:
            steps[-1] = words.rolled(steps[-1], calendar, raw, end)
            holidays += calendars.holidays_between(calendar, raw, end)
        return steps + [words.holiday(calendar, day) for day in holidays]

    def _effect(self, thing: str) -> Effect:
        if thing == "clarification" and not self.clarification_pauses:
            return Effect.NONE
        effect: Effect = getattr(self.period, thing)
        return effect

    def _start_again(self, received: date, thing: str) -> None:
        if received > self.start:
            self.start, self.started_by = received, thing

    def _pause(self, first: date, last: date) -> None:
        """Add a stretch once, however many waits overlap in it; waits come in the order of asking."""
        if self.pauses:
            first = max(first, self.pauses[-1][1] + DAY)
        if first <= last:
            self.pauses.append((first, last))


def run(
    law: Law, period: Period, received_on: date, waits: Iterable[Wait] = (), clarification_pauses: bool | None = None
) -> Run:
    """Run the clock from the day of receipt over the waits, in their order."""
    chosen = period.clarification_pauses if clarification_pauses is None else clarification_pauses
    clock = Run(law, period, received_on, received_on, chosen)
    for wait in waits:
        clock.apply(wait)
    return clock


@lru_cache(maxsize=CACHED)
def _count(period: Period, calendar: Calendar, start: date) -> date:
    """Count months (same day number, else the month's last), days and working days from the start."""
    if period.working_days:
        return calendars.add(calendar, start, period.working_days)
    return _months_later(start, period.months) + timedelta(period.days - period.first_day_counts)


def _months_later(start: date, months: int) -> date:
    if not months:
        return start
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _length(pause: tuple[date, date]) -> timedelta:
    first, last = pause
    return last - first + DAY
