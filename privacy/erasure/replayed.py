"""Who was erased a second time, because a backup had brought her back? A row each, as evidence and to go on with."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from ..personal_data import Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose


class ReplayedErasure(models.Model):
    """One person of a restored database, erased again by one line of the ledger, in silence."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="finished_at", years=6),
        erase=Keep(
            "Proves that the erasure was carried out again after a restore; holds counts and reasons, no values."
        ),
        fields=("started_at", "finished_at", "report"),
        not_personal=("sequence", "waits_for_release"),
    )

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.PROTECT, related_name="replayed_erasures")
    sequence = models.PositiveBigIntegerField(unique=True, help_text="The line of the ledger.")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    report = models.JSONField(default=list)
    waits_for_release = models.BooleanField(default=False, help_text="Goes on by itself when a hold ends.")

    class Meta:
        verbose_name = "deletion after a restore"
        verbose_name_plural = "deletions after a restore"
        indexes = [
            models.Index(fields=["data_subject"], name="replayed_waits", condition=models.Q(waits_for_release=True))
        ]

    def __str__(self) -> str:
        return f"line {self.sequence} replayed"


def was_replayed(data_subject: Any) -> bool:
    """Whether she was told of her erasure before the restore, and so were the recipients: nobody is told again."""
    return ReplayedErasure.objects.filter(data_subject=data_subject).exists()
