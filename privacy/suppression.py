"""Which addresses must never be written to again? Keyed hashes that outlive the person's erasure."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from .encryption import keyed_hash
from .fields import PostcodeField, normalise_email
from .personal_data import NoPersonalData, contact_columns
from .phone_numbers import normalise_phone
from .vocabulary import Channel, Sender, Source

# One number, two roads.
BY_PHONE = (Channel.SMS, Channel.PHONE)


class WhoseIsIt(Exception):
    """A row that says neither which address it stands for nor that only the hash is known: nobody could be told."""


class NotHere(Exception):
    """Rows change and go by the verbs of this room alone, so that whoever follows the list hears of it."""


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    """The list; behind its one door in, and its one door out, higher rooms hear of what changes."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Adds, and tells whoever follows in the same transaction. WhoseIsIt for a row that does not say."""
        rows = list(objs)
        if any(row.address is None for row in rows):
            raise WhoseIsIt
        with transaction.atomic(using=self.db, savepoint=False):
            _tell([row for row in rows if row.address], is_new=True)
            return super().bulk_create(rows, *args, **kwargs)

    def lift(self, address: str) -> None:
        """Takes these rows off, all of which stand for this address."""
        with transaction.atomic(using=self.db, savepoint=False):
            rows = list(self)
            for row in rows:
                row.address = address
            super().delete()
            _tell(rows, is_new=False)

    def update(self, **kwargs: Any) -> int:
        """Refused."""
        raise NotHere

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused; see `lift`."""
        raise NotHere


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

    objects = SuppressionQuerySet.as_manager()
    # Stored nowhere: the address as it was named when the row was made, empty where only its hash was known.
    address: str | None = None

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hash", "channel", "sender", "service"], name="suppressed_once_a_list")
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.sender} {self.reason}"

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it one entry of one list."""
        return self.hash, self.channel, self.sender, self.service

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refused: rows come by the door for many."""
        raise NotHere

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused; see `lift`."""
        raise NotHere


Follower = Callable[[Sequence[Suppression], bool], None]
# What higher rooms do in the very transaction in which the list changes: told of rows before they are added (True),
# some of which may be there already, and of rows that were taken off (False).
FOLLOWERS: list[Follower] = []


def follows(follower: Follower) -> Follower:
    """Registers the function below it."""
    FOLLOWERS.append(follower)
    return follower


def _tell(rows: Sequence[Suppression], *, is_new: bool) -> None:
    for follower in FOLLOWERS if rows else ():
        follower(rows, is_new)


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


def ways_to(people: Collection[Any], emails: Mapping[Any, Iterable[str]]) -> dict[Any, list[tuple[str, Channel]]]:
    """By what the list may know each person, by primary key, each with its channel; her `emails` are the caller's."""
    postal = postal_of(people)
    return {
        person.pk: [
            *((address, Channel.EMAIL) for address in emails.get(person.pk, ())),
            *((person.phone, channel) for channel in BY_PHONE if person.phone),
            *((reader, Channel.POST) for reader in postal.get(person.pk, ())),
        ]
        for person in people
    }


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
    said: dict[str, Any] = {"reason": reason, "source": source, "since": since or timezone.now()}
    Suppression.objects.bulk_create(_rows(address, channel, senders, **said), ignore_conflicts=True)


def suppress_hash(
    hashed: str, *, channel: str, reason: str, senders: Any = Sender, source: str = "", since: datetime | None = None
) -> None:
    """The same for what is known as a hash alone, as after a restore."""
    said: dict[str, Any] = {"reason": reason, "source": source, "since": since or timezone.now()}
    Suppression.objects.bulk_create(
        (listed("", hash=hashed, channel=channel, sender=sender, **said) for sender in senders), ignore_conflicts=True
    )


def suppress_all(ways: Iterable[tuple[str, str]], *, reason: str, since: datetime) -> None:
    """Every address, each with its channel, for every sender; in one statement."""
    rows = [row for address, channel in ways for row in _rows(address, channel, Sender, reason=reason, since=since)]
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)


def _rows(address: str, channel: str, senders: Any, **said: Any) -> list[Suppression]:
    hashed = address_hash(address, channel)
    return [listed(address, hash=hashed, channel=channel, sender=sender, **said) for sender in senders]


def listed(address: str, **said: Any) -> Suppression:
    """A row that is not stored yet, and says for which address it stands."""
    row = Suppression(**said)
    row.address = address
    return row


def already_listed(rows: Iterable[Suppression]) -> set[tuple[str, ...]]:
    """The keys of those among these, not stored yet, that stand on the list."""
    found = Suppression.objects.filter(hash__in={row.hash for row in rows})
    return set(found.values_list("hash", "channel", "sender", "service"))


def lift(address: str, *, channel: str = Channel.EMAIL, sender: str = Sender.OWN) -> None:
    """Takes an address off our own list because its owner, signed in, has said yes again.

    What a preference service lists stays; the gate weighs it against her later yes.
    """
    mine = Suppression.objects.filter(hash=address_hash(address, channel), channel=channel, sender=sender, service="")
    mine.lift(address)


def is_suppressed(
    address: str, *, channel: str = Channel.EMAIL, sender: str = Sender.OWN, at: datetime | None = None
) -> bool:
    """Whether this address may not be written to."""
    rows = Suppression.objects.filter(hash=address_hash(address, channel), channel=channel, sender=sender)
    return rows.filter(since__lte=at or timezone.now()).exists()
