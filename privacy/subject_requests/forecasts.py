"""What would each clock of a case say if something happened today?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone

from .. import deadlines
from ..deadlines import Clock, Event
from .case import DataSubjectRequest
from .clocks import history, running

# What a person is asked for may be long in coming; the forecast says both what a quick and a slow answer does.
A_WEEK = timedelta(days=7)
ANSWERS = dict(deadlines.WAITS.values())


@dataclass(frozen=True)
class Forecast:
    """Every clock if this happened today; for a question also if its answer came today, and in a week."""

    clocks: tuple[Clock, ...]
    if_answered: tuple[tuple[date, tuple[Clock, ...]], ...] = ()


def forecast(case: DataSubjectRequest, kind: str, happened: Sequence[Event] | None = None) -> Forecast:
    """What every clock would say if this happened today, before it does; UnlawfulEvent where the law forbids it."""
    today = timezone.localdate(timezone=settings.SHOP_TZ)
    known = [*(history(case) if happened is None else happened), Event(kind, today)]
    answers = [Event(ANSWERS[kind], day) for day in (today, today + A_WEEK)] if kind in ANSWERS else []
    return Forecast(running(case, known), tuple((answer.on, running(case, [*known, answer])) for answer in answers))
