"""The row of a complaint beside its case: what it is about, how far it went, how it ended; stages move by one table."""

from datetime import date
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..cases import InvalidTransition
from ..deadlines import deadline
from ..fields import OneLineField
from ..personal_data import Delete, Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose
from .case import DataSubjectRequest

LONGEST_NUMBER = 60


class Subject(models.TextChoices):
    """What a complaint is about, without a word of the person herself, for the register."""

    ADVERTISING = "advertising", _("Advertising that I did not want")
    SHARING = "sharing", _("My data went to somebody else")
    WRONG_DATA = "wrong_data", _("You have something wrong about me")
    ACCESS = "access", _("I did not get to see my data")
    DELETION = "deletion", _("My data was not deleted")
    SECURITY = "security", _("My data was not kept safe")
    CHILD = "child", _("Data of a child")
    OTHER = "other", _("Something else")


class Stage(models.TextChoices):
    """Who is looking at it (SFB-11)."""

    COMPLAINT = "complaint", _("with the shop")
    MEDIATION = "mediation", _("in mediation")
    ARBITRATION = "arbitration", _("in arbitration")
    CLOSED = "closed", _("closed")


class Outcome(models.TextChoices):
    """How it ended."""

    UPHELD = "upheld", _("The person is right")
    PARTLY = "partly", _("The person is right in part")
    NOT_UPHELD = "not_upheld", _("We see it differently")
    WITHDRAWN = "withdrawn", _("Taken back by the person")
    NOT_RECORDED = "not_recorded", _("Not recorded")


# What a colleague may choose; the others come about by themselves.
ANSWERS = (Outcome.UPHELD, Outcome.PARTLY, Outcome.NOT_UPHELD)
MOVES: dict[str, set[str]] = {
    Stage.COMPLAINT: {Stage.MEDIATION, Stage.CLOSED},
    Stage.MEDIATION: {Stage.ARBITRATION, Stage.CLOSED},
    Stage.ARBITRATION: {Stage.CLOSED},
}


class Complaint(models.Model):
    """What only a complaint has; its number, its days and its texts are those of the case."""

    personal_data = PersonalData(
        data_subject="case__data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="case__closed_at", years=6),
        erase=Keep("Proves how your complaint was handled, and how it ended.", then=Delete()),
        fields=("subject", "transaction_number", "transaction_on", "stage", "mediation_opened_on", "outcome"),
        not_personal=("case",),
        provided=("subject", "transaction_number", "transaction_on"),
    )

    case = models.OneToOneField(DataSubjectRequest, models.CASCADE, related_name="complaint")
    subject = models.CharField(_("what it is about"), max_length=20, choices=Subject, default=Subject.OTHER)
    transaction_number = OneLineField(_("order or payment number"), max_length=LONGEST_NUMBER, blank=True)
    transaction_on = models.DateField(_("day of the order or payment"), null=True, blank=True)
    stage = models.CharField(max_length=20, choices=Stage, default=Stage.COMPLAINT)
    mediation_opened_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(mediation_opened_on__isnull=True)
                | (~Q(transaction_number="") & Q(transaction_on__isnull=False)),
                name="mediation_needs_a_transaction",
                violation_error_message=_("Mediation needs the number and the day of the order or payment."),
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=[Stage.MEDIATION, Stage.ARBITRATION]) | Q(mediation_opened_on__isnull=False),
                name="mediation_has_its_day",
            ),
            models.CheckConstraint(
                condition=~Q(stage=Stage.CLOSED) | ~Q(outcome=""), name="closed_complaint_has_an_outcome"
            ),
            models.CheckConstraint(
                condition=Q(mediation_opened_on__isnull=True) | Q(transaction_on__lte=F("mediation_opened_on")),
                name="transaction_before_mediation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.stage}"

    @property
    def has_transaction(self) -> bool:
        """Whether the mediator would act: only with number and day of a transaction (SFB-08)."""
        return bool(self.transaction_number) and self.transaction_on is not None

    @property
    def mediation_until(self) -> date | None:
        """The last day of a mediation that was opened."""
        return mediation_due_on(self.mediation_opened_on) if self.mediation_opened_on else None

    def move_to(self, stage: str, **changes: Any) -> None:
        """The one door for a change of stage, on a row that `locked` gave; InvalidTransition outside the table."""
        if stage not in MOVES.get(self.stage, ()):
            raise InvalidTransition(f"{Stage(self.stage).label} -> {Stage(stage).label}")
        for name, value in {**changes, "stage": stage}.items():
            setattr(self, name, value)
        with transaction.atomic():
            self.save()


def mediation_due_on(opened_on: date) -> date:
    """The last day of a mediation (SFB-10)."""
    return deadline("SafeBuy", "mediation", opened_on).due_on


def of(case: DataSubjectRequest) -> Complaint:
    """The row to look at; a complaint that came without one has an empty one."""
    found = Complaint.objects.filter(case=case).first()
    return found or Complaint(case=case)


def locked(case: DataSubjectRequest) -> Complaint:
    """The row to write, alone until the transaction ends; the case is locked first, as everywhere."""
    case.lock()
    row, _is_new = Complaint.objects.get_or_create(case=case)
    row.case = case
    return row


def close(case: DataSubjectRequest, outcome: str) -> None:
    """Ends the stages, whichever it is in, unless they have ended."""
    with transaction.atomic():
        row = locked(case)
        if row.stage != Stage.CLOSED:
            row.move_to(Stage.CLOSED, outcome=outcome)
