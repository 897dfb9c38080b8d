"""The clocks of a case in the office: what is due when, why, what is done, and what each step would change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from .. import deadlines, subject_requests
from ..deadlines import Clock, UnlawfulEvent
from ..subject_requests import DataSubjectRequest, Forecast
from . import words


@dataclass(frozen=True)
class Line:
    """One clock: its day, how far away that is, and why."""

    clock: Clock
    badge: str


@dataclass(frozen=True)
class Outlook:
    """What would be if a step were taken today: the last day, and all that is to be said about it."""

    due_on: date
    lines: list[str]


def of(running: Iterable[Clock]) -> list[Line]:
    """Every clock of a case, the legal one first, then by day."""
    today = timezone.localdate()
    in_order = sorted(running, key=lambda clock: (not clock.is_legal, clock.due_on))
    return [Line(clock, _badge(clock, today)) for clock in in_order]


def outlooks(case: DataSubjectRequest, kinds: Iterable[str]) -> dict[str, Outlook]:
    """What each of these events would do to the clocks if it happened today; without those that the law forbids."""
    happened = subject_requests.history(case)
    found = {}
    for kind in kinds:
        try:
            found[kind] = _outlook(subject_requests.forecast(case, kind, happened))
        except UnlawfulEvent:
            continue
    return found


def is_waited_for(case: DataSubjectRequest, name: str) -> bool:
    """Whether a clock of this name runs on the case and its thing is not done."""
    return any(clock.name == name and clock.met_on is None for clock in subject_requests.clocks(case))


def _outlook(ahead: Forecast) -> Outlook:
    legal, *beside = ahead.clocks
    lines = [_say(_("The last day is then {day}."), day=legal.due_on), *_answered(ahead)]
    lines += [
        _say(_("{what} by {day}."), what=words.sentence(clock.label), day=clock.due_on)
        for clock in beside
        if clock.met_on is None
    ]
    return Outlook(legal.due_on, lines)


def _answered(ahead: Forecast) -> list[str]:
    """For a question: what its answer would do, if it came today and if it came in a week."""
    days = [(on, running[0].due_on) for on, running in ahead.if_answered]
    if days and all(due_on == ahead.clocks[0].due_on for _on, due_on in days):
        return [_("Waiting for the answer does not move it.")]
    return [_say(_("If the answer comes on {on}, it is {day}."), on=words.day(on), day=due_on) for on, due_on in days]


def _say(sentence: str, *, day: date, **values: Any) -> str:
    return format_html(sentence, day=format_html("<strong>{}</strong>", words.day(day)), **values)


def _badge(clock: Clock, today: date) -> str:
    """How far away, or when it was done and whether that was in time."""
    if clock.met_on is None:
        how = deadlines.urgency(clock.due_on, today)
        return format_html('<span class="due due-{}">{}</span>', how, deadlines.in_words(clock.due_on, today))
    day = {"day": words.day(clock.met_on)}
    if clock.met_on > clock.due_on:
        return format_html('<span class="due due-overdue">{}</span>', _("done too late, on %(day)s") % day)
    return format_html('<span class="due due-closed">{}</span>', _("done on %(day)s") % day)
