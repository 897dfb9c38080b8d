"""What did each recipient really receive, when, and may the person be told of it?"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .. import audit
from ..data_subjects import among
from ..personal_data import Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis
from ..vocabulary import Purpose as BuiltInPurpose
from .register import Recipient


class Disclosure(models.Model):
    """One hand-over of one person's data (Art. 15(1)(c), 19); shown to the person unless the law forbids."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.CHOICES,
        purpose=BuiltInPurpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="occurred_at", years=3),
        erase=Keep("Needed to tell every recipient about a correction or erasure (Art. 19)."),
        fields=("occurred_at", "recipient", "fields", "legal_basis", "reference"),
        not_personal=("records", "secret_until"),
    )

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.CASCADE, related_name="disclosures")
    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="disclosures")
    occurred_at = models.DateTimeField(default=timezone.now)
    fields = models.JSONField(default=list)
    records = models.JSONField(
        default=list, blank=True, help_text="Out of which records, by name, such as customers.order:12; may be empty."
    )
    legal_basis = models.CharField(max_length=200)
    reference = models.CharField(max_length=120, blank=True)
    secret_until = models.DateField(null=True, blank=True, help_text="An authority may forbid telling until this day.")

    class Meta:
        ordering = ["-occurred_at"]

    def __str__(self) -> str:
        return f"{self.recipient} {self.occurred_at:%Y-%m-%d}"


def log_disclosure(
    data_subject: Any,
    recipient: Recipient,
    fields: list[str],
    *,
    legal_basis: str,
    actor: Any,
    now: datetime,
    reference: str = "",
    secret_until: date | None = None,
    records: Sequence[str] = (),
) -> Disclosure:
    """Writes down one hand-over that took place; asking whether it may is the gate's work."""
    entry = Disclosure.objects.create(
        data_subject=data_subject,
        recipient=recipient,
        fields=fields,
        records=list(records),
        legal_basis=legal_basis,
        reference=reference,
        occurred_at=now,
        secret_until=secret_until,
    )
    audit.record("disclosure", actor=actor, subject=data_subject, target=recipient, now=now, fields=fields)
    return entry


def log_disclosures(
    people: Collection[Any],
    recipient: Recipient,
    fields: list[str],
    *,
    legal_basis: str,
    actor: Any,
    now: datetime,
    reference: str,
) -> int:
    """The same for many, by primary key, with one line in the audit log; whoever stands there for it is passed over."""
    there = Disclosure.objects.filter(data_subject__in=among(people), recipient=recipient, reference=reference)
    new = set(people) - set(there.values_list("data_subject", flat=True)) if people else set()
    Disclosure.objects.bulk_create(
        Disclosure(
            data_subject_id=pk, recipient=recipient, fields=fields, legal_basis=legal_basis, reference=reference,
            occurred_at=now,
        )
        for pk in sorted(new)
    )  # fmt: skip
    if new:
        audit.record("disclosures", actor=actor, target=recipient, now=now, fields=fields, people=len(new))
    return len(new)


def told_of(data_subject: Any, today: date) -> models.QuerySet[Disclosure]:
    """The hand-overs that this person may be shown today."""
    open_now = Q(secret_until__isnull=True) | Q(secret_until__lt=today)
    return Disclosure.objects.filter(open_now, data_subject=data_subject).select_related("recipient")
