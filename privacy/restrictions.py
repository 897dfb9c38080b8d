"""Is this person's data barred from use, or held from deletion? Art. 18 restriction and legal hold, one table."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from . import audit, recipient_notices
from .personal_data import Keep, PersonalData, Retention
from .recipient_notices import Change
from .vocabulary import Category, LawfulBasis, Purpose


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    """Restrictions by what they do today."""

    def active(self) -> "RestrictionQuerySet":
        """Not lifted."""
        return self.filter(lifted_at__isnull=True)

    def of_use(self) -> "RestrictionQuerySet":
        """Those that bar use (Art. 18)."""
        return self.active().filter(kind=Restriction.Kind.ARTICLE_18)

    def holds(self) -> "RestrictionQuerySet":
        """Those that keep data for a claim, a debt or a fraud case (Art. 17(3))."""
        return self.active().exclude(kind=Restriction.Kind.ARTICLE_18)


class Restriction(models.Model):
    """Stored but not used, or kept in spite of age, for a reason; `scope` names one record or, empty, the person."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="lifted_at", years=3),
        erase=Keep("Shows why data was barred or kept."),
        fields=("kind", "reason", "imposed_at", "review_on", "lifted_at"),
        not_personal=("scope", "imposed_by", "lift_proposed_by", "lifted_by"),
        third_party=("reason",),
    )

    class Kind(models.TextChoices):
        ARTICLE_18 = "article_18", "Restriction asked for by the person"
        DEBT = "debt", "Hold: unpaid debt"
        FRAUD = "fraud", "Hold: suspected fraud"
        CLAIM = "claim", "Hold: legal claim"

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.PROTECT, related_name="restrictions")
    kind = models.CharField(max_length=20, choices=Kind)
    reason = models.TextField()
    scope = models.CharField(max_length=100, blank=True, help_text="Such as customers.order:12; empty: everything.")
    imposed_at = models.DateTimeField(default=timezone.now)
    imposed_by = models.CharField(max_length=100)
    review_on = models.DateField(null=True, blank=True)
    lift_proposed_by = models.CharField(max_length=100, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=100, blank=True)

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True)
                | (~Q(lifted_by="") & ~Q(lift_proposed_by="") & ~Q(lifted_by=F("lift_proposed_by"))),
                name="restriction_lifted_by_two_people",
                violation_error_message="Two different people must agree to lift this.",
            )
        ]
        indexes = [models.Index(fields=["data_subject", "lifted_at"], name="restriction_active")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


def impose(
    data_subject: Any,
    kind: Restriction.Kind,
    reason: str,
    *,
    actor: Any,
    scope: str = "",
    review_on: date | None = None,
    case: Any = None,
) -> Restriction:
    """Bars use, or holds from deletion, from this moment on; recipients are told of the first (Art. 18, 17(3), 19)."""
    with transaction.atomic():
        row = Restriction.objects.create(
            data_subject=data_subject,
            kind=kind,
            reason=reason,
            scope=scope,
            imposed_by=audit.reference(actor),
            review_on=review_on,
        )
        audit.record("restriction.imposed", actor=actor, subject=data_subject, target=row, kind=str(kind))
        _tell_recipients(row, Change.RESTRICTION, actor=actor, now=row.imposed_at, case=case)
    return row


def _tell_recipients(row: Restriction, change: Change, *, actor: Any, now: datetime, case: Any) -> None:
    """Of a restriction and of its end; a hold changes nothing for them, nor does a lock on one record of ours."""
    if row.kind == Restriction.Kind.ARTICLE_18 and not row.scope:
        occasion = f"{audit.reference(row)}:{change}"
        recipient_notices.tell(row.data_subject, change, occasion=occasion, actor=actor, now=now, case=case)


def _case_of(row: Restriction) -> Any:
    """The request because of which recipients were told of it."""
    beginning = recipient_notices.RecipientNotice.objects.filter(
        occasion=f"{audit.reference(row)}:{Change.RESTRICTION}"
    )
    first = beginning.exclude(case=None).select_related("case").first()
    return first.case if first else None


def propose_lifting(restriction: Restriction, *, actor: Any) -> None:
    """The first of two people says that it may end."""
    restriction.lift_proposed_by = audit.reference(actor)
    restriction.save(update_fields=["lift_proposed_by"])
    audit.record("restriction.lift_proposed", actor=actor, subject=restriction.data_subject, target=restriction)


def lift(restriction: Restriction, *, actor: Any, now: datetime) -> None:
    """The second, different person ends it; the database refuses the same one (Art. 18(3): tell the person before)."""
    with transaction.atomic():
        restriction.lifted_at, restriction.lifted_by = now, audit.reference(actor)
        restriction.save(update_fields=["lifted_at", "lifted_by"])
        audit.record("restriction.lifted", actor=actor, subject=restriction.data_subject, target=restriction)
        _tell_recipients(restriction, Change.LIFTING, actor=actor, now=now, case=_case_of(restriction))


def is_restricted(data_subject: Any) -> bool:
    """Whether the person's data may be stored but not used (Art. 18)."""
    return Restriction.objects.of_use().filter(data_subject=data_subject).exists()


def is_held(data_subject: Any) -> bool:
    """Whether anything of the person is kept from deletion."""
    return Restriction.objects.holds().filter(data_subject=data_subject).exists()


def is_held_whole(data_subject: Any) -> bool:
    """Whether everything of the person is kept from deletion, and not some records alone."""
    return Restriction.objects.active().filter(data_subject=data_subject, scope="").exists()


def blocking_erasure(lookup: str) -> Exists:
    """For the victim query of erasure and purge: an active restriction or hold on the person at `lookup`."""
    return Exists(Restriction.objects.active().filter(data_subject=OuterRef(lookup), scope=""))
