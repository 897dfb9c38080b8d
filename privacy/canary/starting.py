"""When does a run begin, and how is one followed from the command line?"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from .. import jobs
from ..jobs import Job
from .run import CanaryRun, CanaryStep


def start(now: datetime, *, occasion: str, road: str = CanaryRun.Road.REAL) -> CanaryRun:
    """The run of this occasion, made and handed over if there is none."""
    row, is_new = CanaryRun.objects.get_or_create(
        occasion=occasion, defaults={"created_at": now, "run_after": now, "road": road}
    )
    if is_new and road == CanaryRun.Road.REAL:
        jobs.dispatch(row)
    found: CanaryRun = row
    return found


def start_if_due(now: datetime) -> CanaryRun | None:
    """Once a night, after `CANARY_HOUR`, and at once where none has run yet; any number of schedulers may ask."""
    local = timezone.localtime(now, settings.SHOP_TZ)
    is_early = local.hour < settings.CANARY_HOUR
    if is_early and CanaryRun.objects.exists():
        return None
    return start(now, occasion=f"night-{local.date() - timedelta(days=is_early)}")


def follow(run: CanaryRun, tell: Callable[[CanaryStep], None], *, pause: float = 0.5) -> CanaryRun:
    """Works the run in this process until it is over, telling each step as it ends; a worker may help."""
    told: set[str] = set()
    while True:
        jobs.work(run._meta.label_lower, run.pk)
        run.refresh_from_db()
        for row in run.steps.exclude(outcome="").exclude(name__in=told).order_by("pk"):
            told.add(row.name)
            tell(row)
        if run.outcome or run.job_state == Job.State.NEEDS_ATTENTION:
            return run
        time.sleep(pause)


def latest_steps(run: CanaryRun) -> list[dict[str, Any]]:
    """The steps of a run as the command prints them."""
    return [
        {"step": row.name, "outcome": row.outcome, "seconds": round(row.seconds or 0, 3), "line": row.line}
        for row in run.steps.all()
    ]
