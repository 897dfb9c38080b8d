"""What did we do? References, never values; each entry hashed over the one before with a key the database lacks."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from .append_only import AppendOnlyModel
from .encryption import keyed_hash
from .personal_data import Keep, NoPersonalData, PersonalData, Retention
from .vocabulary import Category, LawfulBasis, Purpose

GENESIS = "0" * 64
LOCK = 0x7072_6976
REFERENCE = re.compile(r"[A-Za-z0-9_.:/+-]{0,100}")


class NotAReference(ValueError):
    """A value was offered to the audit log, which keeps references only."""


class AuditEntry(AppendOnlyModel):
    """One thing that was done: event, actor, person and object by reference."""

    personal_data = PersonalData(
        data_subject=None,
        category=Category.SECURITY,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="at", years=6, required_by="UK GDPR Art. 5(2), accountability"),
        erase=Keep("Holds references only; proves that promises were kept."),
        fields=("actor", "subject", "target", "details"),
        not_personal=("at", "event", "previous_hash", "hash"),
    )

    at = models.DateTimeField()
    event = models.CharField(max_length=60)
    actor = models.CharField(max_length=100)
    subject = models.CharField(max_length=60, blank=True)
    target = models.CharField(max_length=100, blank=True)
    details = models.JSONField(default=dict, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject", "-id"], name="audit_by_subject"),
            models.Index(fields=["target", "-id"], name="audit_by_target"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.event}"

    def computed_hash(self) -> str:
        """What `hash` must be."""
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        content = [self.previous_hash, at, self.event, self.actor, self.subject, self.target, self.details]
        return keyed_hash(json.dumps(content, sort_keys=True, separators=(",", ":")), use="audit")


class AuditHead(models.Model):
    """Where the log ends, sealed with the key: a chain alone does not show that its last links were cut off."""

    personal_data = NoPersonalData("The number and the hash of the last entry.")

    entry = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"entry {self.entry}"

    @classmethod
    def move_to(cls, entry: AuditEntry) -> None:
        """Seals this entry as the last one; only under the log's lock."""
        values = {"entry": entry.pk, "hash": entry.hash, "seal": _seal(entry)}
        if not cls.objects.filter(pk=1).update(**values):
            cls.objects.create(pk=1, **values)

    @property
    def is_genuine(self) -> bool:
        """Whether the seal was made with the key."""
        return self.seal == _seal(AuditEntry(pk=self.entry, hash=self.hash))


def _seal(entry: AuditEntry) -> str:
    return keyed_hash(f"{entry.pk}:{entry.hash}", use="audit-head")


def reference(instance: models.Model | str | None) -> str:
    """Such as "customers.customer:42"; strings such as "system:purge" stand for themselves."""
    if instance is None:
        return ""
    return instance if isinstance(instance, str) else f"{instance._meta.label_lower}:{instance.pk}"


def record(
    event: str,
    *,
    actor: models.Model | str,
    subject: models.Model | None = None,
    target: models.Model | str | None = None,
    now: datetime | None = None,
    **details: Any,
) -> AuditEntry:
    """Adds one entry in the transaction of what it records; NotAReference for anything that could be a value."""
    _only_references(event, details)
    entry = AuditEntry(
        at=now or timezone.now(),
        event=event,
        actor=reference(actor),
        subject=reference(subject),
        target=reference(target),
        details=details,
    )
    gathered = _gathered.get()
    if gathered is None:
        _append([entry])
    else:
        gathered.append(entry)
    return entry


_gathered: ContextVar[list[AuditEntry] | None] = ContextVar("gathered", default=None)


@contextmanager
def gathering() -> Iterator[None]:
    """Entries made meanwhile are added at the end, in their order, so that the log is locked once and not for long."""
    entries: list[AuditEntry] = []
    token = _gathered.set(entries)
    try:
        with transaction.atomic(savepoint=False):
            yield
            _append(entries)
    finally:
        _gathered.reset(token)


def _append(entries: list[AuditEntry]) -> None:
    """Each hashed over the one before; the last one is sealed."""
    if not entries:
        return
    with transaction.atomic(savepoint=False):
        _lock()
        previous = AuditHead.objects.values_list("hash", flat=True).first() or GENESIS
        for entry in entries:
            entry.previous_hash = previous
            previous = entry.hash = entry.computed_hash()
        AuditEntry.objects.bulk_create(entries)
        AuditHead.move_to(entries[-1])


def _lock() -> None:
    """One writer at a time until its transaction ends; SQLite's IMMEDIATE transactions are that already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _only_references(event: str, details: Any) -> None:
    if isinstance(details, dict):
        for key, value in details.items():
            _only_references(event, [key, value])
    elif isinstance(details, Iterable) and not isinstance(details, str):
        for value in details:
            _only_references(event, value)
    elif isinstance(details, str) and not REFERENCE.fullmatch(details):
        raise NotAReference(f"{event}: the audit log keeps references, not values")


@dataclass(frozen=True)
class Verification:
    """The answer of `verify`: how many entries, the last hash, and what is wrong if anything."""

    count: int
    head: str
    broken: int | None
    missing: str = ""

    @property
    def is_intact(self) -> bool:
        """Whether nothing was changed, taken out or cut off."""
        return self.broken is None and not self.missing

    def __str__(self) -> str:
        if self.broken is not None:
            return f"broken at entry {self.broken}"
        if self.missing:
            return f"cut off: the head that was noted, {self.missing}, is not in the log"
        return f"intact, {self.count} entries, head {self.head}"


def verify(noted: str | None = None) -> Verification:
    """Recomputes the chain in constant memory; it must hold its sealed end and, if given, the head noted elsewhere."""
    end, found_noted = AuditHead.objects.first(), noted in {None, GENESIS}
    count, previous, found_end = 0, None, end is None
    for entry in AuditEntry.objects.order_by("pk").iterator(chunk_size=2000):
        begins_well = previous is not None or entry.previous_hash == GENESIS or _vouched_for(entry)
        follows = previous is None or entry.previous_hash == previous
        if not (begins_well and follows and entry.hash == entry.computed_hash()):
            return Verification(count, previous or GENESIS, entry.pk)
        count, previous = count + 1, entry.hash
        found_end = found_end or (end is not None and entry.hash == end.hash)
        found_noted = found_noted or entry.hash == noted
    head = previous or GENESIS
    if not found_end or (end is None) != (count == 0) or (end is not None and not end.is_genuine):
        return Verification(count, head, end.entry if end else 0)
    return Verification(count, head, None, missing="" if found_noted else str(noted))


def _vouched_for(first: AuditEntry) -> bool:
    return AuditEntry.objects.filter(event="audit.purged", details__head=first.previous_hash).exists()


def of(instance: models.Model) -> models.QuerySet[AuditEntry]:
    """What was done to this object, newest first."""
    return AuditEntry.objects.filter(target=reference(instance)).order_by("-pk")
