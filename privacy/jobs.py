"""What work waits, and who has it in hand? A row is a job; a message only says "look"."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from celery import current_app
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)
MAX_FAILURES = 3
MAX_CLAIMS = 10
HINT_AGAIN = timedelta(seconds=60)
TASK = "privacy.tasks.work"


class LostClaim(Exception):
    """Somebody else has the job now; whoever finds this out stops without a trace."""


FollowUp = Callable[[Any], None]
FOLLOW_UPS: dict[type, list[FollowUp]] = {}


def when_done(model: type) -> Callable[[FollowUp], FollowUp]:
    """Registers what a higher room does in the very transaction in which a job becomes done."""

    def register(follow_up: FollowUp) -> FollowUp:
        FOLLOW_UPS.setdefault(model, []).append(follow_up)
        return follow_up

    return register


class JobQuerySet(models.QuerySet[Any]):
    """Jobs by what can be done with them."""

    def claimable(self, now: datetime) -> Self:
        """Waiting and due, or in the hands of a worker whose lease ran out."""
        waiting = Q(job_state=Job.State.NEW, run_after__lte=now)
        abandoned = Q(job_state=Job.State.WORKING, lease_until__lt=now)
        return self.filter(waiting | abandoned)

    def needing_attention(self) -> Self:
        """Given up after three failures; a person looks, the clock keeps running."""
        return self.filter(job_state=Job.State.NEEDS_ATTENTION)


class Job(models.Model):
    """A row that a worker carries out: claimed by one conditional UPDATE, fenced by its claim number."""

    class State(models.TextChoices):
        NEW = "new", "waiting"
        WORKING = "working", "in work"
        DONE = "done", "done"
        NEEDS_ATTENTION = "needs_attention", "needs attention"

    JOB_FIELDS: ClassVar = (
        "job_state", "claims", "failures", "run_after", "lease_until", "hinted_at", "last_error", "created_at",
        "finished_at",
    )  # fmt: skip

    job_state = models.CharField(max_length=20, choices=State, default=State.NEW, editable=False)
    claims = models.PositiveIntegerField(default=0, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    run_after = models.DateTimeField(default=timezone.now, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    hinted_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=100, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        abstract = True

    def perform(self) -> None:
        """Does the work: idempotent, effects inside `with self.settling():`."""
        raise NotImplementedError

    @contextmanager
    def settling(self) -> Iterator[None]:
        """The last step: effects and "done" in one transaction, refused when the claim was lost."""
        with transaction.atomic():
            mine = type(self)._base_manager.select_for_update().filter(**self._fence())
            if not mine.exists():
                raise LostClaim(self.pk)
            yield
            for follow_up in FOLLOW_UPS.get(type(self), ()):
                follow_up(self)
            self.write(job_state=self.State.DONE, finished_at=timezone.now(), lease_until=None)

    def write(self, **values: Any) -> None:
        """A write that repeats the claim; LostClaim when somebody else has the job."""
        if not type(self)._base_manager.filter(**self._fence()).update(**values):
            raise LostClaim(self.pk)
        for name, value in values.items():
            setattr(self, name, value)

    def renew(self, now: datetime | None = None) -> None:
        """Says that the work goes on; call it between steps of long work."""
        self.write(lease_until=(now or timezone.now()) + timedelta(seconds=settings.JOB_LEASE_SECONDS))

    def _fence(self) -> dict[str, Any]:
        return {"pk": self.pk, "claims": self.claims, "job_state": self.State.WORKING}

    def tries_after(self, error: Exception) -> int:
        """How often this kind of failure is met before a person must look; a kind of job may know better."""
        return 0 if isinstance(error, CannotSucceed) else MAX_FAILURES

    def fail(self, error: Exception, now: datetime) -> None:
        """Waits longer each time; then a person must look. The error's type is kept, not its text."""
        failures = self.failures + 1
        state = self.State.NEEDS_ATTENTION if failures >= self.tries_after(error) else self.State.NEW
        self.write(
            job_state=state,
            failures=failures,
            last_error=type(error).__name__,
            run_after=now + timedelta(seconds=10 * 4**failures),
            lease_until=None,
            hinted_at=None,
        )


def concrete() -> list[type[Job]]:
    """Every kind of job in this installation."""
    return [model for model in apps.get_models() if issubclass(model, Job)]


def dispatch(job: Job) -> None:
    """Hands a new row over as soon as its transaction is committed; losing the message loses nothing."""
    transaction.on_commit(lambda: _hint(type(job), [job.pk]))


def _hint(model: type[Job], pks: list[Any]) -> None:
    try:
        for pk in pks:
            current_app.send_task(TASK, args=[model._meta.label_lower, pk], retry=False)
        model._base_manager.filter(pk__in=pks).update(hinted_at=timezone.now())
    except (OperationalError, OSError):
        logger.warning("broker does not answer; the sweeper will hand over %d %s", len(pks), model._meta.label_lower)


def claim(model: type[Job], pk: Any, now: datetime) -> Job | None:
    """Takes the job for the length of a lease; None when it is done, waiting for later, or in other hands."""
    lease = now + timedelta(seconds=settings.JOB_LEASE_SECONDS)
    rows = model._base_manager.filter(pk=pk) & model.objects.claimable(now)
    if not rows.update(job_state=Job.State.WORKING, claims=F("claims") + 1, lease_until=lease):
        return None
    return model._base_manager.get(pk=pk)


def work(label: str, pk: Any) -> bool:
    """Claims one job and does it; True when it was done here. The only thing a worker ever calls."""
    model = apps.get_model(label)
    job = claim(model, pk, timezone.now())
    if job is None:
        return False
    try:
        if job.claims > MAX_CLAIMS:
            raise TooManyClaims
        job.perform()
        return True
    except LostClaim:
        return False
    except Exception as error:
        logger.exception("%s %s failed", label, pk)
        give_back(job, error)
        return False


class CannotSucceed(Exception):
    """Trying again would change nothing; a person must look at once."""


class TooManyClaims(CannotSucceed):
    """The job took its worker down again and again."""


def give_back(job: Job, error: Exception) -> None:
    """Notes a failure."""
    try:
        job.fail(error, timezone.now())
    except LostClaim:
        return


def again(job: Job, *, now: datetime) -> bool:
    """Gives a job that was given up another three tries; False when it no longer waits for a person."""
    given_up = type(job)._base_manager.filter(pk=job.pk, job_state=Job.State.NEEDS_ATTENTION)
    fresh: dict[str, Any] = {"job_state": Job.State.NEW, "failures": 0, "run_after": now, "hinted_at": None}
    if job.claims >= MAX_CLAIMS:
        fresh["claims"] = 0
    if not given_up.update(**fresh):
        return False
    dispatch(job)
    return True


def sweep(now: datetime | None = None, *, limit: int = 500) -> int:
    """Hands over again what is due and was not taken; how many. Safe with any number of sweepers."""
    now = now or timezone.now()
    total = 0
    for model in concrete():
        not_lately = Q(hinted_at__isnull=True) | Q(hinted_at__lt=now - HINT_AGAIN)
        due = model.objects.claimable(now).filter(not_lately | Q(job_state=Job.State.WORKING))
        pks = list(due.order_by("run_after").values_list("pk", flat=True)[:limit])
        if pks:
            _hint(model, pks)
        total += len(pks)
    return total
