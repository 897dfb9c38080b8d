"""The clock: from the day of receipt and what happened since, to the day it is due."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from functools import lru_cache

from django.utils.translation import gettext as _

from .events import Event, UnlawfulEvent, Wait, extension, refuse_earlier_than, waits
from .rules import Law, Period, law_of
from .runs import Run, run
from .words import Words, in_full, language


@dataclass(frozen=True)
class Deadline:
    """The last day on which an answer is in time, why, and the last day for a notice of extension."""

    due_on: date
    reasons: tuple[str, ...]
    notice_by: date | None


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
    answer = _disturbed(law, period, words, happened, clarification_pauses) if happened else _plain(law, period, words)
    if isinstance(received_at, datetime) and received_at.date() != words.received_on:
        elsewhere = words.received_elsewhere(received_at)
        return Deadline(answer.due_on, (elsewhere, *answer.reasons), answer.notice_by)
    return answer


def local_date(jurisdiction: str, received_at: date | datetime, *, time_zone: tzinfo | None = None) -> date:
    """Take the day of receipt in the shop's zone, or else in the jurisdiction's own (Reg. 1182/71 Art. 3)."""
    if not isinstance(received_at, datetime):
        return received_at
    if received_at.tzinfo is None:
        raise ValueError("an instant needs a time zone; give a date or an instant with its zone")
    return received_at.astimezone(time_zone or law_of(jurisdiction).zone).date()


@lru_cache(maxsize=16_384)
def _plain(law: Law, period: Period, words: Words) -> Deadline:
    """Answer for a case on which nothing happened yet; most cases, so kept (per language)."""
    return _answer(run(law, period, words))


def _disturbed(
    law: Law, period: Period, words: Words, events: Sequence[Event], clarification_pauses: bool | None
) -> Deadline:
    """Answer for a case with a history; refuse a history that cannot be."""
    refuse_earlier_than(words.received_on, events)
    waited, notice = waits(events), extension(events)
    if notice is None:
        return _answer(run(law, period, words, waited, clarification_pauses))
    first = run(law, period, words, _open_until(notice, waited), clarification_pauses)
    _refuse_extension_after(first.end, notice, period)
    whole = run(law, period.longest, words, waited, clarification_pauses)
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
