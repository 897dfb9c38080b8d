"""What mail has come in, and what became of it? Stored and committed first, read by a worker later."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import audit, data_subjects, erasure_ledger, notices
from ..fields import CorrespondentHashField, EncryptedField, OneLineField, correspondent_hash
from ..jobs import Job, JobQuerySet, dispatch
from ..personal_data import Delete, PersonalData, Retention
from ..statements import Insertion
from ..vocabulary import Category, LawfulBasis, Purpose
from . import addresses, effects, senders
from .identity import Letter, identity_of
from .judgement import ACT, IGNORE, OPEN_CASE, REVIEW, Judgement, judge

NO_SENDER = "<>"
PORTION_BYTES = 16 * 1024 * 1024
PORTION_ROWS = 500
SMALL_BYTES = 256 * 1024


class InboundEmailQuerySet(JobQuerySet):
    """Mail, as staff speak of it."""

    def waiting(self) -> Self:
        """What a person must look at, or a machine failed to read."""
        open_for_a_person = models.Q(review_state=InboundEmail.Review.OPEN)
        return self.filter(open_for_a_person | models.Q(job_state=Job.State.NEEDS_ATTENTION))

    def to_review(self) -> Self:
        """What waits, the oldest first."""
        return self.waiting().order_by("received_at")


@contextmanager
def _together() -> Iterator[None]:
    """Letters and the lines of the audit log are written at the end; the log is locked last, and not for long."""
    with audit.gathering(), notices.gathering():
        yield


class InboundEmail(Job):
    """One mail to one of our mailboxes: its bytes, how it came, what it was taken for and why."""

    at_once = 20
    shared = staticmethod(_together)
    heavy = ("raw",)

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

    @classmethod
    def fetch(cls, jobs: Sequence[Self]) -> None:
        """The bytes of the small ones; those of a big one are read when its turn comes."""
        small = [job.pk for job in jobs if job.size <= SMALL_BYTES]
        raw = dict(cls.objects.filter(pk__in=small).values_list("pk", "raw"))
        for job in jobs:
            if job.pk in raw:
                job.raw = raw[job.pk]

    @classmethod
    def preparing(cls, jobs: Sequence[Self]) -> AbstractContextManager[None]:
        """Who may have written them is found out at once."""
        # Those whose bytes are here: a big one is read in its turn, and one may have been erased since it was claimed.
        read = [job for job in jobs if "raw" not in job.get_deferred_fields()]
        return data_subjects.looked_up({at for job in read for at in senders.likely(bytes(job.raw), job.sender)})

    def prepare(self) -> None:
        """Reads it outside any transaction."""
        self.found = self.judge()

    def perform(self) -> None:
        """Does what it asks and notes it, in one transaction."""
        found = self.found
        with self.settling() as noted:
            opened = effects.carry_out(found, mail=self.pk, to=self.mailbox, received_at=self.received_at)
            noted |= {
                "outcome": found.outcome,
                "command": found.command or "",
                "case_kinds": found.case_kinds,
                "matched_by": found.match.by or "",
                "reasons": [*found.reasons, *opened],
                "data_subject_id": found.customer.pk if found.customer else None,
                "from_hash": correspondent_hash(_author(found)),
                "review_state": self.Review.OPEN if found.outcome == REVIEW or found.needs_person else self.Review.NONE,
            }


INSERTION = Insertion(InboundEmail, unique="identity")


def _author(found: Judgement) -> str:
    return next(iter(found.reading.addresses("from")), "") if found.reading else ""


def accept(raw: bytes, to: str, sender: str, road: str, now: datetime | None = None) -> InboundEmail:
    """The one door: stores and commits; whoever has the row may say "received". The same mail again is that row."""
    [identity] = accept_all([Letter(raw, to, sender, road)], now)
    row = InboundEmail.objects.get(identity=identity)
    if row.job_state == Job.State.NEW and row.hinted_at is None:
        dispatch(row)
    return row


def accept_all(letters: Iterable[Letter], now: datetime | None = None) -> list[str]:
    """Stores several mails in one commit and gives their identities; telling a worker is left to the caller.

    SiteClosed, as after a restore, when nothing may come in; every sender comes again.
    """
    erasure_ledger.require_open()
    received_at = now or timezone.now()
    rows = {row["identity"]: row for row in (_row(letter, received_at) for letter in letters)}
    portions = list(_in_portions(rows.values()))
    # One statement commits itself, in one exchange with the database.
    by_itself = len(portions) == 1 and not connection.in_atomic_block
    with nullcontext() if by_itself else transaction.atomic(durable=True):
        for portion in portions:
            INSERTION.run(portion)
    return list(rows)


def _in_portions(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Rows to send at once: their bytes stand encrypted in memory together, so they must not be many."""
    some: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        if some and (size + row["size"] > PORTION_BYTES or len(some) == PORTION_ROWS):
            yield some
            some, size = [], 0
        some.append(row)
        size += row["size"]
    if some:
        yield some


def _row(letter: Letter, received_at: datetime) -> dict[str, Any]:
    sender = letter.sender.encode("utf-8", "replace").decode()[:320]
    return {
        "identity": identity_of(letter),
        "raw": letter.raw,
        "size": len(letter.raw),
        "road": letter.road,
        "mailbox": addresses.recipient(letter.to).mailbox[:64],
        "recipient": letter.to.encode("utf-8", "surrogateescape"),
        "sender": sender,
        "sender_hash": correspondent_hash(sender),
        "received_at": letter.received_at or received_at,
    }


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
