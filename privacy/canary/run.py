"""One test of all promises: a job in steps, each noted; a worker that dies is followed by one that goes on."""

import logging
from datetime import datetime, timedelta
from typing import Self

from django.db import OperationalError, models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import audit, jobs
from ..jobs import Job, JobQuerySet
from ..personal_data import NoPersonalData
from .step import STEPS, Broken, NotYet, Step

logger = logging.getLogger(__name__)
SYSTEM = "system:canary"
# A run that has not come to its end by then has failed; what is left of it is removed.
LONGEST = timedelta(hours=3)
PAUSE = timedelta(seconds=3)
# Reading every table of a large shop takes long, and nobody else shall begin with it meanwhile.
LONG_STEP = timedelta(hours=1)


class CanaryRunQuerySet(JobQuerySet):
    """Runs, by how they stand."""

    def real(self) -> Self:
        """Those by the real ways, by which alone the lamp is judged."""
        return self.filter(road=CanaryRun.Road.REAL)

    def ended(self) -> Self:
        """Those that came to their end, the latest first."""
        return self.exclude(outcome="").order_by("-pk")

    def kept(self) -> Self:
        """Those in which every promise was kept, the latest first."""
        return self.ended().filter(outcome=CanaryRun.Outcome.KEPT)


class CanaryRun(Job):
    """One run; `subject` is the person who is nobody, by reference as in the audit log."""

    most_claims = 2000  # each look whether something has come about is a claim

    class Outcome(models.TextChoices):
        KEPT = "kept", gettext_lazy("every promise kept")
        BROKEN = "broken", gettext_lazy("a promise was broken")

    class Road(models.TextChoices):
        REAL = "real", gettext_lazy("by the mail listener and the workers")
        HERE = "here", gettext_lazy("in one process")

    personal_data = NoPersonalData("Times and outcomes of a test on a person who is nobody; her by reference.")

    occasion = models.CharField(max_length=60, unique=True, editable=False)
    road = models.CharField(max_length=5, choices=Road, default=Road.REAL, editable=False)
    subject = models.CharField(max_length=100, blank=True, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, editable=False)

    objects = CanaryRunQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = gettext_lazy("nightly self-test")
        indexes = [models.Index(fields=["job_state", "run_after"], name="canary_due")]

    def __str__(self) -> str:
        return f"canary {self.pk}"

    @property
    def is_here(self) -> bool:
        """Whether this process does the work of mail listener and workers too."""
        return self.road == self.Road.HERE

    def is_stuck(self, now: datetime) -> bool:
        """Whether it should have come to its end long ago."""
        return not self.outcome and self.created_at < now - LONGEST

    def perform(self) -> None:
        """Goes on from the first step that is not over; waits by giving itself back."""
        for one in STEPS.values():
            row = self._row(one)
            if not row.is_over and not self._done(one, row):
                self.write(job_state=Job.State.NEW, run_after=timezone.now() + PAUSE, lease_until=None, hinted_at=None)
                return
        broken = sorted(self.steps.filter(outcome=CanaryStep.Outcome.BROKEN).values_list("name", flat=True))
        with self.settling() as found:
            is_late = self.is_stuck(timezone.now())
            found["outcome"] = self.Outcome.BROKEN if broken or is_late else self.Outcome.KEPT
            audit.record(f"canary.{found['outcome']}", actor=SYSTEM, target=self, steps=broken)

    def for_long(self) -> None:
        """Before what may take longer than a lease, such as a step that reads everything there is."""
        self.write(lease_until=timezone.now() + LONG_STEP)

    def has_done(self, name: str) -> bool:
        """Whether this step is over and its promise was kept."""
        return self.steps.filter(name=name, outcome=CanaryStep.Outcome.DONE).exists()

    def _row(self, one: Step) -> "CanaryStep":
        self.renew()
        row, _is_new = CanaryStep.objects.get_or_create(run=self, name=one.name)
        return row

    def _done(self, one: Step, row: "CanaryStep") -> bool:
        """Whether the step is over now, kept, broken or left out; False while its effect is awaited."""
        if missing := [STEPS[name].title for name in one.needs if not self.has_done(name)]:
            why = _("Not tried, because this failed: %(steps)s.") % {"steps": ", ".join(map(str, missing))}
            return row.end(CanaryStep.Outcome.LEFT_OUT, why)
        try:
            self._try(one, row)
        except jobs.LostClaim:
            raise
        except (NotYet, OperationalError) as waiting:
            return self._has_waited_enough(one, row, waiting)
        except Broken as broken:
            row.end(CanaryStep.Outcome.BROKEN, str(broken))
        except Exception as error:
            logger.exception("%s of %s failed", one.name, self)
            row.end(CanaryStep.Outcome.BROKEN, _("It broke off: %(error)s.") % {"error": type(error).__name__})
        return True

    def _try(self, one: Step, row: "CanaryStep") -> None:
        if one.at_once:
            try:
                with self._fenced():
                    row.end(CanaryStep.Outcome.DONE, one.verb(self))
            except Exception:
                self.refresh_from_db(fields=["subject"])  # as it stands, what was written is taken back
                raise
        else:
            row.end(CanaryStep.Outcome.DONE, one.verb(self))

    def _has_waited_enough(self, one: Step, row: "CanaryStep", waiting: Exception) -> bool:
        now = timezone.now()
        if now - row.started_at < one.patience and not self.is_stuck(now):
            return False
        what = str(waiting) if isinstance(waiting, NotYet) else type(waiting).__name__
        return row.end(CanaryStep.Outcome.BROKEN, what)


class CanaryStep(models.Model):
    """What one step of one run saw; one line in words, never a value."""

    class Outcome(models.TextChoices):
        DONE = "done", gettext_lazy("kept")
        BROKEN = "broken", gettext_lazy("broken")
        LEFT_OUT = "left_out", gettext_lazy("not tried")

    personal_data = NoPersonalData("Words of ours about a person who is nobody.")

    run = models.ForeignKey(CanaryRun, models.CASCADE, related_name="steps")
    name = models.CharField(max_length=20)
    started_at = models.DateTimeField(default=timezone.now)
    seconds = models.FloatField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    line = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="canary_step_once")]

    def __str__(self) -> str:
        return f"{self.name} of run {self.run_id}"

    @property
    def is_over(self) -> bool:
        """Whether it was kept, broken or left out."""
        return bool(self.outcome)

    @property
    def title(self) -> str:
        """What it is called for people; a step of an earlier version keeps its name."""
        return str(STEPS[self.name].title) if self.name in STEPS else self.name

    def end(self, outcome: str, line: str) -> bool:
        """Writes down how it ended."""
        self.outcome, self.line = outcome, line[:300]
        self.seconds = max((timezone.now() - self.started_at).total_seconds(), 0)
        self.save(update_fields=["outcome", "line", "seconds"])
        return True
