"""Was a job's process taken from it, by the kernel for want of memory or because its time was over? That is a failure.

A worker that somebody kills, or that goes down with its machine, is none: such a job is only taken in hand again.
"""

import logging
from typing import Any

from billiard.einfo import ExceptionWithTraceback
from celery.exceptions import TimeLimitExceeded, WorkerLostError
from celery.worker.request import Request
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connections

from .rows import Job
from .working import give_back

logger = logging.getLogger(__name__)


class OutOfMemory(Exception):
    """The kernel ended the process because the machine had no memory left."""


class Watched(Request):
    """A message about jobs, as the worker's first process sees it, which is there still when the other is gone."""

    killed_before = 0

    def on_accepted(self, pid: int, time_accepted: float) -> None:
        """A process begins with it."""
        self.killed_before = killed_for_memory()
        super().on_accepted(pid, time_accepted)

    def on_failure(self, exc_info: Any, *said: Any, **more: Any) -> None:
        """Failures that the process itself could note are noted; this is for the others."""
        super().on_failure(exc_info, *said, **more)
        error = exc_info.exception
        if isinstance(error, ExceptionWithTraceback):
            error = error.exc
        if isinstance(error, WorkerLostError) and killed_for_memory() > self.killed_before:
            note(OutOfMemory(), *self.args)

    def on_timeout(self, soft: bool, timeout: float) -> None:
        """It did not hear that its time was over, and is killed."""
        super().on_timeout(soft, timeout)
        if not soft:
            note(TimeLimitExceeded(timeout), *self.args)


def killed_for_memory() -> int:
    """How many processes the kernel has ended for want of memory since the machine began; 0 where it does not say."""
    try:
        lines = settings.KERNEL_COUNTERS.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def note(error: Exception, label: str, *pks: Any) -> None:
    """A failure of the job; of several in one message nobody knows whose, and each is handed over again by itself."""
    if len(pks) > 1:
        return
    model = apps.get_model(label)
    try:
        job = model._base_manager.filter(pk__in=pks, job_state=Job.State.WORKING).first()
        if job is not None:
            logger.error("%s %s lost its process: %s", label, job.pk, type(error).__name__)
            give_back(job, error)
    except DatabaseError:
        logger.exception("%s %s lost its process, which could not be noted", label, *pks)
    finally:
        # The next process parts from this one, and must not share its connection.
        connections.close_all()
