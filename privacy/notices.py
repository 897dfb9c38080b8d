"""What do we tell a person by email, and has it left? Each message is a row, sent by a worker, kept until it is out."""

import smtplib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import models, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from .fields import (
    CorrespondentHashField,
    EncryptedField,
    NormalisedEmailField,
    OneLineField,
    correspondent_hash,
    one_line,
)
from .jobs import CannotSucceed, Job, dispatch
from .personal_data import Delete, PersonalData, Retention
from .vocabulary import Category, LawfulBasis, Purpose

# Letters after which things take their course, whether they arrive or not; there may be thousands in a night.
MAY_FAIL = ("inactivity_warning",)


class MailRefused(CannotSucceed):
    """The mail server will never take this mail, most often because there is no such mailbox."""


class OutgoingEmail(Job):
    """One email to one person; `key` makes it happen once."""

    at_once = 20
    passing = (OSError,)

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.CORRESPONDENCE,
        purpose=Purpose.SERVICE,
        lawful_basis=LawfulBasis.CONTRACT,
        retention=Retention(since="created_at", days=90),
        erase=Delete(),
        fields=("created_at", "to_address", "subject", "body", "html", "finished_at"),
        not_personal=(
            "key",
            "template",
            "to_hash",
            "headers",
            "forget_when_sent",
            *(f for f in Job.JOB_FIELDS if f not in ("created_at", "finished_at")),
        ),
    )

    key = models.CharField(max_length=120, unique=True)
    template = models.CharField(max_length=60)
    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.CASCADE, null=True, related_name="emails_sent")
    to_address = NormalisedEmailField()
    to_hash = CorrespondentHashField()
    subject = OneLineField(max_length=300)
    body = EncryptedField()
    html = EncryptedField()
    headers = models.JSONField(default=dict)
    forget_when_sent = models.BooleanField(default=False, help_text="For the last letter to somebody erased.")

    class Meta:
        indexes = [models.Index(fields=["job_state", "run_after"], name="outgoing_due")]

    def __str__(self) -> str:
        return f"{self.template} {self.pk}"

    @property
    def text(self) -> str:
        """What it says, as it is sent."""
        return bytes(self.body).decode()

    @property
    def message_id(self) -> str:
        """The same at every try, so that a mail system can tell a repetition."""
        return f"<notice-{self.pk}@{settings.MAIL_DOMAIN}>"

    def perform(self) -> None:
        """Sends through Django's mail backend, outside any transaction, then notes it."""
        message = EmailMultiAlternatives(
            subject=self.subject,
            body=self.text,
            to=[self.to_address],
            headers={"Message-ID": self.message_id, "Date": format_datetime(self.created_at), **self.headers},
        )
        if self.html:
            message.attach_alternative(bytes(self.html).decode(), "text/html")
        for one in enclosures(self):
            message.attach(one.name, one.content, one.media_type)
        try:
            message.send()
        except smtplib.SMTPException as error:
            self._give_up_if_for_good(error)
        if not self.forget_when_sent:
            with self.settling():
                return
        with transaction.atomic():
            self.finish()
            self.delete()

    def _give_up_if_for_good(self, error: smtplib.SMTPException) -> None:
        if not is_for_good(error):
            raise error
        if self.data_subject_id is not None and self.template not in MAY_FAIL:
            raise MailRefused from error
        # An answer to a stranger whom it cannot reach: nobody waits for it, and nobody need look.
        self.write(last_error=MailRefused.__name__)


def is_for_good(error: smtplib.SMTPException) -> bool:
    """Whether the mail server said no to this mail with a 5 (RFC 5321 4.2.1), to its recipient or its text."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _reason in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and 500 <= error.smtp_code < 600


@dataclass(frozen=True)
class Enclosure:
    """A file that leaves with a letter."""

    name: str
    content: bytes
    media_type: str


Enclosing = Callable[[OutgoingEmail], Iterable[Enclosure]]
ENCLOSED: dict[str, Enclosing] = {}


def encloses(template: str) -> Callable[[Enclosing], Enclosing]:
    """Registers what a higher room puts into letters of this template as they leave; it is stored in no outbox."""

    def register(enclosing: Enclosing) -> Enclosing:
        ENCLOSED[template] = enclosing
        return enclosing

    return register


def enclosures(letter: OutgoingEmail) -> Iterable[Enclosure]:
    """What leaves with this letter; made anew at each try."""
    enclosing = ENCLOSED.get(letter.template)
    return enclosing(letter) if enclosing else ()


_gathered: ContextVar[dict[str, OutgoingEmail] | None] = ContextVar("gathered", default=None)


@contextmanager
def gathering() -> Iterator[None]:
    """Letters written meanwhile go to the outbox at the end, all with one statement."""
    letters: dict[str, OutgoingEmail] = {}
    token = _gathered.set(letters)
    try:
        with transaction.atomic(savepoint=False):
            yield
            _put_out(letters.values())
    finally:
        _gathered.reset(token)


def is_written(key: str) -> bool:
    """Whether this letter was written already."""
    return key in (_gathered.get() or ()) or OutgoingEmail.objects.filter(key=key).exists()


def left_at(key: str) -> datetime | None:
    """When this letter went out; None while it waits, could not be delivered or was never written."""
    sent = OutgoingEmail.objects.filter(key=key, job_state=Job.State.DONE).exclude(last_error=MailRefused.__name__)
    return sent.values_list("finished_at", flat=True).first() if key else None


def is_any_written(beginning: str) -> bool:
    """Whether a letter was written already whose key begins like this."""
    gathered = _gathered.get() or ()
    stored = OutgoingEmail.objects.filter(key__startswith=beginning)
    return any(key.startswith(beginning) for key in gathered) or stored.exists()


def render(template: str, context: dict[str, Any], data_subject: Any = None) -> tuple[str, str, str]:
    """Subject, text and page of one letter, in the language of the person, or of the shop."""
    given = {**context, "shop": settings.SHOP, "site_url": settings.SITE_URL, "data_subject": data_subject}
    with translation.override(getattr(data_subject, "language", None) or settings.LANGUAGE_CODE):
        subject = one_line(render_to_string(f"email/{template}/subject.txt", given))[:300]
        body = render_to_string(f"email/{template}/body.txt", given)
        return subject, body, render_to_string(f"email/{template}/body.html", given)


def send(
    template: str,
    to_address: str,
    *,
    key: str,
    data_subject: Any = None,
    context: dict[str, Any] | None = None,
    automatic: bool = True,
    forget_when_sent: bool = False,
    now: datetime | None = None,
) -> None:
    """Writes one email to the outbox in the caller's transaction; nothing when there is one with this `key`.

    Templates: email/<template>/subject.txt, body.txt, body.html. `automatic` marks an answer of a machine (RFC 3834).
    """
    subject, body, html = render(template, context or {}, data_subject)
    headers = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"} if automatic else {}
    new = OutgoingEmail(
        key=key,
        template=template,
        data_subject=data_subject,
        to_address=to_address,
        to_hash=correspondent_hash(to_address),
        subject=subject,
        body=body.encode(),
        html=html.encode(),
        headers=headers,
        forget_when_sent=forget_when_sent,
        run_after=now or timezone.now(),
    )
    gathered = _gathered.get()
    if gathered is None:
        _put_out([new])
    else:
        gathered.setdefault(key, new)


def _put_out(letters: Iterable[OutgoingEmail]) -> None:
    """In the order of their keys, so that two who write the same letters never wait for each other in a circle."""
    in_order = sorted(letters, key=attrgetter("key"))
    if not in_order:
        return
    OutgoingEmail.objects.bulk_create(in_order, ignore_conflicts=True)
    # One for a later day is handed over then: by whoever lets it go, or by the sweeper.
    if not (keys := [letter.key for letter in in_order if letter.run_after <= timezone.now()]):
        return
    waiting = OutgoingEmail.objects.filter(key__in=keys, job_state=Job.State.NEW, hinted_at=None)
    for letter in waiting.only("pk").order_by("pk"):
        dispatch(letter)
