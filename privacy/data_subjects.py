"""Who is the person? The shop's own model of a customer, reached through `DATA_SUBJECT_MODEL` alone."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol, cast

from django.apps import apps
from django.conf import settings
from django.db import models

from .fields import NormalisedEmailField, normalise_email
from .personal_data import contact_columns
from .statements import Among

REQUIRED = (
    "number", "display_name", "contact_email", "email_addresses", "phone", "account", "language", "erased_at",
)  # fmt: skip
REQUIRED_OF_MANAGER = ("by_number", "of_account", "search")


class DataSubject(Protocol):
    """What the privacy engine needs to know of a person; the shop's model provides it (`check` verifies)."""

    pk: Any
    number: str
    language: str
    phone: str
    account: Any
    erased_at: datetime | None

    @property
    def display_name(self) -> str:
        """The name as the person writes it, or the number where there is none."""

    @property
    def contact_email(self) -> str:
        """Where letters go; empty where no address is known."""

    def email_addresses(self) -> list[str]:
        """All of the person's addresses, normalised, the primary one first."""


class DataSubjectQuerySet(models.QuerySet[Any]):
    """The look-ups that the shop's model offers through its default manager; subclass and fill in."""

    def by_number(self, text: str) -> "DataSubjectQuerySet":
        """Whoever has this number as a person types it; none when it is not a number of ours."""
        raise NotImplementedError

    def of_account(self, account: Any) -> "DataSubjectQuerySet":
        """The customer who signs in with this account."""
        raise NotImplementedError

    def search(self, text: str) -> "DataSubjectQuerySet":
        """For staff: exact or by beginning, over number, name and address, by index."""
        raise NotImplementedError


def model() -> type[models.Model]:
    """The shop's model of a person."""
    return apps.get_model(settings.DATA_SUBJECT_MODEL)


def among(pks: Collection[Any]) -> Among:
    """For `data_subject__in=`: these people, by primary key."""
    return Among(pks, model()._meta.pk)


def people() -> DataSubjectQuerySet:
    """All of them."""
    return cast(DataSubjectQuerySet, model()._default_manager.all())


def of_account(account: Any) -> Any | None:
    """The customer behind a signed-in account; None for staff and strangers."""
    return people().of_account(account).first() if getattr(account, "is_authenticated", False) else None


def by_number(text: str) -> Any | None:
    """The customer with this number; None when it is wrong or unknown."""
    return people().by_number(text).first()


class Glimpse(NamedTuple):
    """As much of a person as a list of very many is asked about."""

    pk: Any
    number: str
    display_name: str
    phone: str
    erased_at: datetime | None
    date_of_birth: date | None


def can_be_glimpsed(someone: type[models.Model]) -> bool:
    """Whether the shop keeps this in columns; elsewhere lists are asked with the people themselves."""
    return {column.name for column in someone._meta.concrete_fields}.issuperset(set(Glimpse._fields) - {"pk"})


def glimpses(some: DataSubjectQuerySet) -> Iterable[Any]:
    """Of each a glimpse, which costs a third, where that can be had."""
    return map(Glimpse._make, some.values_list(*Glimpse._fields)) if can_be_glimpsed(some.model) else some


def by_numbers(numbers: Collection[str], *, briefly: bool = False) -> dict[str, Any]:
    """The person of each number, blanks and dashes aside; `briefly` a glimpse. Numbers of nobody are not in it."""
    plain = {number: "".join(letter for letter in number if letter.isalnum()) for number in numbers}
    wanted = Among(set(plain.values()), model()._meta.get_field("number"))
    some = people().filter(number__in=wanted)
    found = {person.number: person for person in (glimpses(some) if briefly else some)}
    return {number: found[digits] for number, digits in plain.items() if digits in found}


def by_email(address: str) -> list[Any]:
    """Everybody who has this address, compared normalised; several when a household shares it."""
    known = _looked_up.get() or {}
    return known[address] if address in known else by_emails([address])[address]


_looked_up: ContextVar[dict[str, list[Any]] | None] = ContextVar("looked_up", default=None)


@contextmanager
def looked_up(addresses: Collection[str]) -> Iterator[None]:
    """Who has these addresses is found out at once, and not again in the meantime."""
    token = _looked_up.set(by_emails(addresses))
    try:
        yield
    finally:
        _looked_up.reset(token)


def by_emails(addresses: Collection[str], *, briefly: bool = False) -> dict[str, list[Any]]:
    """Everybody who has each address, wherever the shop declares that it keeps addresses; `briefly` a glimpse each."""
    if briefly and can_be_glimpsed(model()):
        return _glimpsed(addresses)
    owners = owners_of(addresses)
    pks = {pk for owned in owners.values() for pk in owned}
    found = {person.pk: person for person in people().filter(pk__in=among(pks))}
    return {address: [found[pk] for pk in sorted(owned & found.keys())] for address, owned in owners.items()}


def _glimpsed(addresses: Collection[str]) -> dict[str, list[Any]]:
    """Read together with the addresses: one statement for each place that keeps some."""
    plain = _plain(addresses)
    found: dict[str, dict[Any, Glimpse]] = defaultdict(dict)
    for said, column in contact_columns(NormalisedEmailField):
        rows = said.rows.filter(**{f"{column}__in": Among(set(plain.values()), said.model._meta.get_field(column))})
        read = rows.values_list(column, *(f"{said.subject_lookup}__{name}" for name in Glimpse._fields))
        for address, *her in read:
            found[address][her[0]] = Glimpse._make(her)
    return {
        address: [glimpse for _pk, glimpse in sorted(found[plain[address]].items())]
        for address in addresses
        if plain.get(address) in found
    }


@dataclass(frozen=True)
class Named:
    """Whom rows of a file mean: by the number under `customer`, else by the address under `email`."""

    by_number: dict[str, Any]
    by_email: dict[str, list[Any]]

    @classmethod
    def of(cls, rows: Collection[Mapping[str, Any]], *, briefly: bool = False) -> "Named":
        """Looked up together; what is no text names nobody."""
        numbers, emails = (
            {row[by] for row in rows if isinstance(row.get(by), str) and row[by]} for by in ("customer", "email")
        )
        return cls(by_numbers(numbers, briefly=briefly), by_emails(emails, briefly=briefly))

    def whom(self, row: Mapping[str, Any]) -> list[Any]:
        """The person of the number, else everybody with the address."""
        if row.get("customer"):
            return [self.by_number[row["customer"]]] if row["customer"] in self.by_number else []
        return self.by_email.get(row.get("email", ""), [])

    @property
    def everybody(self) -> dict[Any, Any]:
        """All of them, by primary key."""
        both = [*(person for owners in self.by_email.values() for person in owners), *self.by_number.values()]
        return {person.pk: person for person in both}


def owners_of(addresses: Collection[str]) -> dict[str, set[Any]]:
    """The same by primary key."""
    plain = _plain(addresses)
    owners: dict[str, set[Any]] = defaultdict(set)
    for pk, address in _kept_addresses(set(plain.values())):
        owners[address].add(pk)
    return {address: owners.get(plain.get(address, ""), set()) for address in addresses}


def _plain(addresses: Iterable[str]) -> dict[str, str]:
    """Each in the form by which it is compared; what can be no address is left out."""
    plain = {address: normalise_email(address) for address in addresses if address.isprintable()}
    return {address: normal for address, normal in plain.items() if normal}


def emails_of(pks: Collection[Any]) -> dict[Any, list[str]]:
    """All addresses of each person, wherever the shop declares that it keeps addresses."""
    found: dict[Any, list[str]] = defaultdict(list)
    for pk, address in _kept_addresses(pks, by_person=True):
        found[pk].append(address)
    return found


def _kept_addresses(wanted: Collection[Any], *, by_person: bool = False) -> Iterator[tuple[Any, str]]:
    """Persons with addresses: of these persons, or these addresses."""
    for said, column in contact_columns(NormalisedEmailField):
        asked = said.subject_lookup if by_person else column
        some = among(wanted) if by_person else Among(wanted, said.model._meta.get_field(column))
        yield from said.rows.filter(**{f"{asked}__in": some}).values_list(said.subject_lookup, column)
