"""The row: what is barred or held, why, on what evidence, and when a colleague looks at it again."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from ..personal_data import Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose


class NotLawful(Exception):
    """It may not be done like that; the text is one clear line for whoever tried."""


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

    def review_due(self, today: date) -> "RestrictionQuerySet":
        """In force, and their day to be looked at again has come; until somebody does, they stay in force."""
        return self.active().filter(review_on__lte=today)


class Restriction(models.Model):
    """Stored but not used, or kept in spite of age, for a reason; `scope` names one record or, empty, the person."""

    class Kind(models.TextChoices):
        ARTICLE_18 = "article_18", "Restriction asked for by the person"
        DEBT = "debt", "Hold: unpaid debt"
        FRAUD = "fraud", "Hold: suspected fraud"
        CLAIM = "claim", "Hold: legal claim"

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="lifted_at", years=3),
        erase=Keep("Shows why data was barred or kept."),
        fields=("kind", "reason", "evidence", "imposed_at", "review_on", "told_at", "lifted_at"),
        not_personal=("scope", "imposed_by", "lift_proposed_by", "lift_proposed_at", "lifted_by"),
        third_party=("reason", "evidence"),
        withheld=Q(kind="fraud", lifted_at__isnull=True),
    )

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.PROTECT, related_name="restrictions")
    kind = models.CharField(max_length=20, choices=Kind)
    reason = models.TextField()
    evidence = models.CharField(max_length=200, blank=True, help_text="Where the proof is, such as a file number.")
    scope = models.CharField(max_length=100, blank=True, help_text="Such as customers.order:12; empty: everything.")
    imposed_at = models.DateTimeField(default=timezone.now)
    imposed_by = models.CharField(max_length=100)
    review_on = models.DateField(null=True, blank=True)
    lift_proposed_by = models.CharField(max_length=100, blank=True)
    lift_proposed_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField("you were told that it ends", null=True, blank=True)
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
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True)
                | ~Q(kind="article_18")
                | Q(told_at__isnull=False, told_at__lte=F("lifted_at")),
                name="restriction_lifted_after_telling",
                violation_error_message="The person must be told before a restriction ends (Art. 18(3)).",
            ),
            models.CheckConstraint(
                condition=Q(kind="article_18") | Q(lifted_at__isnull=False) | Q(review_on__isnull=False),
                name="hold_has_a_review_day",
                violation_error_message="A hold needs a day on which it is looked at again.",
            ),
            models.CheckConstraint(
                condition=Q(scope__regex=r"^([a-z0-9_]+\.[a-z0-9_]+:.+)?$"), name="restriction_scope_names_a_record"
            ),
        ]
        indexes = [
            models.Index(fields=["data_subject", "lifted_at"], name="restriction_active"),
            models.Index(fields=["review_on"], condition=Q(lifted_at__isnull=True), name="restriction_to_review"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def was_asked_for(self) -> bool:
        """Whether the person herself asked that her data be left alone, and must be told before that ends (Art. 18)."""
        return self.kind == self.Kind.ARTICLE_18

    @property
    def is_a_secret(self) -> bool:
        """Whether the person is not told while it is in force, because telling would defeat it (a suspicion)."""
        return self.kind == self.Kind.FRAUD and self.lifted_at is None

    @property
    def letter(self) -> str:
        """The key of the letter that tells of this proposal to lift it."""
        at = self.lift_proposed_at
        return f"restriction-ends-{self.pk}-{at:%Y%m%d%H%M%S%f}" if at else ""
