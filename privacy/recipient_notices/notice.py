"""The row: one recipient that must be told of one change, what it needs to know, and what it answered."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import tokens
from ..fields import EncryptedField
from ..personal_data import Keep, PersonalData, Retention
from ..recipients import Recipient
from ..vocabulary import Category, LawfulBasis, Purpose


class Change(models.TextChoices):
    """What took effect here and must take effect there."""

    RECTIFICATION = "rectification", _("correct the data")
    ERASURE = "erasure", _("delete the data")
    RESTRICTION = "restriction", _("stop using the data")
    LIFTING = "lifting", _("may use the data again")


class State(models.TextChoices):
    """How far it is, in words for staff."""

    TO_BE_SENT = "to_be_sent", _("about to be told")
    BY_HAND = "by_hand", _("a colleague must tell them")
    TOLD = "told", _("told, answer awaited")
    ACCEPTED = "accepted", _("they are working on it")
    DONE = "done", _("done")
    NOT_HELD = "not_held", _("they do not have the data")
    REFUSED = "refused", _("they say it is not possible")
    ATTENTION = "attention", _("needs attention")
    GIVEN_UP = "given_up", _("given up")
    REPLACED = "replaced", _("replaced by a later notice")


AWAITED = (State.TO_BE_SENT, State.TOLD, State.ACCEPTED)
FOR_A_PERSON = (State.BY_HAND, State.REFUSED, State.ATTENTION)
CONFIRMED = (State.DONE, State.NOT_HELD)
# Under this word stands, beside how the person is found, which record it is about where it is not about all of them.
RECORD = "record"
CLOSED = (*CONFIRMED, State.GIVEN_UP, State.REPLACED)


class NoticeQuerySet(models.QuerySet["RecipientNotice"]):
    """Notices by who must act."""

    def open(self) -> "NoticeQuerySet":
        """Not confirmed, given up or replaced."""
        return self.exclude(state__in=CLOSED)

    def needing_attention(self) -> "NoticeQuerySet":
        """No machine goes on with these."""
        return self.filter(state__in=FOR_A_PERSON)

    def to_be_named(self, today: date) -> "NoticeQuerySet":
        """Those of which the person may be told today."""
        return self.filter(Q(secret_until__isnull=True) | Q(secret_until__lt=today))


class RecipientNotice(models.Model):
    """One recipient that really got data of one person, and one change of which it must know."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="created_at", years=3),
        erase=Keep("Proves that whoever got your data was told (Art. 19)."),
        fields=(
            "created_at", "recipient", "change", "fields", "first_on", "last_on", "particulars", "state", "told_at",
            "answered_at", "answer_note",
        ),
        not_personal=("case", "occasion", "link_hash", "secret_until", "reminders", "answer_by", "answered_by"),
        third_party=("answer_note",),
    )  # fmt: skip

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.CASCADE, related_name="recipient_notices")
    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="notices", verbose_name=_("who was told"))
    case = models.ForeignKey(
        "privacy.DataSubjectRequest", models.SET_NULL, null=True, blank=True, related_name="recipient_notices"
    )
    occasion = models.CharField(max_length=120, help_text="What took effect, by reference; with the recipient unique.")
    change = models.CharField(_("what they were told to do"), max_length=20, choices=Change)
    fields = models.JSONField(_("what they had got"), default=list)
    first_on = models.DateField(_("got first on"))
    last_on = models.DateField(_("got last on"))
    particulars = EncryptedField(_("by which they find you"), blank=True, default=b"")
    secret_until = models.DateField(null=True, blank=True, help_text="The person is told of it after this day.")
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.TO_BE_SENT)
    reminders = models.PositiveSmallIntegerField(default=0)
    answer_by = models.DateField(null=True)
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    told_at = models.DateTimeField(_("told"), null=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    answered_by = models.CharField(max_length=100, blank=True)
    answer_note = EncryptedField(_("their answer"), blank=True, default=b"")
    link_hash = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["recipient__name", "pk"]
        verbose_name = "message to a recipient"
        verbose_name_plural = "messages to recipients"
        constraints = [models.UniqueConstraint(fields=["occasion", "recipient"], name="recipient_told_once")]
        indexes = [models.Index(fields=["state", "-id"], name="recipient_notice_state")]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.get_change_display()}"

    @property
    def is_open(self) -> bool:
        """Whether anything is still to come."""
        return self.state not in CLOSED

    @property
    def is_awaited(self) -> bool:
        """Whether a machine goes on by itself."""
        return self.state in AWAITED

    @property
    def may_leave(self) -> bool:
        """Whether a message is still wanted: it is awaited, or a colleague tries again what could not be sent."""
        return self.is_awaited or self.state == State.ATTENTION

    @property
    def needs_a_person(self) -> bool:
        """Whether nothing moves before a colleague does something."""
        return self.state in FOR_A_PERSON

    @property
    def said(self) -> str:
        """Their answer in their words."""
        return bytes(self.answer_note or b"").decode()

    @property
    def known_by(self) -> list[tuple[str, str]]:
        """What the recipient needs in order to find the person: name and value of each."""
        lines = bytes(self.particulars or b"").decode().splitlines()
        return [(name, value) for name, _colon, value in (line.partition(": ") for line in lines)]

    @property
    def token(self) -> str:
        """Of the link to answer; nobody can compute it without our key, and the database holds its hash."""
        return tokens.derived(f"recipient-notice:{self.pk}")

    @property
    def link(self) -> str:
        """Where the recipient answers."""
        return f"{settings.SITE_URL}/recipients/answer/{self.token}/"

    def update(self, **values: Any) -> None:
        """Writes these columns and nothing else."""
        type(self).objects.filter(pk=self.pk).update(**values)
        for name, value in values.items():
            setattr(self, name, value)
