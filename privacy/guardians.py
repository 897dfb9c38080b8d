"""Has a parent or guardian agreed that we deal with a child? Who, by which proof, since when, and until when."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import audit
from .personal_data import Delete, PersonalData, Retention
from .vocabulary import Category, LawfulBasis, Purpose


class GuardianConsentQuerySet(models.QuerySet["GuardianConsent"]):
    """Read by moment."""

    def standing(self, at: datetime) -> "GuardianConsentQuerySet":
        """Given by then, and not taken back."""
        return self.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=at), given_at__lte=at)


class GuardianConsent(models.Model):
    """One parent or guardian who agreed for one child (SFB-29; GDPR Art. 8(2))."""

    class Relation(models.TextChoices):
        PARENT = "parent", _("mother or father")
        GUARDIAN = "guardian", _("guardian")

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.CHOICES,
        purpose=Purpose.ORDER,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        # As long as somebody can be a child: without it the child's own data would have to go.
        retention=Retention(since="given_at", years=17),
        erase=Delete(),
        fields=("guardian", "relation", "contact", "evidence", "given_at", "withdrawn_at"),
        not_personal=("recorded_by", "recorded_at"),
        third_party=("guardian", "contact", "evidence"),
    )

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.CASCADE, related_name="guardian_consents")
    guardian = models.CharField(_("name"), max_length=200)
    relation = models.CharField(_("relation"), max_length=10, choices=Relation)
    contact = models.CharField(_("how to reach her or him"), max_length=200)
    evidence = models.CharField(
        _("proof"), max_length=300, help_text=_("How we know: the signed letter, the call and who called back.")
    )
    given_at = models.DateTimeField(_("agreed on"))
    withdrawn_at = models.DateTimeField(_("taken back on"), null=True, blank=True)
    recorded_by = models.CharField(max_length=100)
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = GuardianConsentQuerySet.as_manager()

    class Meta:
        ordering = ["-given_at", "-pk"]
        verbose_name = _("consent of a parent or guardian")
        verbose_name_plural = _("consents of parents and guardians")
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=models.F("given_at")), name="guardian_in_order"
            )
        ]

    def __str__(self) -> str:
        return f"consent of a guardian {self.pk}"


Follower = Callable[[GuardianConsent], None]
# What higher rooms do in the very transaction in which a parent or guardian agrees or takes it back.
FOLLOWERS: list[Follower] = []


def follows(follower: Follower) -> Follower:
    """Registers the function below it."""
    FOLLOWERS.append(follower)
    return follower


def _tell(row: GuardianConsent) -> None:
    for follower in FOLLOWERS:
        follower(row)


def record(
    child: Any,
    *,
    guardian: str,
    relation: str,
    contact: str,
    evidence: str,
    given_at: datetime,
    actor: Any,
    now: datetime,
) -> GuardianConsent:
    """Writes down that a parent or guardian agreed (SFB-29); a day that has not come counts as now."""
    with transaction.atomic():
        row = GuardianConsent.objects.create(
            data_subject=child, guardian=guardian, relation=GuardianConsent.Relation(relation), contact=contact,
            evidence=evidence, given_at=min(given_at, now), recorded_by=audit.reference(actor), recorded_at=now,
        )  # fmt: skip
        audit.record("guardian.agreed", actor=actor, subject=child, target=row, now=now)
        _tell(row)
    return row


def withdraw(row: GuardianConsent, *, actor: Any, now: datetime) -> bool:
    """The guardian takes it back, once; False where it was taken back before (Art. 7(3))."""
    with transaction.atomic():
        standing = GuardianConsent.objects.filter(pk=row.pk, withdrawn_at=None)
        if not standing.update(withdrawn_at=max(now, row.given_at)):
            return False
        audit.record("guardian.withdrew", actor=actor, subject=row.data_subject, target=row, now=now)
        row.refresh_from_db()
        _tell(row)
    return True
