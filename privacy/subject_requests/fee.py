"""The row of a fee beside its case (CNX-09): only as unfounded or excessive (Art. 12(5)(a)), and only by two people."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..fields import EncryptedField
from ..letters import LetterVersion
from ..personal_data import Delete, Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose
from . import denials
from .case import DataSubjectRequest


class Fee(models.Model):
    """What we ask for one request, why, who agreed, and how far it is."""

    personal_data = PersonalData(
        data_subject="case__data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="case__closed_at", years=6),
        erase=Keep("Proves why we asked for a fee, and what became of it.", then=Delete()),
        fields=("state", "reason", "amount", "currency", "letter"),
        not_personal=("case", "words", "proposed_by", "approved_by"),
    )

    class State(models.TextChoices):
        PROPOSED = "proposed", _("waits for a second person")
        ASKED = "asked", _("asked for")
        PAID = "paid", _("paid")
        WITHDRAWN = "withdrawn", _("not asked for")

    case = models.OneToOneField(DataSubjectRequest, models.CASCADE, related_name="fee")
    state = models.CharField(max_length=20, choices=State, default=State.PROPOSED)
    reason = models.CharField(max_length=30, choices=denials.choices)
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    currency = models.CharField(max_length=3)
    letter = EncryptedField(blank=True, default=b"")
    words = models.ForeignKey(LetterVersion, models.PROTECT, null=True, blank=True, related_name="+")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="fee_is_an_amount"),
            models.CheckConstraint(condition=Q(reason__in=denials.NEEDS_TWO), name="fee_has_a_lawful_reason"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (Q(proposed_by__isnull=False) & ~Q(approved_by=F("proposed_by"))),
                name="fee_two_different_people",
                violation_error_message="A second, different person must approve.",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["asked", "paid"]) | Q(approved_by__isnull=False),
                name="fee_needs_two_people",
                violation_error_message="No fee is asked for before two people have agreed.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.state}"

    @property
    def sum(self) -> str:
        """Such as 12.00 GBP."""
        return f"{self.amount:.2f} {self.currency}"

    @property
    def text(self) -> str:
        """The letter that asks for it."""
        return bytes(self.letter or b"").decode()


def of(case: DataSubjectRequest) -> Fee | None:
    """The fee of this case, whatever became of it."""
    return Fee.objects.filter(case=case).first()


def is_waited_for(case: DataSubjectRequest) -> bool:
    """Whether we have asked for one that has neither been paid nor taken back."""
    return Fee.objects.filter(case=case, state=Fee.State.ASKED).exists()


def forget(case: DataSubjectRequest) -> None:
    """A case that is closed waits for no money."""
    waits = Fee.objects.filter(case=case, state__in=[Fee.State.PROPOSED, Fee.State.ASKED])
    waits.update(state=Fee.State.WITHDRAWN)
