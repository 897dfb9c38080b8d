"""How does data go: one person at her wish, everybody's by age? The same declarations, the same rules."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import models

from . import jobs
from .jobs import Job
from .personal_data import Keep, PersonalData, Retention
from .vocabulary import Category, LawfulBasis, Purpose


class Erasure(Job):
    """One erasure of one person (Art. 17), agreed to by two people."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="finished_at", years=6),
        erase=Keep("Proves that the erasure took place; holds counts and reasons, no values."),
        fields=("created_at", "finished_at", "report"),
        not_personal=("case", "started_by", *(f for f in Job.JOB_FIELDS if f not in ("created_at", "finished_at"))),
    )

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.PROTECT, related_name="erasures")
    case = models.OneToOneField("privacy.DataSubjectRequest", models.PROTECT, related_name="erasure")
    started_by = models.CharField(max_length=100)
    report = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"erasure {self.pk}"

    def perform(self) -> None:
        """Erases in checkpoints, reads again, and closes."""
        raise NotImplementedError


def start(data_subject: Any, *, case: Any, actor: Any, now: datetime) -> Erasure:
    """Queues the erasure of one person."""
    row, is_new = Erasure.objects.get_or_create(case=case, data_subject=data_subject, defaults={"started_by": str(actor)})
    if is_new:
        jobs.dispatch(row)
    return row


def purge(*, today: date, dry_run: bool = False) -> None:
    """Removes what is due, by the declarations alone."""
    raise NotImplementedError
