"""The clock: from the day of receipt and what happened since, to the days on which something is due."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import TypeVar

from django.utils.translation import gettext as _

from .calendars import CACHED
from .events import Event, UnlawfulEvent, Wait, day_of, extension, refuse_earlier_than, waits
from .packs import promised
from .periods import Law, Period
from .rules import RULES, law_of
from .runs import Run, run
from .words import Words, in_full, label_of, language

Reasons = tuple[str, ...]
Answer = TypeVar("Answer", bound="Deadline")


@dataclass(frozen=True)
class Deadline:
    """The last day on which an answer is in time, why, and the last day for a notice of extension.

    The reasons are put into words when they are read, in the language of whoever reads: that is dearer than counting.
    """

    due_on: date
    notice_by: date | None
    why: Callable[[], Reasons] = field(repr=False, compare=False)

    @property
    def reasons(self) -> Reasons:
        """Say why that day, sentence by sentence."""
        return self.why()


@dataclass(frozen=True)
class Clock(Deadline):
    """One of the clocks that run on a case; the label goes on with "by" and the day.

    `is_legal` marks the one by which the law wants the answer; `met_on` is the day on which the thing was done.
    """

    period: Period
    is_legal: bool
    met_on: date | None = None

    @property
    def name(self) -> str:
        """Give the name by which programs know it."""
        return self.period.name

    @property
    def label(self) -> str:
        """Say what is to be done, in the language of whoever reads."""
        return label_of(self.period, language())


def deadline(
    jurisdiction: str,
    kind: str,
    received_at: date | datetime,
    events: Iterable[Event] = (),
    *,
    time_zone: tzinfo | None = None,
    clarification_pauses: bool | None = None,
) -> Deadline:
    """Say when a case is due and why (GDPR Art. 12(3), UK GDPR Art. 12A and the like in `RULES`).

    `clarification_pauses` is the shop's choice where the law is silent; without it the rule's own default holds.
    """
    law, received_on = law_of(jurisdiction), local_date(jurisdiction, received_at, time_zone=time_zone)
    answer = _due(law, law.period(kind), received_on, tuple(events), clarification_pauses)
    return _from_elsewhere(answer, received_at, received_on)


def clocks(
    jurisdiction: str,
    kind: str,
    received_at: date | datetime,
    events: Iterable[Event] = (),
    *,
    packs: Sequence[str] = (),
    time_zone: tzinfo | None = None,
    clarification_pauses: bool | None = None,
) -> tuple[Clock, ...]:
    """Give every clock that runs on a case: first the one of `deadline`, then those of the law and packs beside it.

    The working days of a pack are those of the place whose law holds.
    """
    received_on, happened = local_date(jurisdiction, received_at, time_zone=time_zone), tuple(events)
    if happened:
        running = _all(jurisdiction, kind, tuple(packs), received_on, happened, clarification_pauses)
    else:
        running = _all_plain(jurisdiction, kind, tuple(packs), received_on)
    return (_from_elsewhere(running[0], received_at, received_on), *running[1:])


def local_date(jurisdiction: str, received_at: date | datetime, *, time_zone: tzinfo | None = None) -> date:
    """Take the day of receipt in the shop's zone, or else in the jurisdiction's own (Reg. 1182/71 Art. 3)."""
    if not isinstance(received_at, datetime):
        return received_at
    if received_at.tzinfo is None:
        raise ValueError("an instant needs a time zone; give a date or an instant with its zone")
    return received_at.astimezone(time_zone or law_of(jurisdiction).zone).date()


def _from_elsewhere(answer: Answer, received_at: date | datetime, received_on: date) -> Answer:
    """Say first that it was another day where it was sent, if it was."""
    if not isinstance(received_at, datetime) or received_at.date() == received_on:
        return answer
    return replace(answer, why=lambda: (Words(received_on, language()).received_elsewhere(received_at), *answer.why()))


def _all(
    jurisdiction: str,
    kind: str,
    packs: tuple[str, ...],
    received_on: date,
    events: Sequence[Event],
    pauses: bool | None,
) -> tuple[Clock, ...]:
    law = law_of(jurisdiction)
    main = law.period(kind)
    beside = [*law.all_periods(kind)[1:], *promised([pack for pack in packs if pack != jurisdiction], kind)]
    due = _due(law, main, received_on, events, pauses)
    first = _named(main, due, day_of(events, *main.met_by), is_legal=jurisdiction in RULES)
    running = [_beside(law, period, received_on, events, pauses) for period in beside]
    return (first, *(clock for clock in running if clock))


@lru_cache(maxsize=CACHED)
def _all_plain(jurisdiction: str, kind: str, packs: tuple[str, ...], received_on: date) -> tuple[Clock, ...]:
    return _all(jurisdiction, kind, packs, received_on, (), None)


def _beside(law: Law, period: Period, received_on: date, events: Sequence[Event], pauses: bool | None) -> Clock | None:
    """Run a clock beside it: from its own event where it has one, and not at all before or after it is dropped."""
    start = day_of(events, period.begun_by) if period.begun_by else received_on
    if start is None or (period.dropped_by and day_of(events, period.dropped_by)):
        return None
    moving = events if period.may_be_extended else [event for event in events if event.type != "extended"]
    answer = _run(law, period, start, moving, pauses)
    return _named(period, answer, day_of(events, *period.met_by, since=start), is_legal=False)


def _named(period: Period, answer: Deadline, met_on: date | None, *, is_legal: bool) -> Clock:
    return Clock(answer.due_on, answer.notice_by, answer.why, period, is_legal, met_on)


def _due(law: Law, period: Period, received_on: date, events: Sequence[Event], pauses: bool | None) -> Deadline:
    """Run the clock that decides; refuse what is said to have happened before the case arrived."""
    refuse_earlier_than(received_on, events)
    return _run(law, period, received_on, events, pauses)


def _run(law: Law, period: Period, start: date, events: Sequence[Event], pauses: bool | None) -> Deadline:
    return _disturbed(law, period, start, events, pauses) if events else _plain(law, period, start)


@lru_cache(maxsize=CACHED)
def _plain(law: Law, period: Period, start: date) -> Deadline:
    """Answer for a case on which nothing happened yet; most cases, so kept."""
    return _answer(run(law, period, start))


def _disturbed(law: Law, period: Period, start: date, events: Sequence[Event], pauses: bool | None) -> Deadline:
    """Answer for a case with a history; refuse a notice of more time that the law does not know or that came late."""
    waited, notice = waits(events), extension(events)
    if notice is None:
        return _answer(run(law, period, start, waited, pauses))
    first = run(law, period, start, _open_until(notice, waited), pauses)
    _refuse_extension_after(first.end, notice, period)
    whole = run(law, period.longest, start, waited, pauses)
    whole.said.insert(0, lambda words: words.extended(notice, first.end))
    return replace(_answer(whole), notice_by=first.end)


def _answer(clock: Run) -> Deadline:
    end = clock.end
    return Deadline(end, end if clock.period.may_be_extended else None, clock.reasons)


def _open_until(notice: date, waited: Iterable[Wait]) -> list[Wait]:
    """Let the clock stand still until a notice that is sent while we wait for the person."""
    return [
        replace(wait, received=notice) if wait.received is None and wait.asked <= notice else wait for wait in waited
    ]


def _refuse_extension_after(notice_by: date, notice: date, period: Period) -> None:
    if not period.may_be_extended:
        raise UnlawfulEvent(_("the law knows no extension for this kind of case"))
    if notice > notice_by:
        raise UnlawfulEvent(
            _("the notice of more time was sent on %(notice)s, after its last day, %(last)s")
            % {"notice": in_full(notice), "last": in_full(notice_by)}
        )
