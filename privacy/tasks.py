"""Celery's face: ids in, one verb each."""

from celery import shared_task
from django.utils import timezone

from . import erasure, jobs


@shared_task
def work(label: str, pk: int) -> bool:
    """Does one job."""
    return jobs.work(label, pk)


@shared_task
def sweep() -> int:
    """Hands over what is due and was not taken."""
    return jobs.sweep()


@shared_task
def purge() -> None:
    """The nightly purge."""
    erasure.purge(today=timezone.localdate())
