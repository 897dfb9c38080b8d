"""Which addresses must never be written to again? Keyed hashes that outlive the person's erasure."""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from .encryption import keyed_hash
from .fields import PostcodeField, normalise_email
from .personal_data import NoPersonalData, contact_columns
from .phone_numbers import normalise_phone
from .vocabulary import Channel, Sender, Source


class Suppression(models.Model):
    """One address on one channel for one sender, as a hash that only our key can compute.

    What a preference service lists stands beside what the person told us herself: her own later yes outweighs the
    service's list, never her own no.
    """

    personal_data = NoPersonalData("Keyed hashes: they answer 'is this one on it?' and nothing else.")

    class Reason(models.TextChoices):
        OBJECTION = "objection", "the person said no"
        COMPLAINT = "complaint", "reported as spam"
        BOUNCE = "bounce", "address does not exist"
        PREFERENCE_SERVICE = "preference_service", "listed with a preference service"
        ERASURE = "erasure", "erased at the person's wish"

    class Service(models.TextChoices):
        TPS = "tps", "Telephone Preference Service"
        CTPS = "ctps", "Corporate Telephone Preference Service"
        MPS = "mps", "Mailing Preference Service"
        EMAIL = "eps", "email preference service"
        DNC = "dnc", "Do Not Call Registry"
        OTHER = "other", "preference service"

    hash = models.CharField(max_length=64)
    channel = models.CharField(max_length=10, choices=Channel)
    sender = models.CharField(max_length=12, choices=Sender)
    reason = models.CharField(max_length=20, choices=Reason)
    source = models.CharField(max_length=20, choices=Source, blank=True)
    since = models.DateTimeField(default=timezone.now)
    service = models.CharField(max_length=10, choices=Service, blank=True, help_text="Whose list; empty: our own.")
    listed_on = models.DateField(null=True, help_text="The day of the service's listing, which may count later.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hash", "channel", "sender", "service"], name="suppressed_once_a_list")
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.sender} {self.reason}"


def address_hash(address: str, channel: str = Channel.EMAIL) -> str:
    """The keyed hash of a normalised address; of a phone number with its country; for post of `postal(name, code)`."""
    plain = address
    if channel != Channel.POST:
        plain = normalise_email(address) if channel == Channel.EMAIL else normalise_phone(address)
    return keyed_hash(f"{channel}:{plain}", use="suppression")


TITLES = set("mr mrs ms miss mx dr prof sir lady herr frau mme mlle sig sra sr dhr mevr".split())


def postal(name: str, postcode: str) -> str:
    """By what people are known to a list for post: first letter, last name and postcode; empty where one is missing.

    "Mr J. Smith" of a preference service and our "John Peter Smith" of the same postcode are the same reader.
    """
    words = [word for word in _words(name) if word not in TITLES] or _words(name)
    code = "".join(_words(postcode))
    return f"{words[0][0]} {words[-1]} {code}" if words and code else ""


def postal_of(people: Collection[Any]) -> dict[Any, list[str]]:
    """What `postal` gives for each person: her name with each postcode that the shop has of her."""
    names = {person.pk: person.display_name for person in people}
    found: dict[Any, list[str]] = defaultdict(list)
    for said, column in contact_columns(PostcodeField):
        rows = said.rows.filter(**{f"{said.subject_lookup}__in": list(names)})
        for pk, postcode in rows.values_list(said.subject_lookup, column):
            if reader := postal(names[pk], postcode):
                found[pk].append(reader)
    return found


def _words(text: str) -> list[str]:
    """In small letters without accents; apostrophes and hyphens join."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("ø", "o"))
    joined = "".join(c for c in plain if not unicodedata.combining(c) and c not in "'’-")
    return "".join(c if c.isalnum() else " " for c in joined).split()


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
    suppress_hash(
        address_hash(address, channel), channel=channel, reason=reason, senders=senders, source=source, since=since
    )


def suppress_hash(
    hashed: str, *, channel: str, reason: str, senders: Any = Sender, source: str = "", since: datetime | None = None
) -> None:
    """The same for what is known as a hash alone, as after a restore."""
    rows = _rows(hashed, channel, senders, reason=reason, source=source, since=since or timezone.now())
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)


def suppress_all(ways: Iterable[tuple[str, str]], *, reason: str, since: datetime) -> None:
    """Every address, each with its channel, for every sender; in one statement."""
    hashed = [(address_hash(address, channel), channel) for address, channel in ways]
    rows = [row for one, channel in hashed for row in _rows(one, channel, Sender, reason=reason, since=since)]
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)


def _rows(hashed: str, channel: str, senders: Any, **said: Any) -> list[Suppression]:
    return [Suppression(hash=hashed, channel=channel, sender=sender, **said) for sender in senders]


def lift(address: str, *, channel: str = Channel.EMAIL, sender: str = Sender.OWN) -> None:
    """Takes an address off our own list because its owner, signed in, has said yes again.

    What a preference service lists stays; the gate weighs it against her later yes.
    """
    mine = Suppression.objects.filter(hash=address_hash(address, channel), channel=channel, sender=sender, service="")
    mine.delete()


def is_suppressed(
    address: str, *, channel: str = Channel.EMAIL, sender: str = Sender.OWN, at: datetime | None = None
) -> bool:
    """Whether this address may not be written to."""
    rows = Suppression.objects.filter(hash=address_hash(address, channel), channel=channel, sender=sender)
    return rows.filter(since__lte=at or timezone.now()).exists()
