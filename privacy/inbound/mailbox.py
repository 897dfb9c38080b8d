"""What mail has come in, and what became of it? Stored and committed first, read by a worker later."""

import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..encryption import keyed_hash
from ..fields import CorrespondentHashField, EncryptedField, OneLineField, correspondent_hash
from ..jobs import Job, JobQuerySet, dispatch
from ..personal_data import Delete, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose
from . import addresses, effects, mime
from .judgement import ACT, IGNORE, OPEN_CASE, REVIEW, Judgement, judge

NO_SENDER = "<>"
STATEMENT_BYTES = 16 * 1024 * 1024
UNCHANGED = ("message-id", "date", "from", "reply-to", "subject")


class InboundEmailQuerySet(JobQuerySet):
    """Mail, as staff speak of it."""

    def waiting(self) -> Self:
        """What a person must look at, or a machine failed to read."""
        open_for_a_person = models.Q(review_state=InboundEmail.Review.OPEN)
        return self.filter(open_for_a_person | models.Q(job_state=Job.State.NEEDS_ATTENTION))

    def to_review(self) -> Self:
        """What waits, the oldest first."""
        return self.waiting().order_by("received_at")


class InboundEmail(Job):
    """One mail to one of our mailboxes: its bytes, how it came, what it was taken for and why."""

    class Outcome(models.TextChoices):
        ACT = ACT, _("done")
        OPEN_CASE = OPEN_CASE, _("request opened")
        REVIEW = REVIEW, _("for a person to look at")
        IGNORE = IGNORE, _("written by a machine")

    class Review(models.TextChoices):
        NONE = "", _("nothing to look at")
        OPEN = "open", _("to be looked at")
        DONE = "done", _("looked at")

    class Closing(models.TextChoices):
        """Why a colleague took it off the list."""

        ACTED = "acted", _("we did what it asks")
        ANSWERED = "answered", _("answered by phone or email")
        NO_REQUEST = "no_request", _("it asks for nothing")
        DUPLICATE = "duplicate", _("the same as another email")
        MACHINE = "machine", _("a machine wrote it")
        SPAM = "spam", _("spam")

    class Road(models.TextChoices):
        SMTP = "smtp", "SMTP"
        LMTP = "lmtp", "LMTP"
        PIPE = "pipe", _("pipe")
        IMAP = "imap", "IMAP"
        WEBHOOK = "webhook", _("mailing service")

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.CORRESPONDENCE,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="received_at", days=90),
        waits_while=~models.Q(job_state=Job.State.DONE) | models.Q(review_state="open"),
        erase=Delete(),
        fields=("received_at", "mailbox", "recipient", "sender", "raw", "outcome", "command", "case_kinds"),
        not_personal=(
            "identity", "sender_hash", "from_hash", "size", "road", "matched_by", "reasons", "review_state",
            "reviewed_by", "reviewed_at", "reviewed_as", *Job.JOB_FIELDS,
        ),
        provided=("received_at", "raw"),
        secret=("recipient",),
        third_party=("raw",),
    )  # fmt: skip

    identity = models.CharField(max_length=64, unique=True, editable=False)
    raw = EncryptedField()
    size = models.PositiveIntegerField(editable=False)
    road = models.CharField(max_length=10, choices=Road, editable=False)
    mailbox = OneLineField(max_length=64, editable=False, help_text="Such as remove, without what stands after a plus.")
    recipient = EncryptedField(help_text="Whole, with the token that it may carry.")
    sender = OneLineField(
        max_length=320, blank=True, editable=False, help_text="Of the envelope; <> in reports of mail servers."
    )
    sender_hash = CorrespondentHashField(help_text="Of the envelope's sender.")
    from_hash = CorrespondentHashField(help_text="Of the first address in From, once it was read.")
    received_at = models.DateTimeField(editable=False)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, editable=False)
    command = models.CharField(max_length=30, blank=True, editable=False)
    case_kinds = models.JSONField(default=list, blank=True, editable=False)
    matched_by = models.CharField(max_length=20, blank=True, editable=False)
    reasons = models.JSONField(default=list, blank=True, editable=False)
    data_subject = models.ForeignKey(
        settings.DATA_SUBJECT_MODEL, models.CASCADE, null=True, blank=True, related_name="inbound_emails"
    )
    review_state = models.CharField(max_length=5, choices=Review, blank=True, default=Review.NONE, editable=False)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    reviewed_as = models.CharField(max_length=10, choices=Closing, blank=True, editable=False)

    objects = InboundEmailQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("incoming email")
        verbose_name_plural = _("incoming emails")
        ordering = ["-received_at"]
        indexes = [
            models.Index(fields=["job_state", "run_after"], name="inbound_due"),
            models.Index(fields=["review_state", "received_at"], name="inbound_review"),
            models.Index(fields=["received_at"], name="inbound_received"),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk} to {self.mailbox}"

    @property
    def waits(self) -> bool:
        """Whether a person must look at it."""
        return self.review_state == self.Review.OPEN or self.job_state == Job.State.NEEDS_ATTENTION

    def judge(self) -> Judgement:
        """What is to be done with it, by today's rules; changes nothing."""
        return judge(bytes(self.raw), bytes(self.recipient).decode(), self.sender, self.received_at)

    def perform(self) -> None:
        """Reads it outside any transaction, then does what it asks and notes it in one."""
        found = self.judge()
        with self.settling():
            opened = effects.carry_out(found, mail=self.pk, to=self.mailbox, received_at=self.received_at)
            self.write(
                outcome=found.outcome,
                command=found.command or "",
                case_kinds=found.case_kinds,
                matched_by=found.match.by or "",
                reasons=[*found.reasons, *opened],
                data_subject=found.customer,
                from_hash=correspondent_hash(_author(found)),
                review_state=self.Review.OPEN if found.outcome == REVIEW or found.needs_person else self.Review.NONE,
            )


def _author(found: Judgement) -> str:
    return next(iter(found.reading.addresses("from")), "") if found.reading else ""


@dataclass(frozen=True)
class Letter:
    """A mail on its way into the store. `sender` is the envelope's: "" when unknown, "<>" when empty.

    `received_at` is said where the mail had reached us earlier, in a mailbox that we fetch from.
    """

    raw: bytes
    to: str
    sender: str
    road: str
    received_at: datetime | None = None


def accept(raw: bytes, to: str, sender: str, road: str, now: datetime | None = None) -> InboundEmail:
    """The one door: stores and commits; whoever has the row may say "received". The same mail again is that row."""
    [identity] = accept_all([Letter(raw, to, sender, road)], now)
    row = InboundEmail.objects.get(identity=identity)
    if row.job_state == Job.State.NEW and row.hinted_at is None:
        dispatch(row)
    return row


def accept_all(letters: Iterable[Letter], now: datetime | None = None) -> list[str]:
    """Stores several mails in one commit and gives their identities; telling a worker is left to the caller."""
    received_at = now or timezone.now()
    rows = {row.identity: row for row in (_row(letter, received_at) for letter in letters)}
    with transaction.atomic(durable=True):
        for some in _in_statements(rows.values()):
            InboundEmail.objects.bulk_create(some, ignore_conflicts=True)
    return list(rows)


def _in_statements(rows: Iterable[InboundEmail]) -> Iterator[list[InboundEmail]]:
    """Rows for one statement each: their bytes are encrypted and sent together, so they must not be many."""
    some: list[InboundEmail] = []
    for row in rows:
        if some and sum(one.size for one in some) + row.size > STATEMENT_BYTES:
            yield some
            some = []
        some.append(row)
    yield some


def _row(letter: Letter, received_at: datetime) -> InboundEmail:
    sender = letter.sender.encode("utf-8", "replace").decode()[:320]
    return InboundEmail(
        identity=identity_of(letter),
        raw=letter.raw,
        size=len(letter.raw),
        road=letter.road,
        mailbox=addresses.recipient(letter.to).mailbox[:64],
        recipient=letter.to.encode("utf-8", "surrogateescape"),
        sender=sender,
        sender_hash=correspondent_hash(sender),
        received_at=letter.received_at or received_at,
    )


def identity_of(letter: Letter) -> str:
    """The same for one mail by whatever road: recipient, Message-ID, body, and the headers that no road changes.

    A mail with neither Message-ID nor Date is always new: a second "no" does no harm, a lost one would.
    """
    head, _, body = _alike(letter.raw).lstrip(b"\n").partition(b"\n\n")
    try:
        given = dict(reversed(mime.headers(head, count=1000, length=8192)))
    except mime.TooMuch:
        given, body = {"message-id": b"none"}, letter.raw
    if not (given.get("message-id") or given.get("date")):
        return secrets.token_hex(32)
    who = addresses.recipient(letter.to)
    parts = [f"{who.mailbox}+{who.tag}@{who.domain}".encode("utf-8", "replace")]
    parts += [b" ".join(given.get(name, b"").split()) for name in UNCHANGED]
    return keyed_hash(b"\0".join([*parts, body.rstrip()]), use="inbound")


def _alike(raw: bytes) -> bytes:
    """Line ends as one byte. Mailboxes hand out 0x80 for a NUL, which IMAP does not know, and drop a CR before CRLF."""
    if b"\r\r\n" in raw:
        raw = b"\n".join(line.rstrip(b"\r") for line in raw.split(b"\n"))
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b"\x80")


def answer(pk: int) -> dict[str, Any]:
    """What became of a mail, in the form of the contract; waits a moment while a worker has it in hand."""
    for _pause in range(200):
        row = InboundEmail.objects.defer("raw").select_related("data_subject").get(pk=pk)
        if row.job_state in (Job.State.DONE, Job.State.NEEDS_ATTENTION):
            break
        time.sleep(0.05)
    return {
        "outcome": row.outcome or REVIEW,
        "command": row.command or None,
        "case_kinds": row.case_kinds,
        "matched_by": row.matched_by or None,
        "customer": row.data_subject.number if row.data_subject else None,
        "reasons": row.reasons,
    }
