"""What did the person decide? An append-only ledger; a preference is its latest entry, never a second copy."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from . import audit
from .append_only import AppendOnlyModel, AppendOnlyQuerySet
from .personal_data import Keep, PersonalData, Retention, declarations
from .policies import PolicyVersion
from .recipients import Recipient
from .vocabulary import CONTAINED_IN, Category, Channel, Decision, LawfulBasis, Occasion, Purpose, Sender, Source

DECISIONS_OF_MARKETING = [(channel, sender) for sender in Sender for channel in Channel]


class ConsentQuerySet(AppendOnlyQuerySet):
    """The ledger, read; and the door for many entries at once, behind which higher rooms hear of them."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Adds, and tells whoever follows the ledger in the same transaction."""
        with transaction.atomic(using=self.db, savepoint=False):
            entries = super().bulk_create(objs, *args, **kwargs)
            _tell(entries)
        return entries

    def of(self, data_subject: Any, until: datetime | None = None) -> "ConsentQuerySet":
        """One person's entries, the one in force first; as known at `until` if given.

        In force is the latest by event time; at the same instant "no" stands above "yes".
        """
        entries = self.filter(data_subject=data_subject)
        if until is not None:
            entries = entries.filter(occurred_at__lte=until)
        return entries.order_by("-occurred_at", "-decision", "-pk")


class ConsentEntry(AppendOnlyModel):
    """One decision for one purpose, channel, sender and recipient, with its proof (GDPR Art. 7(1))."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.CHOICES,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="occurred_at", years=6, required_by="UK GDPR Art. 7(1), proof of consent"),
        erase=Keep("Proves what you agreed to and when you withdrew it."),
        fields=(
            "purpose", "channel", "sender", "recipient", "decision", "wording", "policy", "source", "page",
            "occasion", "occurred_at",
        ),
        not_personal=("lawful_basis", "actor", "recorded_at"),
        provided=("purpose", "channel", "sender", "recipient", "decision", "occurred_at"),
    )  # fmt: skip

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.PROTECT, related_name="consent_entries")
    purpose = models.CharField(max_length=50)
    channel = models.CharField(max_length=10, choices=Channel, blank=True)
    sender = models.CharField(max_length=12, choices=Sender, blank=True)
    recipient = models.ForeignKey(Recipient, models.PROTECT, null=True, blank=True)
    decision = models.CharField(max_length=10, choices=Decision)
    lawful_basis = models.CharField(max_length=30, choices=LawfulBasis, default=LawfulBasis.CONSENT)
    wording = models.TextField(blank=True, help_text="Exactly what the person read or wrote.")
    policy = models.ForeignKey(PolicyVersion, models.PROTECT, null=True, blank=True)
    source = models.CharField(max_length=20, choices=Source)
    page = models.CharField(max_length=200, blank=True, help_text="Site and form, such as northlight.example/checkout.")
    # May be NULL, because a column that may not makes SQLite build the table anew, without the triggers that guard it.
    occasion = models.CharField(max_length=12, choices=Occasion, blank=True, null=True)  # noqa: DJ001
    actor = models.CharField(max_length=100)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = ConsentQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = "choice"
        verbose_name_plural = "choices"
        base_manager_name = "objects"
        indexes = [
            models.Index(
                fields=["data_subject", "purpose", "channel", "sender", "recipient", "-occurred_at"],
                name="consent_current",
            ),
            # How long withdrawals took, for figures and alarms.
            models.Index(
                fields=["recorded_at"], condition=models.Q(decision=Decision.WITHDRAWN), name="consent_withdrawn"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.channel} {self.sender} {self.decision}".replace("  ", " ")

    def _add(self, *args: Any, **kwargs: Any) -> None:
        """The other door: adds one, and tells whoever follows."""
        with transaction.atomic(savepoint=False):
            super()._add(*args, **kwargs)
            _tell([self])


Follower = Callable[[Sequence[ConsentEntry]], None]
# What higher rooms do in the very transaction in which choices are written, whoever writes them and by which door.
FOLLOWERS: list[Follower] = []
_breath: ContextVar[list[ConsentEntry] | None] = ContextVar("breath", default=None)


def follows(follower: Follower) -> Follower:
    """Registers the function below it; it gets the entries that were made in one breath."""
    FOLLOWERS.append(follower)
    return follower


@contextmanager
def one_breath() -> Iterator[None]:
    """Entries made meanwhile are told together, at the end of the block and in its transaction."""
    if _breath.get() is not None:
        yield
        return
    entries: list[ConsentEntry] = []
    with transaction.atomic(savepoint=False):
        token = _breath.set(entries)
        try:
            yield
        finally:
            _breath.reset(token)
        _tell(entries)


def _tell(entries: Sequence[ConsentEntry]) -> None:
    gathered = _breath.get()
    if gathered is not None:
        gathered.extend(entries)
    elif entries:
        for follower in FOLLOWERS:
            follower(entries)


@dataclass(frozen=True)
class Choice:
    """What a decision is about."""

    purpose: str
    channel: str = ""
    sender: str = ""
    recipient: int | None = None


def decide(
    data_subject: Any,
    purpose: str,
    decision: Decision,
    *,
    channel: str = "",
    sender: str = "",
    recipient: Recipient | None = None,
    source: Source,
    actor: Any,
    wording: str = "",
    page: str = "",
    occurred_at: datetime | None = None,
    occasion: Occasion | None = None,
) -> ConsentEntry:
    """The only door through which a choice enters, whoever brings it: web, email, letter, telephone (Art. 7)."""
    choice = Choice(purpose, channel, sender, recipient.pk if recipient else None)
    [entry] = decide_all(
        data_subject, [choice], decision, source=source, actor=actor, wording=wording, page=page,
        occurred_at=occurred_at, occasion=occasion,
    )  # fmt: skip
    return entry


def decide_all(
    data_subject: Any,
    choices: Iterable[Choice],
    decision: Decision,
    *,
    source: Source,
    actor: Any,
    wording: str = "",
    page: str = "",
    occurred_at: datetime | None = None,
    occasion: Occasion | None = None,
) -> list[ConsentEntry]:
    """The same answer to several choices, said in one breath: an entry and a line in the audit log for each."""
    now = timezone.now()
    same: dict[str, Any] = {
        "data_subject": data_subject,
        "decision": decision,
        "source": source,
        "actor": audit.reference(actor),
        "wording": wording,
        "page": page,
        "occasion": occasion,
        "occurred_at": min(occurred_at or now, now),
        "recorded_at": now,
    }
    with transaction.atomic(savepoint=False):
        same["policy"] = PolicyVersion.objects.in_force(timezone.localdate())
        entries = ConsentEntry.objects.bulk_create(
            ConsentEntry(
                purpose=choice.purpose, channel=choice.channel, sender=choice.sender, recipient_id=choice.recipient,
                **same,
            )
            for choice in choices
        )  # fmt: skip
        for entry in entries:
            audit.record(
                f"consent.{decision}", actor=actor, subject=data_subject, target=entry, purpose=entry.purpose,
                source=source, channel=entry.channel, sender=entry.sender,
            )  # fmt: skip
    return entries


def withdraw_marketing(
    data_subject: Any,
    *,
    channels: Iterable[str] = Channel,
    senders: Iterable[str] = Sender,
    source: Source,
    actor: Any,
    wording: str = "",
    page: str = "",
    occurred_at: datetime | None = None,
) -> list[ConsentEntry]:
    """Unsubscribe: off for every channel and sender named; all of them by default (Art. 21(2))."""
    off = [Choice(Purpose.MARKETING, channel, sender) for sender in senders for channel in channels]
    return decide_all(
        data_subject, off, Decision.WITHDRAWN, source=source, actor=actor, wording=wording, page=page,
        occurred_at=occurred_at,
    )  # fmt: skip


def choices(data_subject: Any, at: datetime | None = None) -> dict[Choice, ConsentEntry]:
    """Every choice the person has made, each with the entry in force, in one query."""
    latest: dict[Choice, ConsentEntry] = {}
    for entry in ConsentEntry.objects.of(data_subject, until=at):
        latest.setdefault(Choice(entry.purpose, entry.channel, entry.sender, entry.recipient_id), entry)
    return latest


def latest(
    data_subject: Any,
    purpose: str,
    *,
    channel: str = "",
    sender: str = "",
    recipient: Recipient | None = None,
    at: datetime | None = None,
) -> ConsentEntry | None:
    """The entry in force for one choice; None when the person has never decided."""
    entries = ConsentEntry.objects.of(data_subject, until=at)
    return entries.filter(purpose=purpose, channel=channel, sender=sender, recipient=recipient).first()


def is_granted(
    data_subject: Any,
    purpose: str,
    *,
    channel: str = "",
    sender: str = "",
    recipient: Recipient | None = None,
    at: datetime | None = None,
) -> bool:
    """Whether the person has said yes and not taken it back; accepting a policy is not a yes (MAD-04)."""
    entry = latest(data_subject, purpose, channel=channel, sender=sender, recipient=recipient, at=at)
    return entry is not None and entry.decision == Decision.GRANTED and entry.source != Source.POLICY_ACCEPTANCE


def require_explicit_consent(sender: type[models.Model], instance: models.Model, **kwargs: Any) -> None:
    """Refuses to save sensitive data without a yes to exactly that (Art. 9(2)(a), CLG-16); connected by `AppConfig`."""
    said = next(d for d in declarations() if d.model is sender)
    if not any(getattr(instance, name) for name in said.special_category):
        return
    subject = instance
    for step in () if said.data_subject == "self" else (said.data_subject or "").split("__"):
        subject = getattr(subject, step)
    if subject.pk is None or not is_granted(subject, Purpose.HEALTH_FIT):
        raise ValidationError(
            dict.fromkeys(said.special_category, "Sensitive information needs your explicit yes first.")
        )


def covers(no: ConsentEntry, yes: ConsentEntry) -> bool:
    """Whether a "no" says no to this "yes" too: it is about the same or what contains it, on any or the same road."""
    same_road = no.channel in ("", yes.channel) or not yes.channel
    is_of_others = yes.sender == Sender.THIRD_PARTY or yes.purpose == Purpose.PARTNER_OFFERS
    if is_of_others and no.purpose == Purpose.MARKETING and no.sender == Sender.THIRD_PARTY:
        return same_road
    purpose = Purpose.PARTNER_OFFERS if is_of_others else yes.purpose
    contains = no.purpose in {yes.purpose, purpose, *CONTAINED_IN.get(purpose, ())}
    same_sender, same_recipient = no.sender in ("", yes.sender), no.recipient_id in (None, yes.recipient_id)
    return contains and same_road and same_sender and same_recipient
