"""Which calls of mailing services came in, and what became of them? Proven, stored and committed, then read."""

import re
from datetime import datetime
from typing import Any, Self
from urllib.parse import unquote_plus

from django.conf import settings
from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ... import data_subjects, jobs
from ...encryption import keyed_hash
from ...fields import CorrespondentHashField, EncryptedField, correspondent_hash
from ...jobs import Job, JobQuerySet
from ...personal_data import Delete, NoPersonalData, PersonalData, Retention
from ...vocabulary import Category, LawfulBasis, Purpose
from .. import addresses, mailbox
from ..mailbox import InboundEmail
from . import effects, proof, reading
from .doubts import Doubt, LeftToPerson
from .mailing_services import DOORS, EVENTS, INBOUND, Door
from .proof import Refused
from .reading import Found
from .replica import Replica, of_stored

EVENTS_LIMIT = 1024 * 1024
MENTIONS_LIMIT = 200
ADDRESS = re.compile(r"[\w.+!#$&'*/=?^`{|}~%-]{1,64}@[\w.-]{1,255}")


class TooLarge(Exception):
    """More bytes than a call of this kind may have."""


class WebhookCallQuerySet(JobQuerySet):
    """Calls, as staff speak of them."""

    def to_review(self) -> Self:
        """What a person must look at, or a machine failed to read; the oldest first."""
        waiting = models.Q(review_state=WebhookCall.Review.OPEN) | models.Q(job_state=Job.State.NEEDS_ATTENTION)
        return self.filter(waiting).order_by("received_at")


class WebhookCall(Job):
    """One call of one mailing service; what it said is forgotten as soon as nobody has to look at it."""

    class Outcome(models.TextChoices):
        CHANGED = "changed", _("somebody gets no more advertising")
        MAIL = "mail", _("mail was taken in")
        NOTHING = "nothing", _("nothing to change")
        DIVIDED = "divided", _("read event by event")
        REVIEW = "review", _("for a person to look at")

    class Review(models.TextChoices):
        NONE = "", _("nothing to look at")
        OPEN = "open", _("to be looked at")
        DONE = "done", _("looked at")

    class Kind(models.TextChoices):
        EVENTS = EVENTS, _("what became of our mail")
        INBOUND = INBOUND, _("mail to us")

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.CORRESPONDENCE,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="received_at", days=30),
        waits_while=~models.Q(job_state=Job.State.DONE) | models.Q(review_state="open"),
        erase=Delete(),
        fields=("received_at", "service", "body"),
        not_personal=(
            "identity", "single_use", "kind", "content_type", "size", "outcome", "doubt", "counts", "review_state",
            "reviewed_by", "reviewed_at", *Job.JOB_FIELDS,
        ),
        secret=("body",),  # holds proofs of the service, and others' addresses
        third_party=("body",),
    )  # fmt: skip

    identity = models.CharField(max_length=64, unique=True, editable=False)
    single_use = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001  (NULLs differ)
    service = models.CharField(max_length=20, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, editable=False)
    content_type = models.CharField(max_length=255, editable=False)
    body = EncryptedField()
    size = models.PositiveIntegerField(editable=False)
    received_at = models.DateTimeField(editable=False)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, editable=False)
    doubt = models.CharField(max_length=20, choices=Doubt, blank=True, editable=False)
    counts = models.JSONField(default=dict, editable=False)
    data_subject = models.ForeignKey(
        settings.DATA_SUBJECT_MODEL, models.CASCADE, null=True, blank=True, related_name="webhook_calls"
    )
    review_state = models.CharField(max_length=5, choices=Review, blank=True, default=Review.NONE, editable=False)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = WebhookCallQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("call of a mailing service")
        verbose_name_plural = _("calls of mailing services")
        ordering = ["-received_at"]
        indexes = [
            models.Index(fields=["job_state", "run_after"], name="webhook_due"),
            models.Index(fields=["review_state", "received_at"], name="webhook_review"),
            models.Index(fields=["received_at"], name="webhook_received"),
        ]

    def __str__(self) -> str:
        return f"call {self.pk} of {self.service}"

    @property
    def door(self) -> Door:
        """Where it came in."""
        return DOORS[self.service, self.kind]

    def perform(self) -> None:
        """Reads it outside any transaction; then its effects, its end and forgetting what it said are one."""
        request = of_stored(self.content_type, bytes(self.body))
        try:
            found = reading.read(self.door, request, self.identity[:32])
        except LeftToPerson as left:
            self._cannot_go_on(request, left.doubt)
        except Exception:  # noqa: BLE001  (what others' programs send may break any reader; it is kept and looked at)
            self._cannot_go_on(request, Doubt.UNREADABLE)
        else:
            self._carry_out(found)

    def _carry_out(self, found: Found) -> None:
        for mail in found.mails:
            at = min(mail.at or self.received_at, self.received_at)
            for recipient in reading.recipients(mail):
                mailbox.accept(mail.raw, recipient, reading.sender(mail), InboundEmail.Road.WEBHOOK, now=at)
        with self.settling():
            for told in found.told:
                effects.carry_out(told, self.service, self.received_at)
            self._forget(_outcome(found), counts=dict(found.counts))

    def _cannot_go_on(self, request: Replica, doubt: Doubt) -> None:
        """Of many events each goes its own way; a single one waits for a person, findable by who is named in it."""
        parts = reading.divided(request)
        if len(parts) > 1:
            self._divide(parts)
            return
        named = _mentioned(bytes(self.body))
        people = {person.pk: person for address in named[:20] for person in data_subjects.by_email(address)}
        with self.settling():
            Mention.objects.filter(call=self).delete()
            hashes = dict.fromkeys(correspondent_hash(address) for address in named)
            Mention.objects.bulk_create(Mention(call=self, address_hash=one) for one in hashes if one)
            self.write(
                outcome=self.Outcome.REVIEW,
                doubt=doubt,
                review_state=self.Review.OPEN,
                data_subject=next(iter(people.values())) if len(people) == 1 else None,
            )

    def _divide(self, parts: list[tuple[str, bytes]]) -> None:
        rows = [self._part(number, *part) for number, part in enumerate(parts)]
        with self.settling():
            WebhookCall.objects.bulk_create(rows, ignore_conflicts=True)
            self._forget(self.Outcome.DIVIDED, counts={"parts": len(rows)})
        for row in WebhookCall.objects.filter(identity__in=[row.identity for row in rows]).defer("body"):
            jobs.dispatch(row)

    def _part(self, number: int, content_type: str, body: bytes) -> "WebhookCall":
        return WebhookCall(
            identity=keyed_hash(f"{self.identity}:{number}", use="webhook"), service=self.service, kind=self.kind,
            content_type=content_type, body=body, size=len(body), received_at=self.received_at,
        )  # fmt: skip

    def _forget(self, outcome: str, **values: Any) -> None:
        self.write(outcome=outcome, body=b"", **values)


class Mention(models.Model):
    """An address that stands in a call that waits for a person, so that an erasure finds the call."""

    personal_data = NoPersonalData("Keyed hashes: they answer 'is this one in it?', and go with the call.")

    call = models.ForeignKey(WebhookCall, models.CASCADE, related_name="mentions")
    address_hash = CorrespondentHashField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "address_hash"], name="mentioned_once")]

    def __str__(self) -> str:
        return f"mention in call {self.call_id}"


def _outcome(found: Found) -> str:
    if found.mails:
        return WebhookCall.Outcome.MAIL
    return WebhookCall.Outcome.CHANGED if found.told else WebhookCall.Outcome.NOTHING


def _mentioned(body: bytes) -> list[str]:
    """The addresses in a call that are not ours, as far as they can be seen without understanding it."""
    plain = body[:EVENTS_LIMIT].decode("utf-8", "replace").replace("\\u0040", "@")
    text = f"{plain}\n{unquote_plus(plain)}" if "%40" in plain else plain
    found = dict.fromkeys(match.group() for match in ADDRESS.finditer(text))
    return [address for address in found if not addresses.is_our_own(address)][:MENTIONS_LIMIT]


# --- the call comes in -----------------------------------------------------------------------------------


def receive(door: Door, request: HttpRequest, now: datetime | None = None) -> WebhookCall:
    """Proves the caller, stores and commits; whoever gets the row may say "received". The same again is that row."""
    now = now or timezone.now()
    proof.prove_password(door, request)
    replica = Replica(request.META, _body(door, request))
    proof.prove(door, replica, now)
    row = _stored(door, replica, now)
    if row.job_state == Job.State.NEW and row.hinted_at is None:
        jobs.dispatch(row)
    return row


def _body(door: Door, request: HttpRequest) -> bytes:
    """Read under our own limit: Django's is too small for a mail and too large for events."""
    limit = settings.MAIL_MAX_BYTES if door.kind == INBOUND else EVENTS_LIMIT
    said = str(request.META.get("CONTENT_LENGTH") or "0")
    if said.isdigit() and int(said) > limit:
        raise TooLarge
    body: bytes = request.read(limit + 1)
    if len(body) > limit:
        raise TooLarge
    return body


def _stored(door: Door, request: Replica, now: datetime) -> WebhookCall:
    row = WebhookCall(
        identity=proof.identity_of(door, request), single_use=proof.single_use(door, request), service=door.service,
        kind=door.kind, content_type=str(request.META.get("CONTENT_TYPE", ""))[:255], body=request.body,
        size=len(request.body), received_at=now,
    )  # fmt: skip
    with transaction.atomic(durable=True):
        WebhookCall.objects.bulk_create([row], ignore_conflicts=True)
        stored = WebhookCall.objects.defer("body").filter(identity=row.identity).first()
    if stored is None:  # the proof of one call came with the words of another
        raise Refused
    return stored


def mark_reviewed(call: WebhookCall, *, actor: Any, now: datetime | None = None) -> bool:
    """A colleague has looked; what the call said is forgotten. False when somebody else was faster."""
    with transaction.atomic():
        waiting = WebhookCall.objects.filter(pk=call.pk, review_state=WebhookCall.Review.OPEN)
        done = waiting.update(
            review_state=WebhookCall.Review.DONE, reviewed_by=actor, reviewed_at=now or timezone.now(), body=b"",
            data_subject=None,
        )  # fmt: skip
        if done:
            Mention.objects.filter(call=call).delete()
    return bool(done)
