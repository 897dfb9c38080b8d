"""Was this colleague trained, and does it still hold? Recorded by another, acknowledged by herself (SFB-40)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from . import audit, roles
from .personal_data import Delete, PersonalData, Retention
from .roles import Act
from .vocabulary import Category, LawfulBasis, Purpose

WARN_BEFORE = timedelta(days=30)


class TrainingQuerySet(models.QuerySet["Training"]):
    """Trainings by whether they count."""

    def acknowledged(self) -> "TrainingQuerySet":
        """The colleague has said herself that she was there."""
        return self.filter(acknowledged_at__isnull=False)

    def current(self, today: date) -> "TrainingQuerySet":
        """Held, acknowledged, and not run out."""
        return self.acknowledged().filter(held_on__lte=today, valid_until__gte=today)


class Training(models.Model):
    """One course that one colleague attended."""

    personal_data = PersonalData(
        data_subject=None,
        category=Category.SECURITY,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="valid_until", years=3),
        erase=Delete(),
        fields=("colleague", "course", "held_on"),
        not_personal=("valid_until", "recorded_by", "recorded_at", "acknowledged_at"),
    )

    colleague = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="trainings")
    course = models.CharField(max_length=200)
    held_on = models.DateField()
    valid_until = models.DateField(help_text="The last day on which it counts.")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)

    objects = TrainingQuerySet.as_manager()

    class Meta:
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(colleague=F("recorded_by")), name="training_recorded_by_another"),
            models.CheckConstraint(condition=Q(valid_until__gte=F("held_on")), name="training_ends_after_it_began"),
        ]
        indexes = [models.Index(fields=["colleague", "-valid_until"], name="training_of_colleague")]

    def __str__(self) -> str:
        return f"training {self.pk}"


def last_day(held_on: date) -> date:
    """Until when a training counts that was held on this day."""
    return held_on + timedelta(days=settings.TRAINING_DAYS)


def record(
    colleague: Any, course: str, held_on: date, *, actor: Any, valid_until: date | None = None,
    now: datetime | None = None,
) -> Training:  # fmt: skip
    """Writes down that somebody else was trained; the database refuses one's own."""
    if not roles.may(actor, Act.RECORD_TRAINING) or colleague.pk == actor.pk or not colleague.is_staff:
        raise PermissionDenied
    now = now or timezone.now()
    with transaction.atomic():
        made = Training.objects.create(
            colleague=colleague, course=course, held_on=held_on, valid_until=valid_until or last_day(held_on),
            recorded_by=actor, recorded_at=now,
        )  # fmt: skip
        audit.record("staff.trained", actor=actor, target=colleague, now=now, training=made.pk)
    return made


def to_acknowledge(account: Any, today: date) -> models.QuerySet[Training]:
    """What was recorded about this colleague, still counts, and waits for her own word."""
    return Training.objects.filter(colleague=account, acknowledged_at=None, held_on__lte=today, valid_until__gte=today)


def acknowledge(account: Any, *, now: datetime | None = None) -> int:
    """She was there and has understood it; how many trainings that was said of."""
    now = now or timezone.now()
    with transaction.atomic():
        count = to_acknowledge(account, timezone.localdate(now)).update(acknowledged_at=now)
        if count:
            audit.record("staff.training_acknowledged", actor=account, target=account, now=now, count=count)
    return count


def holds_until(account: Any, today: date) -> date | None:
    """The last day of the training that counts today; None without one."""
    return Training.objects.filter(colleague=account).current(today).aggregate(last=models.Max("valid_until"))["last"]


def is_current(account: Any, today: date) -> bool:
    """Whether a training of hers counts today; one look-up by index."""
    return Training.objects.filter(colleague=account).current(today).exists()


def newest(colleagues: Iterable[Any]) -> dict[Any, Training]:
    """The training of each that counts longest."""
    found = Training.objects.filter(colleague__in=colleagues).order_by("valid_until", "pk")
    return {row.colleague_id: row for row in found}
