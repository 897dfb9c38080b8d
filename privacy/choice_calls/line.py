"""Of whom and of which choice a call will speak. What stands is read when it leaves; here is only where to look."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..fields import CorrespondentHashField, EncryptedField
from ..jobs import Job
from ..personal_data import Delete, PersonalData, Retention
from ..vocabulary import Category, Channel, LawfulBasis, Purpose, Sender


class ChoiceLine(models.Model):
    """One choice of one person, or one address on the list of those never written to; gone once it was told.

    The address itself stands here only where it is nobody's of whom we know, because then it stands nowhere else, or
    until it is found out whose it is; a line that waits for that is in no call.
    """

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.CHOICES,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="created_at", days=30),
        waits_while=~Q(call__job_state=Job.State.DONE),
        erase=Delete(),
        fields=("created_at", "purpose", "channel", "sender", "address"),
        not_personal=("call", "search", "only_if_it_bars", "names_recipient", "suppression_hash", "to_hash"),
        secret=("address",),
    )

    call = models.ForeignKey("privacy.ChoiceCall", models.CASCADE, null=True, related_name="lines")
    search = models.ForeignKey("privacy.OwnerSearch", models.PROTECT, null=True, related_name="lines")
    only_if_it_bars = models.BooleanField(default=False, help_text="What a preference service lists.")
    data_subject = models.ForeignKey(
        settings.DATA_SUBJECT_MODEL, models.CASCADE, null=True, related_name="choices_to_be_told"
    )
    purpose = models.CharField(_("what for"), max_length=50, blank=True, help_text="Empty: about a suppressed address.")
    channel = models.CharField(_("by which road"), max_length=10, choices=Channel, blank=True)
    sender = models.CharField(_("whose advertising"), max_length=12, choices=Sender, blank=True)
    names_recipient = models.BooleanField(default=False)
    suppression_hash = models.CharField(max_length=64, blank=True)
    address = EncryptedField(blank=True, default=b"")
    to_hash = CorrespondentHashField()
    created_at = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = "choice on its way to a recipient"
        verbose_name_plural = "choices on their way to recipients"
        indexes = [
            models.Index(
                fields=["suppression_hash"], condition=models.Q(call__isnull=True), name="choice_line_searched"
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose or 'suppression'} {self.channel} {self.sender}"


def copied(line: ChoiceLine, **but: Any) -> ChoiceLine:
    """The same once more, not stored yet, but for these values."""
    values = {field.attname: getattr(line, field.attname) for field in line._meta.concrete_fields}
    return ChoiceLine(**{name: value for name, value in values.items() if name != "search_id"} | {"id": None} | but)
