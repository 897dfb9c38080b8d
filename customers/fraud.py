"""Who gave us false details, so that we suspect fraud? Recorded by a privacy officer, seen by nobody else (LRD-18)."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from privacy.personal_data import Keep, PersonalData, Retention
from privacy.vocabulary import Category, LawfulBasis, Purpose

from .people import Customer


class FraudMarker(models.Model):
    """One suspicion: what was false, how we know, and what became of it.

    She is not told while it is open, because that would defeat it (UK: DPA 2018 Sch. 2 para. 2; EU: Art. 23 and the
    law of the member state). Once it is settled she reads it like everything else.
    """

    class What(models.TextChoices):
        IDENTITY = "identity", "false name or date of birth"
        ADDRESS = "address", "false address"
        PAYMENT = "payment", "somebody else's card or account"
        GOODS = "goods", "goods said not to have come"
        OTHER = "other", "other false details"

    class Outcome(models.TextChoices):
        OPEN = "", "not settled yet"
        UNFOUNDED = "unfounded", "there was nothing in it"
        PROVEN = "proven", "it was fraud"

    personal_data = PersonalData(
        data_subject="customer",
        category=Category.FRAUD,
        purpose=Purpose.FRAUD_PREVENTION,
        lawful_basis=LawfulBasis.LEGITIMATE_INTERESTS,
        retention=Retention(since="recorded_on", years=6),
        erase=Keep("Needed for a claim about a suspected fraud (Art. 17(3)(e); Limitation Act 1980 s. 5)."),
        fields=("what", "facts", "evidence", "recorded_on", "settled_on", "outcome"),
        not_personal=("recorded_by", "settled_by"),
        third_party=("facts", "evidence"),
        withheld=Q(settled_on__isnull=True),
    )

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="fraud_markers")
    what = models.CharField("what was false", max_length=20, choices=What)
    facts = models.TextField("what we know")
    evidence = models.CharField("where the proof is", max_length=200)
    recorded_on = models.DateField("recorded on", default=timezone.localdate, db_index=True)
    recorded_by = models.CharField(max_length=100)
    settled_on = models.DateField("settled on", null=True, blank=True)
    settled_by = models.CharField(max_length=100, blank=True)
    outcome = models.CharField("what became of it", max_length=20, choices=Outcome, blank=True, default=Outcome.OPEN)

    class Meta:
        verbose_name = "suspicion of fraud"
        verbose_name_plural = "suspicions of fraud"
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_on__isnull=True, outcome="", settled_by="")
                | (Q(settled_on__isnull=False) & ~Q(outcome="") & ~Q(settled_by="")),
                name="fraud_marker_settled_whole",
            )
        ]

    def __str__(self) -> str:
        return f"suspicion of fraud {self.pk}"
