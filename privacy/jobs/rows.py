"""What is a job? A row that a worker carries out, and the claim by which nobody else does."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

MAX_FAILURES = 3
MAX_CLAIMS = 10
# With ever longer pauses some fifteen hours: a server may be down for a night, and no person need be asked.
TRIES_OF_WHAT_PASSES = 7
SECONDS_BETWEEN_WRITES = 1.0
# The queues that workers take from: what takes minutes has one of its own, so that no unsubscribe waits behind it.
QUICK, LONG = "celery", "long"


class CannotSucceed(Exception):
    """Trying again would change nothing; a person must look at once."""


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

    # How often it may be taken in hand before a person must look; more only where waiting is part of the work.
    most_claims: ClassVar[int] = MAX_CLAIMS
    # How many go into one message and are claimed with one statement; more than one only where each is quick.
    at_once: ClassVar[int] = 1
    # Where it waits for a worker, and after how many seconds of one try it is stopped, which counts as a failure.
    queue: ClassVar[str] = QUICK
    most_seconds: ClassVar[float] = 5 * 60
    # Where `perform` has effects in the database alone, several share one transaction, wrapped in what this gives.
    shared: ClassVar[Callable[[], AbstractContextManager[None]] | None] = None
    # Trouble of these kinds lies on the way and passes, so that it is met more often before a person must look.
    passing: ClassVar[tuple[type[Exception], ...]] = ()
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
    told_at = 0.0
    noted: dict[str, Any]

    class Meta:
        abstract = True

    @classmethod
    def fetch(cls, jobs: Sequence[Self]) -> None:
        """Reads at once what several jobs need and `heavy` left out."""

    @classmethod
    def preparing(cls, _jobs: Sequence[Self]) -> AbstractContextManager[None]:
        """Around the `prepare` of several: what they would all look up one by one."""
        return nullcontext()

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
            if self.is_fenced:
                self._note(found | self._finished())
            else:
                self.write(**found, **self._finished())

    def _note(self, values: dict[str, Any]) -> None:
        """What is written with the others' values at the end of a transaction that several share."""
        self.noted = values
        self._take(values)

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
        self._take(values)

    def _take(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(self, name, value)

    def renew(self, now: datetime | None = None) -> None:
        """Says that the work goes on; call it between steps of long work."""
        self.write(lease_until=(now or timezone.now()) + timedelta(seconds=settings.JOB_LEASE_SECONDS))

    def go_on(self, **how_far: Any) -> None:
        """Writes how far it is and that the work goes on, at most once a second, however often it is called."""
        if time.monotonic() - self.told_at >= SECONDS_BETWEEN_WRITES:
            self.write(**how_far)
            self.renew()
            self.told_at = time.monotonic()

    def _fence(self) -> dict[str, Any]:
        return {"pk": self.pk, "claims": self.claims, "job_state": self.State.WORKING}

    def tries_after(self, error: Exception) -> int:
        """How often this kind of failure is met before a person must look."""
        if isinstance(error, CannotSucceed):
            return 0
        return TRIES_OF_WHAT_PASSES if isinstance(error, self.passing) else MAX_FAILURES

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
