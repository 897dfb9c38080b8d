"""What did each purge do? One row a night, one line a declaration; of a refused one why, and who let it pass."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from ..personal_data import NoPersonalData, Retention

# A purge begins at the same hour each night; two hours of grace for one that a worker took up late.
A_NIGHT = timedelta(hours=26)


class PurgeRefused(Exception):
    """A brake holds the purge; the text is one clear line for whoever must look."""


class NotAgreed(Exception):
    """Two people have not agreed, or may not like that; the text is one clear line for whoever tried."""


class NightManager(models.Manager["PurgeRun"]):
    """The purges of everything by age alone: by these it is told whether a night went well."""

    def get_queryset(self) -> Any:
        """Without those of another kind, which have brakes and nights of their own."""
        return super().get_queryset().filter(what=PurgeRun.What.DUE)


class PurgeRun(models.Model):
    """One purge: of everything that is due (GDPR Art. 5(1)(e)), or of something else that needs the same brake."""

    personal_data = NoPersonalData("Counts by kind of record; whoever let one pass is named by reference.")

    class Outcome(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "done in part"
        REFUSED = "refused", "refused"
        STOPPED = "stopped", "stopped"

    class What(models.TextChoices):
        DUE = "due", "everything that is due"
        CHILDREN = "children", "children without a parent or guardian"

    what = models.CharField("of what", max_length=10, choices=What, default=What.DUE)
    today = models.DateField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.RUNNING)
    message = models.CharField(max_length=500, blank=True)
    losses = models.JSONField(default=dict, help_text="By kind of record: how many of how many would have gone.")
    leftovers = models.JSONField(default=dict, help_text="What should be gone and is not, by kind; a bug of ours.")
    jumped_from = models.DateField(null=True, help_text="The last purge's day, when the clock seems to have jumped.")
    reason = models.CharField(max_length=500, blank=True, help_text="Why it may pass.")
    proposed_by = models.CharField(max_length=100, blank=True)
    proposed_at = models.DateTimeField(null=True)
    agreed_by = models.CharField(max_length=100, blank=True)
    agreed_at = models.DateTimeField(null=True)
    turned_down_by = models.CharField(max_length=100, blank=True)
    let_pass = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="passed",
        help_text="The refused purge that two people let pass.",
    )

    every = models.Manager()
    objects = NightManager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "purge"
        constraints = [
            models.CheckConstraint(
                condition=Q(agreed_by="")
                | (
                    Q(outcome="refused", turned_down_by="")
                    & ~Q(proposed_by="")
                    & ~Q(reason="")
                    & ~Q(agreed_by=F("proposed_by"))
                ),
                name="purge_passes_by_two_people",
                violation_error_message="Two different people must agree to let a purge pass.",
            ),
            models.CheckConstraint(
                condition=Q(proposed_by="") | Q(outcome="refused"), name="only_refused_purges_are_let_pass"
            ),
        ]

    def __str__(self) -> str:
        return f"purge of {self.today}"

    @property
    def removed(self) -> int:
        """How many records were deleted or made anonymous."""
        return sum(line.deleted + line.anonymised for line in self.lines.all())


class PurgeLine(models.Model):
    """What one purge did to one declaration's rows."""

    personal_data = NoPersonalData("Counts by kind of record.")

    run = models.ForeignKey(PurgeRun, models.CASCADE, related_name="lines")
    model = models.CharField(max_length=100)
    retention = models.CharField(max_length=200)
    due = models.PositiveBigIntegerField(default=0)
    deleted = models.PositiveBigIntegerField(default=0)
    anonymised = models.PositiveBigIntegerField(default=0)
    held = models.PositiveBigIntegerField(default=0, help_text="Kept by a restriction or hold.")
    waiting = models.PositiveBigIntegerField(default=0, help_text="Kept because something that stays rests on them.")
    undated = models.PositiveBigIntegerField(default=0, help_text="Their period has not begun, or its date is missing.")
    seconds = models.FloatField(default=0)
    error = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["run", "model"], name="purge_line_once")]

    def __str__(self) -> str:
        return self.model

    def as_json(self) -> dict[str, Any]:
        """For the command's output."""
        counts = ("due", "deleted", "anonymised", "held", "waiting", "undated")
        return {name: getattr(self, name) for name in counts} | {"seconds": round(self.seconds, 3), "error": self.error}


class PurgeBatch(models.Model):
    """One transaction of a purge: the evidence beside what it proves."""

    personal_data = NoPersonalData("Counts by kind of record.")

    line = models.ForeignKey(PurgeLine, models.CASCADE, related_name="batches")
    at = models.DateTimeField(default=timezone.now)
    removed = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.removed} rows"


def last_run() -> PurgeRun | None:
    """The latest purge that was not refused."""
    return PurgeRun.objects.exclude(outcome=PurgeRun.Outcome.REFUSED).order_by("-pk").first()


def last_begun() -> datetime | None:
    """When a purge last tried to run, even if a brake refused it; None where none ever did."""
    return PurgeRun.objects.order_by("-pk").values_list("started_at", flat=True).first()


def words_of(retention: Retention | None) -> str:
    """The rule that a line was purged by, to compare with the next night's."""
    return f"{retention.in_words()} from {retention.since}" if retention else ""
