"""The row: what is wrong, since when, and which colleague has seen it; `occasion` makes it happen once."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .. import audit
from ..fields import EncryptedField
from ..personal_data import Delete, PersonalData, Retention
from ..subject_requests import DataSubjectRequest
from ..vocabulary import Category, LawfulBasis, Purpose


class Kind(models.TextChoices):
    """What is wrong."""

    OVERDUE = "overdue", _("past its last day")
    SOON = "soon", _("seven days left or fewer")
    PROMISE = "promise", _("a promise was missed")
    SILENT = "silent", _("a complainant has heard nothing for long")
    SLOW = "slow", _("a withdrawal took longer than 48 hours")
    WAITING = "waiting", _("something that may be a withdrawal has waited for 48 hours")
    HOLD = "hold", _("a restriction or hold is to be looked at again")
    NO_PURGE = "no_purge", _("no purge has run for more than a day")
    BRAKED = "braked", _("a brake holds what should be deleted: two people must agree today, or nothing goes")
    HOLIDAYS = "holidays", _("a holiday was added or cancelled: the last day would be another")
    CANARY = "canary", _("the nightly self-test does not show that every promise is kept")


class DeadlineAlarmQuerySet(models.QuerySet["DeadlineAlarm"]):
    """Alarms, as the officer speaks of them."""

    def open(self) -> Self:
        """Nobody has ticked it off; "soon" is over by itself once the request is closed."""
        over = Q(kind=Kind.SOON, case__closed_at__isnull=False)
        return self.filter(seen_at__isnull=True).exclude(over)


class DeadlineAlarm(models.Model):
    """One thing that was, or is about to be, too late."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="raised_at", years=3),
        erase=Delete(),
        fields=("kind", "due_on", "raised_at", "note"),
        not_personal=("occasion", "case", "what", "mailed_at", "seen_at", "seen_by"),
        secret=("note",),
    )

    occasion = models.CharField(max_length=120, unique=True, editable=False)
    kind = models.CharField(_("alarm"), max_length=10, choices=Kind)
    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.CASCADE, null=True, related_name="alarms")
    case = models.ForeignKey(DataSubjectRequest, models.CASCADE, null=True, related_name="alarms")
    what = models.CharField(max_length=100, blank=True, help_text="A clock's name, a road, or a record by reference.")
    due_on = models.DateField(_("due"), null=True, help_text="The day that was to be kept.")
    raised_at = models.DateTimeField(_("raised"))
    mailed_at = models.DateTimeField(null=True, editable=False)
    seen_at = models.DateTimeField(_("seen"), null=True, editable=False)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    note = EncryptedField(blank=True, default=b"")

    objects = DeadlineAlarmQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_at", "-pk"]
        verbose_name = "alarm about a request of yours"
        verbose_name_plural = "alarms about your requests"
        constraints = [
            models.CheckConstraint(
                condition=Q(seen_at__isnull=True, seen_by__isnull=True)
                | Q(seen_at__isnull=False, seen_by__isnull=False),
                name="alarm_seen_by_somebody",
            )
        ]
        indexes = [
            models.Index(fields=["kind", "id"], condition=Q(seen_at__isnull=True), name="alarm_open"),
            models.Index(fields=["kind", "id"], condition=Q(mailed_at__isnull=True), name="alarm_to_be_mailed"),
        ]

    def __str__(self) -> str:
        return f"alarm {self.pk}"


def tick_off(alarm: DeadlineAlarm, *, actor: Any, note: str, now: datetime) -> bool:
    """A colleague has seen it and says what was done; False where another was faster, whose words stay."""
    with transaction.atomic():
        rows = DeadlineAlarm.objects.filter(pk=alarm.pk, seen_at__isnull=True)
        if not rows.update(seen_at=now, seen_by=actor, note=note.encode()):
            return False
        audit.record("alarm.seen", actor=actor, subject=alarm.data_subject, target=alarm, now=now, kind=alarm.kind)
    return True
