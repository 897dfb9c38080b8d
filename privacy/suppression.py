"""Which addresses must never be written to again? Keyed hashes that outlive the person's erasure."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from .encryption import keyed_hash
from .fields import normalise_email
from .personal_data import NoPersonalData
from .vocabulary import Channel, Sender, Source


class Suppression(models.Model):
    """One address on one channel for one sender, as a hash that only our key can compute."""

    personal_data = NoPersonalData("Keyed hashes: they answer 'is this one on it?' and nothing else.")

    class Reason(models.TextChoices):
        OBJECTION = "objection", "the person said no"
        COMPLAINT = "complaint", "reported as spam"
        BOUNCE = "bounce", "address does not exist"
        PREFERENCE_SERVICE = "preference_service", "listed with a preference service"
        ERASURE = "erasure", "erased at the person's wish"

    hash = models.CharField(max_length=64)
    channel = models.CharField(max_length=10, choices=Channel)
    sender = models.CharField(max_length=12, choices=Sender)
    reason = models.CharField(max_length=20, choices=Reason)
    source = models.CharField(max_length=20, choices=Source, blank=True)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hash", "channel", "sender"], name="suppressed_once")]

    def __str__(self) -> str:
        return f"{self.channel} {self.sender} {self.reason}"


def address_hash(address: str, channel: str = Channel.EMAIL) -> str:
    """The keyed hash of a normalised address; of a phone number, its digits."""
    plain = normalise_email(address) if channel == Channel.EMAIL else "".join(c for c in address if c.isalnum()).lower()
    return keyed_hash(f"{channel}:{plain}", use="suppression")


def suppress(
    address: str,
    *,
    reason: str,
    channel: str = Channel.EMAIL,
    senders: Any = Sender,
    source: str = "",
    since: datetime | None = None,
) -> None:
    """Puts an address on the list; staying on it is the default, so the first reason stands."""
    same = {"hash": address_hash(address, channel), "channel": channel, "reason": reason, "source": source}
    rows = [Suppression(sender=sender, since=since or timezone.now(), **same) for sender in senders]
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)


def lift(address: str, *, channel: str = Channel.EMAIL, sender: str = Sender.OWN) -> None:
    """Takes an address off the list because its owner, signed in, has said yes again."""
    Suppression.objects.filter(hash=address_hash(address, channel), channel=channel, sender=sender).delete()


def is_suppressed(
    address: str, *, channel: str = Channel.EMAIL, sender: str = Sender.OWN, at: datetime | None = None
) -> bool:
    """Whether this address may not be written to."""
    rows = Suppression.objects.filter(hash=address_hash(address, channel), channel=channel, sender=sender)
    return rows.filter(since__lte=at or timezone.now()).exists()
