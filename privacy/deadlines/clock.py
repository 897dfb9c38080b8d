"""The clock: from the day of receipt and what happened since, to the days on which something is due."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from functools import lru_cache

from django.utils.translation import gettext as _

from .events import EVENTS, Event, UnlawfulEvent, Wait, day_of, extension, refuse_earlier_than, waits
from .packs import promised
from .periods import Law, Period
from .rules import RULES, law_of
from .runs import Run, run
from .words import Words, in_full, language


@dataclass(frozen=True)
class Deadline:
    """The last day on which an answer is in time, why, and the last day for a notice of extension."""

    due_on: date
    reasons: tuple[str, ...]
    notice_by: date | None


@dataclass(frozen=True)
class Clock(Deadline):
    """One of the clocks that run on a case; the label goes on with "by" and the day.

    `is_legal` marks the one by which the law wants the answer; `met_on` is the day on which the thing was done.
    """

    name: str
    label: str
    is_legal: bool
    met_on: date | None


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
    law = law_of(jurisdiction)
    period, happened = law.period(kind), tuple(events)
    words = Words(local_date(jurisdiction, received_at, time_zone=time_zone), language())
    return _due(law, period, words, received_at, happened, clarification_pauses)


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
    law = law_of(jurisdiction)
    main, happened = law.period(kind), tuple(events)
    words = Words(local_date(jurisdiction, received_at, time_zone=time_zone), language())
    due = _due(law, main, words, received_at, happened, clarification_pauses)
    beside = [*law.periods[kind][1:], *promised([pack for pack in packs if pack != jurisdiction], kind)]
    running = [_beside(law, period, words, happened, clarification_pauses) for period in beside]
    first = _named(main, due, day_of(happened, *main.met_by), is_legal=jurisdiction in RULES)
    return (first, *(clock for clock in running if clock))


def local_date(jurisdiction: str, received_at: date | datetime, *, time_zone: tzinfo | None = None) -> date:
    """Take the day of receipt in the shop's zone, or else in the jurisdiction's own (Reg. 1182/71 Art. 3)."""
    if not isinstance(received_at, datetime):
        return received_at
    if received_at.tzinfo is None:
        raise ValueError("an instant needs a time zone; give a date or an instant with its zone")
    return received_at.astimezone(time_zone or law_of(jurisdiction).zone).date()


def _due(
    law: Law, period: Period, words: Words, received_at: date | datetime, events: Sequence[Event], pauses: bool | None
) -> Deadline:
    """Run the clock that decides; refuse a history that cannot be."""
    refuse_earlier_than(words.received_on, events)
    answer = _run(law, period, words, events, pauses)
    if isinstance(received_at, datetime) and received_at.date() != words.received_on:
        return replace(answer, reasons=(words.received_elsewhere(received_at), *answer.reasons))
    return answer


def _beside(law: Law, period: Period, words: Words, events: Sequence[Event], pauses: bool | None) -> Clock | None:
    """Run a clock beside it: from its own event where it has one, and not at all before or after it is dropped."""
    start = day_of(events, period.begun_by) if period.begun_by else words.received_on
    if start is None or day_of(events, period.dropped_by):
        return None
    moving = events if period.may_be_extended else [event for event in events if event.type != "extended"]
    answer = _run(law, period, replace(words, received_on=start), moving, pauses)
    if period.begun_by:
        said = words.begun(str(EVENTS[period.begun_by]), start)
        answer = replace(answer, reasons=(answer.reasons[0], said, *answer.reasons[1:]))
    return _named(period, answer, day_of(events, *period.met_by, since=start), is_legal=False)


def _named(period: Period, answer: Deadline, met_on: date | None, *, is_legal: bool) -> Clock:
    label = str(period.label)
    return Clock(answer.due_on, answer.reasons, answer.notice_by, period.name, label, is_legal=is_legal, met_on=met_on)


def _run(law: Law, period: Period, words: Words, events: Sequence[Event], pauses: bool | None) -> Deadline:
    return _disturbed(law, period, words, events, pauses) if events else _plain(law, period, words)


@lru_cache(maxsize=16_384)
def _plain(law: Law, period: Period, words: Words) -> Deadline:
    """Answer for a case on which nothing happened yet; most cases, so kept (per language)."""
    return _answer(run(law, period, words))


def _disturbed(law: Law, period: Period, words: Words, events: Sequence[Event], pauses: bool | None) -> Deadline:
    """Answer for a case with a history; refuse a notice of more time that the law does not know or that came late."""
    waited, notice = waits(events), extension(events)
    if notice is None:
        return _answer(run(law, period, words, waited, pauses))
    first = run(law, period, words, _open_until(notice, waited), pauses)
    _refuse_extension_after(first.end, notice, period)
    whole = run(law, period.longest, words, waited, pauses)
    whole.said.insert(0, words.extended(notice, first.end))
    return replace(_answer(whole), notice_by=first.end)


def _answer(clock: Run) -> Deadline:
    end = clock.end
    return Deadline(end, clock.reasons(end), end if clock.period.may_be_extended else None)


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
