"""Celery's face: ids in, one verb each."""

from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.signals import worker_init, worker_process_init
from django.utils import timezone

from . import alarms, documents, erasure, export, figures, jobs, sight
from .inbound import wishes
from .subject_requests import promises


@worker_init.connect
def load(**kwargs: Any) -> None:
    """What all children need is read before they part from the worker, so that none reads it while a mail waits."""
    wishes.read_all()
    documents.load()


@worker_process_init.connect
def warm_up(**kwargs: Any) -> None:
    """Fonts are looked at before the first person waits for her copy."""
    documents.warm_up()


@shared_task
def work(label: str, *pks: int) -> bool:
    """Does one job, or several quick ones."""
    return jobs.work(label, *pks)


@shared_task
def sweep() -> int:
    """Hands over what is due and was not taken."""
    return jobs.sweep()


@shared_task
def forget_exports() -> int:
    """Files of copies whose days are over."""
    return export.forget(timezone.now())


@shared_task
def purge() -> None:
    """The nightly purge."""
    erasure.purge(today=timezone.localdate())


@shared_task
def purge_agreed() -> None:
    """A purge that was refused tonight and that two people have let pass since."""
    if erasure.agreeing.waiting_to_run(timezone.localdate()):
        erasure.purge(today=timezone.localdate())


@shared_task
def report_purge() -> None:
    """What the purge of tonight did and left, to the privacy officer."""
    alarms.send_purge_report(timezone.localdate(), timezone.now())


@shared_task
def report_looks() -> None:
    """Who looked at how many yesterday, to the privacy officer."""
    sight.send_daily(timezone.localdate() - timedelta(days=1))


@shared_task
def raise_alarms() -> int:
    """What is late, or nearly, to the privacy officer."""
    return alarms.raise_alarms(timezone.now())


@shared_task
def count_figures() -> int:
    """The figures of this month and the last, in which alone something changes by day."""
    return figures.count(timezone.now(), months=None if figures.counted_at() is None else 2)


@shared_task
def reckon_all() -> None:
    """At night, what needs a look at every case: the year's figures, each next promise, days that a holiday moved."""
    figures.count(timezone.now())
    promises.rebuild()
    alarms.raise_alarms(timezone.now(), at_night=True)
