"""Celery's face: ids in, one verb each."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from celery import shared_task
from celery.signals import worker_init, worker_process_init
from django.utils import timezone

from . import (
    alarms,
    children,
    documents,
    erasure_ledger,
    export,
    figures,
    jobs,
    link_checks,
    list_checks,
    policy_news,
    processing_record,
    promises,
    sight,
)
from .canary import start_if_due
from .inbound import wishes
from .purge import PurgeRun, agreeing, night
from .subject_requests import promises as next_promises

P = ParamSpec("P")
Answer = TypeVar("Answer")


def while_open(task: Callable[P, Answer]) -> Callable[P, Answer | None]:
    """Nothing runs on a restored database before the erasures are replayed; rows wait, and the sweeper finds them."""

    @wraps(task)
    def careful(*args: P.args, **values: P.kwargs) -> Answer | None:
        return task(*args, **values) if erasure_ledger.current().is_open else None

    return careful


@worker_init.connect
def load(**kwargs: Any) -> None:
    """What all children need is read before they part from the worker, so that none reads it while a mail waits."""
    wishes.read_all()
    documents.load()


@worker_process_init.connect
def warm_up(**kwargs: Any) -> None:
    """Fonts are looked at before the first person waits for her copy."""
    documents.warm_up()


@shared_task(Request="privacy.jobs.lost_processes:Watched")
@while_open
def work(label: str, *pks: int) -> bool:
    """Does one job, or several quick ones."""
    return jobs.work(label, *pks)


@shared_task
@while_open
def sweep() -> int:
    """Hands over what is due and was not taken."""
    return jobs.sweep()


@shared_task
@while_open
def forget_exports() -> int:
    """Files of copies, and of lists that were checked, whose days are over."""
    return export.forget(timezone.now()) + list_checks.forget(timezone.now())


@shared_task
@while_open
def purge() -> None:
    """The nightly purge."""
    night.purge(today=timezone.localdate())


@shared_task
@while_open
def purge_agreed() -> None:
    """A purge that was refused tonight and that two people have let pass since."""
    today = timezone.localdate()
    if agreeing.waiting_to_run(today):
        night.purge(today=today)
    if agreeing.waiting_to_run(today, PurgeRun.What.CHILDREN):
        children.erase_found(timezone.now())


@shared_task
@while_open
def report_purge() -> None:
    """What the purge of tonight did and left, to the privacy officer."""
    alarms.send_purge_report(timezone.localdate(), timezone.now())


@shared_task
@while_open
def erase_children() -> int:
    """In strict mode, whatever is found of a child for whom no parent or guardian has agreed."""
    return children.erase_found(timezone.now()).erased


@shared_task
@while_open
def canary() -> None:
    """Each night's self-test, on a customer who is nobody."""
    start_if_due(timezone.now())


@shared_task
@while_open
def check_promises() -> None:
    """Every promise looked at, after the self-test and the purge of the night, and the links on which one rests."""
    link_checks.check(timezone.now())
    promises.check(timezone.now())


@shared_task
@while_open
def report_looks() -> None:
    """Who looked at how many yesterday, to the privacy officer."""
    sight.send_daily(timezone.localdate() - timedelta(days=1))


@shared_task
@while_open
def raise_alarms() -> int:
    """What is late, or nearly, to the privacy officer."""
    return alarms.raise_alarms(timezone.now())


@shared_task
@while_open
def count_figures() -> int:
    """The figures of this month and the last, in which alone something changes by day."""
    return figures.count(timezone.now(), months=None if figures.counted_at() is None else 2)


@shared_task
@while_open
def reckon_all() -> None:
    """At night, what needs a look at every case: the year's figures, each next promise, days that a holiday moved;
    what the record of processing says, where that has changed; and who asked to hear of a new policy.
    """
    figures.count(timezone.now())
    next_promises.rebuild()
    processing_record.remember(timezone.now())
    policy_news.tell(timezone.localdate(), timezone.now())
    alarms.raise_alarms(timezone.now(), at_night=True)
