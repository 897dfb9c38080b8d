"""How does a worker hear of a job? By a message that says "look"; what was not heard, the sweeper hands over again."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.apps import apps
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from .rows import Job

logger = logging.getLogger(__name__)
HINT_AGAIN = timedelta(seconds=60)
TASK = "privacy.tasks.work"
SECONDS_TO_GIVE_BACK = 30


def concrete() -> list[type[Job]]:
    """Every kind of job in this installation."""
    return [model for model in apps.get_models() if issubclass(model, Job)]


def dispatch(job: Job) -> None:
    """Hands a new row over as soon as its transaction is committed; losing the message loses nothing."""
    transaction.on_commit(lambda: _tell(type(job), job.pk))


_gathered: ContextVar[dict[type[Job], list[Any]] | None] = ContextVar("gathered", default=None)


def _tell(model: type[Job], pk: Any) -> None:
    gathered = _gathered.get()
    if gathered is None:
        hint(model, [pk])
    else:
        gathered.setdefault(model, []).append(pk)


@contextmanager
def gathering() -> Iterator[None]:
    """Jobs that are dispatched meanwhile are handed over at the end, many with one message."""
    gathered: dict[type[Job], list[Any]] = {}
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
        for model, pks in gathered.items():
            hint(model, pks)


def hint(model: type[Job], pks: list[Any], *, at_once: int | None = None) -> None:
    """Sends the messages, so many jobs in each; what cannot be sent, the sweeper finds."""
    size = at_once or model.at_once
    label, rows = model._meta.label_lower, model._base_manager.filter(pk__in=pks)
    # Noted before the first message leaves: a worker that is quicker would find its rows locked, and pass over them.
    if not rows.update(hinted_at=timezone.now()):
        return
    try:
        for start in range(0, len(pks), size):
            current_app.send_task(TASK, args=[label, *pks[start : start + size]], **_how(model))
    except (OperationalError, OSError):
        rows.update(hinted_at=None)
        logger.warning("broker does not answer; the sweeper will hand over %d %s", len(pks), label)


def _how(model: type[Job]) -> dict[str, Any]:
    """Work that does not hear that its time is over is killed a little later."""
    return {
        "queue": model.queue,
        "soft_time_limit": model.most_seconds,
        "time_limit": model.most_seconds + SECONDS_TO_GIVE_BACK,
        "retry": False,
    }


def sweep(now: datetime | None = None, *, limit: int = 5000) -> int:
    """Hands over again what is due and was not taken; how many. Safe with any number of sweepers."""
    now = now or timezone.now()
    total = 0
    for model in concrete():
        not_lately = Q(hinted_at__isnull=True) | Q(hinted_at__lt=now - HINT_AGAIN)
        due = model.objects.claimable(now).filter(not_lately | Q(job_state=Job.State.WORKING))
        found = list(due.order_by("run_after").values_list("pk", "job_state")[:limit])
        # One of those whose process is gone may be the reason; by itself it takes no others along.
        lost = [pk for pk, state in found if state == Job.State.WORKING]
        hint(model, [pk for pk, state in found if state != Job.State.WORKING])
        hint(model, lost, at_once=1)
        total += len(found)
    return total
