"""Which advertising really left, to whom and when? One short row each, so that nobody gets too much of it."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models

from .personal_data import Delete, PersonalData, Retention
from .vocabulary import Category, Channel, LawfulBasis, Purpose, Sender

# The longest time over which a cap may count (`MARKETING_CAPS`).
LONGEST = 366


class AdvertSent(models.Model):
    """One advertising mail that the mail server has taken; what it said is kept nowhere."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.MARKETING,
        purpose=Purpose.MARKETING,
        lawful_basis=LawfulBasis.LEGITIMATE_INTERESTS,
        retention=Retention(since="left_at", days=LONGEST),
        erase=Delete(),
        fields=("channel", "sender", "left_at"),
    )

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.CASCADE, related_name="adverts_sent")
    channel = models.CharField("by", max_length=10, choices=Channel)
    sender = models.CharField("from", max_length=12, choices=Sender)
    left_at = models.DateTimeField("sent")

    class Meta:
        verbose_name = "advertising that was sent"
        verbose_name_plural = "advertising that was sent"
        indexes = [models.Index(fields=["data_subject", "channel", "left_at"], name="advert_sent")]

    def __str__(self) -> str:
        return f"advertising {self.pk}"


def note(data_subject: Any, channel: str, sender: str, *, now: datetime) -> None:
    """Right after it left; a mail that only was to leave is not counted."""
    AdvertSent.objects.create(data_subject=data_subject, channel=channel, sender=sender, left_at=now)
