"""What work waits, and who has it in hand? A row is a job; a message only says "look"."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
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

    # How many go into one message and are claimed with one statement; more than one only where each is quick.
    at_once: ClassVar[int] = 1
    # Where `perform` has effects in the database alone, several share one transaction, wrapped in what this gives.
    shared: ClassVar[Callable[[], AbstractContextManager[None]] | None] = None
    # Columns that are read only when the job's turn comes.
    heavy: ClassVar[tuple[str, ...]] = ()

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
    is_fenced = False

    class Meta:
        abstract = True

    @classmethod
    def fetch(cls, jobs: Sequence[Self]) -> None:
        """Reads at once what several jobs need and `heavy` left out."""

    def prepare(self) -> None:
        """Thinks, outside any transaction; jobs that have nothing else to do outside are then settled together."""

    def perform(self) -> None:
        """Does the work: idempotent, effects inside `with self.settling():`."""
        raise NotImplementedError

    @contextmanager
    def settling(self) -> Iterator[dict[str, Any]]:
        """The last step: effects and "done" in one transaction, refused when the claim was lost.

        What is put into the dictionary is written with it.
        """
        with self._fenced():
            found: dict[str, Any] = {}
            yield found
            for follow_up in FOLLOW_UPS.get(type(self), ()):
                follow_up(self)
            self.write(**found, **self._finished())

    @contextmanager
    def _fenced(self) -> Iterator[None]:
        """A transaction in which nobody can take the job away; one that several share was fenced for all of them."""
        if self.is_fenced:
            yield
            return
        with transaction.atomic():
            if not type(self)._base_manager.select_for_update().filter(**self._fence()).exists():
                raise LostClaim(self.pk)
            yield

    def finish(self) -> None:
        """Done, where that is all there is to write; refused when the claim was lost."""
        self.write(**self._finished())

    def _finished(self) -> dict[str, Any]:
        return {"job_state": self.State.DONE, "finished_at": timezone.now(), "lease_until": None}

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

    def fail(self, error: Exception, now: datetime) -> None:
        """Waits longer each time; after three failures a person must look. The error's type is kept, not its text."""
        failures = self.failures + 1
        state = self.State.NEEDS_ATTENTION if failures >= MAX_FAILURES else self.State.NEW
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
    token = _gathered.set(gathered := {})
    try:
        yield
    finally:
        _gathered.reset(token)
        for model, pks in gathered.items():
            hint(model, pks)


def hint(model: type[Job], pks: list[Any]) -> None:
    """Sends the messages; what cannot be sent, the sweeper finds."""
    label = model._meta.label_lower
    try:
        for start in range(0, len(pks), model.at_once):
            current_app.send_task(TASK, args=[label, *pks[start : start + model.at_once]], retry=False)
        model._base_manager.filter(pk__in=pks).update(hinted_at=timezone.now())
    except (OperationalError, OSError):
        logger.warning("broker does not answer; the sweeper will hand over %d %s", len(pks), label)


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
    if job.claims > MAX_CLAIMS:
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


class TooManyClaims(Exception):
    """The job took its worker down again and again."""


def give_back(job: Job, error: Exception) -> None:
    """Notes a failure; at once for a person where trying again would only kill another worker."""
    if isinstance(error, TooManyClaims):
        job.failures = MAX_FAILURES
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


def sweep(now: datetime | None = None, *, limit: int = 5000) -> int:
    """Hands over again what is due and was not taken; how many. Safe with any number of sweepers."""
    now = now or timezone.now()
    total = 0
    for model in concrete():
        not_lately = Q(hinted_at__isnull=True) | Q(hinted_at__lt=now - HINT_AGAIN)
        due = model.objects.claimable(now).filter(not_lately | Q(job_state=Job.State.WORKING))
        pks = list(due.order_by("run_after").values_list("pk", flat=True)[:limit])
        if pks:
            hint(model, pks)
        total += len(pks)
    return total
