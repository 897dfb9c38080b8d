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
def report_looks() -> None:
    """Who looked at how many yesterday, to the privacy officer."""
    sight.send_daily(timezone.localdate() - timedelta(days=1))


@shared_task
def raise_alarms(at_night: bool = False) -> int:
    """What is late, or nearly, to the privacy officer; at night also what only a look at every case finds."""
    return alarms.raise_alarms(timezone.now(), at_night=at_night)


@shared_task
def count_figures(months: int | None = None) -> int:
    """The figures of the start page: of these months, or at night of all that are shown."""
    return figures.count(timezone.now(), months=months)


@shared_task
def rebuild_promises() -> int:
    """Every stored next promise, held against its clocks."""
    return promises.rebuild()
