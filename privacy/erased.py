"""Who was erased? Keyed hashes of number, addresses and phone, so that no list and no file brings the person back."""

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.utils import timezone

from .encryption import keyed_hash
from .fields import normalise_email
from .personal_data import NoPersonalData
from .phone_numbers import normalise_phone

NUMBER, EMAIL, PHONE = "number", "email", "phone"
Identifier = tuple[str, str]


class ErasedIdentifier(models.Model):
    """One thing by which an erased person could be known again, as a hash that only our key can compute."""

    personal_data = NoPersonalData("Keyed hashes: they answer 'was this one erased?' and nothing else.")

    hash = models.CharField(max_length=64, unique=True)
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"erased identifier {self.pk}"


def identifier_hash(kind: str, value: str) -> str:
    """The keyed hash of a number, an address or a phone number, however it was typed."""
    if kind == EMAIL:
        plain = normalise_email(value)
    else:
        plain = normalise_phone(value) if kind == PHONE else "".join(filter(str.isalnum, value)).casefold()
    return keyed_hash(f"{kind}:{plain}", use="erased")


def remember(identifiers: Iterable[Identifier], *, now: datetime) -> None:
    """Writes down that whoever is known by these was erased (Art. 17; FAULTS E54)."""
    remember_hashes(hashes_of(identifiers), now=now)


def hashes_of(identifiers: Iterable[Identifier]) -> set[str]:
    """The keyed hashes of these, the empty ones aside."""
    return {identifier_hash(kind, value) for kind, value in identifiers if value}


def remember_hashes(hashes: Iterable[str], *, now: datetime) -> None:
    """The same for what is known as hashes alone, as after a restore."""
    rows = [ErasedIdentifier(hash=one, since=now) for one in sorted(set(hashes))]
    ErasedIdentifier.objects.bulk_create(rows, ignore_conflicts=True)


def known(hashes: Iterable[str]) -> set[str]:
    """Of these hashes, those of somebody erased; one query."""
    return set(ErasedIdentifier.objects.filter(hash__in=set(hashes)).values_list("hash", flat=True))


def was_erased(*identifiers: Identifier) -> bool:
    """Whether somebody known by one of these was erased."""
    return bool(known(hashes_of(identifiers)))
