"""How is a job done? Claimed by one conditional UPDATE, thought through, settled; failures are counted."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ..statements import Rewriting
from .handing_over import dispatch, gathering
from .rows import CannotSucceed, Job, LostClaim

logger = logging.getLogger(__name__)


class TooManyClaims(CannotSucceed):
    """The job took its worker down again and again."""


def claim(model: type[Job], pk: Any, now: datetime) -> Job | None:
    """Takes the job for the length of a lease; None when it is done, waiting for later, or in other hands."""
    return next(iter(claim_many(model, [pk], now)), None)


def claim_many(model: type[Job], pks: Sequence[Any], now: datetime) -> list[Job]:
    """Takes those of the jobs that can be had; each has a claim number of its own."""
    lease = now + timedelta(seconds=settings.JOB_LEASE_SECONDS)
    with transaction.atomic():
        rows = model._base_manager.filter(pk__in=pks) & model.objects.claimable(now)
        jobs = list(rows.order_by("pk").defer(*model.heavy).select_for_update(skip_locked=True))
        mine = model._base_manager.filter(pk__in=[job.pk for job in jobs])
        mine.update(job_state=Job.State.WORKING, claims=F("claims") + 1, lease_until=lease)
    if jobs:
        model.fetch(jobs)
    for job in jobs:
        job.job_state, job.claims, job.lease_until = Job.State.WORKING, job.claims + 1, lease
    return jobs


def work(label: str, *pks: Any) -> bool:
    """Claims jobs and does them; True when all were done here. The only thing a worker ever calls."""
    model = apps.get_model(label)
    with gathering():
        jobs = claim_many(model, pks, timezone.now())
        with model.preparing(jobs):
            ready = [job for job in jobs if _tried(job, _prepare)]
        done = len(ready) if _together(ready) else sum(_tried(job, _perform) for job in ready)
    return 0 < len(pks) == done


def _together(jobs: list[Job]) -> bool:
    """Settles quick jobs in one transaction, so that they share its commit; False, and no trace, when one fails."""
    model = type(jobs[0]) if len(jobs) > 1 else Job
    if model.shared is None:
        return False
    try:
        with transaction.atomic(), model.shared():
            _fence_all(model, jobs)
            for job in jobs:
                job.perform()
            Rewriting(model).run({job.pk: job.noted for job in jobs})
    except Exception:  # noqa: BLE001  (each is tried again by itself, and fails there by name)
        for job in jobs:
            job.is_fenced = False
        return False
    return True


def _fence_all(model: type[Job], jobs: list[Job]) -> None:
    """Nobody can take them away until the transaction ends; LostClaim when somebody has one already."""
    rows = model._base_manager.filter(pk__in=[job.pk for job in jobs], job_state=Job.State.WORKING)
    held = dict(rows.order_by("pk").select_for_update().values_list("pk", "claims"))
    for job in jobs:
        if held.get(job.pk) != job.claims:
            raise LostClaim(job.pk)
        job.is_fenced = True


def _prepare(job: Job) -> None:
    if job.claims > job.most_claims:
        raise TooManyClaims
    job.prepare()


def _perform(job: Job) -> None:
    now = timezone.now()
    if job.lease_until and job.lease_until - now < timedelta(seconds=settings.JOB_LEASE_SECONDS) * 3 / 4:
        job.renew(now)
    job.perform()


def _tried(job: Job, step: Callable[[Job], None]) -> bool:
    """Whether the step went well; if not, the job waits for its next try."""
    try:
        step(job)
        return True
    except LostClaim:
        return False
    except Exception as error:
        logger.exception("%s %s failed", job._meta.label_lower, job.pk)
        give_back(job, error)
        return False


def give_back(job: Job, error: Exception) -> None:
    """Notes a failure."""
    try:
        job.fail(error, timezone.now())
    except LostClaim:
        return


def again(job: Job, *, now: datetime, state: str = Job.State.NEEDS_ATTENTION) -> bool:
    """Gives a job that was given up, or ended in `state`, another three tries; False when it is in that no longer."""
    rows = type(job)._base_manager.filter(pk=job.pk, job_state=state)
    fresh: dict[str, Any] = {"job_state": Job.State.NEW, "failures": 0, "run_after": now, "hinted_at": None}
    if job.claims >= job.most_claims:
        fresh["claims"] = 0
    if not rows.update(**fresh):
        return False
    dispatch(job)
    return True
