"""What was done with a restriction or hold, by whom and in which words: set, looked at again, proposed, kept, ended."""

from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import audit
from ..personal_data import Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose
from .restriction import Restriction


class RestrictionStep(models.Model):
    """One step; written with the audit entry, which holds no words."""

    class Kind(models.TextChoices):
        IMPOSED = "imposed", _("put in force")
        REVIEWED = "reviewed", _("looked at again: still needed")
        LIFT_PROPOSED = "lift_proposed", _("proposed to end it")
        TOLD = "told", _("the person was told")
        KEPT = "kept", _("stays in force")
        LIFTED = "lifted", _("ended")

    personal_data = PersonalData(
        data_subject="restriction__data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="restriction__lifted_at", years=3),
        erase=Keep("Shows why data was barred or kept, and that somebody looked at it again."),
        fields=("kind", "at", "until", "why"),
        not_personal=("restriction", "by"),
        third_party=("why",),
        withheld=Q(restriction__kind="fraud", restriction__lifted_at__isnull=True),
    )

    restriction = models.ForeignKey(Restriction, models.CASCADE, related_name="steps")
    kind = models.CharField("step", max_length=20, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=100, help_text="Whoever took it, by reference.")
    until = models.DateField("looked at again on", null=True, blank=True)
    why = models.TextField(blank=True, help_text="Of the first step it is the reason of the restriction itself.")

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = "step of a restriction or hold"
        verbose_name_plural = "steps of restrictions and holds"

    def __str__(self) -> str:
        return f"step {self.pk}"


def note(
    row: Restriction,
    step: RestrictionStep.Kind,
    *,
    actor: Any,
    now: datetime | None = None,
    until: date | None = None,
    why: str = "",
    **details: Any,
) -> None:
    """Writes the step and its audit entry, in the transaction of what it says; the audit entry holds no words."""
    now = now or timezone.now()
    by = audit.reference(actor)
    RestrictionStep.objects.create(restriction=row, kind=step, at=now, by=by, until=until, why=why)
    audit.record(f"restriction.{step}", actor=actor, subject=row.data_subject, target=row, now=now, **details)


def steps_of(restriction: Restriction) -> models.QuerySet[RestrictionStep]:
    """Its history, oldest first."""
    return RestrictionStep.objects.filter(restriction=restriction)
