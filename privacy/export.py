"""What do we hold about one person, as files she can take away? Built by a worker, fetched only by herself."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models

from . import jobs
from .jobs import Job
from .personal_data import Delete, PersonalData, Retention
from .vocabulary import Category, LawfulBasis, Purpose


class Export(Job):
    """One export of one person (Art. 15, 20)."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="expires_at", days=1),
        erase=Delete(),
        fields=("created_at", "finished_at", "expires_at"),
        not_personal=(
            "only_provided", "case", "requested_by", "progress", *(f for f in Job.JOB_FIELDS if f not in ("created_at", "finished_at")),
        ),
    )  # fmt: skip

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.CASCADE, related_name="exports")
    case = models.OneToOneField("privacy.DataSubjectRequest", models.SET_NULL, null=True, related_name="export")
    requested_by = models.CharField(max_length=100)
    only_provided = models.BooleanField(default=False)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Percent.")
    expires_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"export {self.pk}"

    def perform(self) -> None:
        """Builds the files step by step."""
        raise NotImplementedError


def start(data_subject: Any, *, actor: Any, case: Any = None, only_provided: bool = False, now: datetime | None = None) -> Export:
    """Queues an export of everything, or of what the person provided (Art. 20)."""
    row, is_new = Export.objects.get_or_create(
        case=case, data_subject=data_subject, defaults={"requested_by": str(actor), "only_provided": only_provided}
    )
    if is_new:
        jobs.dispatch(row)
    return row
