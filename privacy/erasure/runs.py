"""What did each purge do? One row a night, one line a declaration, for staff to read; the brakes before it."""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from ..personal_data import NoPersonalData, PersonalData, Retention

LONGEST_PAUSE = timedelta(days=31)
# Data that lives shorter than this turns over every few nights; a large share of it is no alarm.
SHORT_LIVED_DAYS = 31


class PurgeRefused(Exception):
    """A brake holds the purge; the text is one clear line for whoever must look."""


class PurgeRun(models.Model):
    """One purge of everything that is due (GDPR Art. 5(1)(e))."""

    personal_data = NoPersonalData("Counts by kind of record; whoever confirmed is named by reference.")

    class Outcome(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "done in part"
        REFUSED = "refused", "refused"

    today = models.DateField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=100, blank=True, help_text="Who let a large purge pass its brake.")
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.RUNNING)
    message = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "purge"

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


def jump_of_the_clock(today: date) -> str:
    """What is wrong with this date after the last purge's; empty when it is plausible."""
    last = last_run()
    if last and today < last.today:
        return f"today would be {today}, before the last purge on {last.today}"
    if last and today > last.today + LONGEST_PAUSE:
        return f"today would be {today}, more than {LONGEST_PAUSE.days} days after the last purge on {last.today}"
    return ""


def too_much(declaration: PersonalData, due: int) -> str:
    """What is wrong with losing this many rows at once; empty when it is plausible."""
    if due <= settings.PURGE_BRAKE_MINIMUM or _turns_over(declaration):
        return ""
    total = declaration.rows.count()
    if due <= settings.PURGE_BRAKE_SHARE * total:
        return ""
    return f"{declaration.label} would lose {due} of {total} rows"


def _turns_over(declaration: PersonalData) -> bool:
    """Short-lived by its declaration, and not only since somebody shortened it after the last purge."""
    retention = declaration.retention
    before = (
        PurgeLine.objects.filter(model=declaration.label).order_by("-pk").values_list("retention", flat=True).first()
    )
    return retention is not None and is_short(retention) and before in (None, words_of(retention))


def is_short(retention: Retention) -> bool:
    """Whether the whole period is a matter of days."""
    days = retention.years * 365 + retention.months * 30 + retention.days
    return days <= SHORT_LIVED_DAYS and not retention.end_of_year


def words_of(retention: Retention | None) -> str:
    """The rule that a line was purged by, to compare with the next night's."""
    return f"{retention.in_words()} from {retention.since}" if retention else ""
