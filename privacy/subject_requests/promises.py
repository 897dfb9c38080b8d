"""The stored next promises held against the clocks, case by case; what is coming first over all cases."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from django.db.models import QuerySet

from ..deadlines import Clock, UnlawfulEvent
from .case import DataSubjectRequest
from .clocks import clocks, next_promise
from .complaint import Stage, mediation_due_on
from .timeline import remember_promise

logger = logging.getLogger(__name__)
BATCH = 2000


@dataclass(frozen=True)
class Promise:
    """One thing owed on one case."""

    case: DataSubjectRequest
    clock: Clock


def rebuild() -> int:
    """Takes every open case's next promise anew from its clocks; how many were wrong. Memory does not grow.

    A case whose events the clock refuses keeps what it has, and spoils no other.
    """
    wrong = 0
    for case in _open_cases():
        try:
            found = next_promise(case, clocks(case))
        except UnlawfulEvent:
            logger.warning("the clock refuses the events of case %d", case.pk)
            continue
        if any(getattr(case, name) != value for name, value in found.items()):
            wrong += remember_promise(DataSubjectRequest.objects.get(pk=case.pk))
    return wrong


def _open_cases() -> Iterator[DataSubjectRequest]:
    rows = DataSubjectRequest.objects.open().defer("details", "outcome").order_by("pk").prefetch_related("events")
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        yield from batch
        last = batch[-1].pk


def coming(today: date, count: int) -> list[Promise]:
    """The next things owed over all open cases from today on, the earliest first; what was missed is not among them.

    Each of them is the next promise of its case, or one behind a promise that was missed: its answer, or a mediation.
    """
    rows = DataSubjectRequest.objects.open()
    keys = set(rows.filter(next_promise_on__gte=today).order_by("next_promise_on", "pk").values_list("pk")[:count])
    keys |= set(rows.filter(due_on__gte=today).order_by("due_on", "pk").values_list("pk")[:count])
    opened_after = today - (mediation_due_on(today) - today)
    mediated = rows.filter(kind="complaint", complaint__stage=Stage.MEDIATION)
    mediated = mediated.filter(complaint__mediation_opened_on__gte=opened_after)
    keys |= set(mediated.order_by("complaint__mediation_opened_on", "pk").values_list("pk")[:count])
    cases = rows.filter(pk__in=[pk for (pk,) in keys]).select_related("data_subject", "assignee")
    return list(islice(_in_order(cases.defer("details", "outcome").prefetch_related("events"), today), count))


def _in_order(cases: QuerySet[DataSubjectRequest], today: date) -> Iterable[Promise]:
    found = [Promise(case, clock) for case in cases for clock in owed_by(case) if clock.due_on >= today]
    return sorted(found, key=lambda one: (one.clock.due_on, one.case.pk))


def owed_by(case: DataSubjectRequest) -> list[Clock]:
    """What is still owed on a case; a later reading of its last day is no promise of its own."""
    return [
        clock for clock in clocks(case)
        if clock.met_on is None and (clock.is_legal or clock.due_on < case.due_on or clock.period.begun_by)
    ]  # fmt: skip
