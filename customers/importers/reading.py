"""What does one line of the file say? The rows that it stands for, each held to its model's own rules."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from customers.models import Address, Customer, EmailAddress
from customers.numbers import new_number, read_number
from privacy import children, csv_files
from privacy.consent import ConsentEntry
from privacy.csv_files import Row
from privacy.fields import normalise_email
from privacy.vocabulary import FROM_A_LIST, Channel, Decision, Occasion, Purpose, Sender, Source

Report = Callable[[int, str], None]
NEEDED = ("name",)
CONSENTS = {f"consent_{channel}": channel for channel in Channel}
TELLING = ("phone", "date_of_birth", "street", "postcode")
ADDRESS = ("street", "locality", "region", "postcode", "country")
KNOWN = (
    *NEEDED, "number", "email", "given_name", "family_name", "phone", "date_of_birth", "sex", "size", "language",
    "source", "joined_on", *ADDRESS, *CONSENTS, "consent_on", "consent_evidence",
    "consent_occasion",
)  # fmt: skip
PROOF = ("consent_email", "consent_on", "consent_evidence")
YES = {"yes", "y", "true", "1"}
NO = {"", "no", "n", "false", "0"}
Row_ = TypeVar("Row_", bound=models.Model)


@dataclass
class Person:
    """One row, read: the rows to store, and by which number and address it might be somebody we have."""

    line: int
    customer: Customer
    brings_number: bool
    email: str = ""
    belongings: list[models.Model] = field(default_factory=list)
    consents: list[ConsentEntry] = field(default_factory=list)

    @property
    def addresses(self) -> list[Address]:
        """Where she gets her post."""
        return [row for row in self.belongings if isinstance(row, Address)]


@dataclass
class Counts:
    """What became of the rows."""

    rows: int = 0
    imported: int = 0
    dropped: int = 0
    refused: int = 0
    consents: int = 0
    consents_dropped: int = 0
    # Of rows without number and email, which nothing else could tell apart: a short hash of each.
    seen: set[bytes] = field(default_factory=set, repr=False)

    def in_numbers(self) -> dict[str, int]:
        """The counts alone."""
        return {name: value for name, value in vars(self).items() if name != "seen"}


def once(batch: Iterable[Row], counts: Counts, report: Report) -> Iterator[Row]:
    """Without the rows that stand in the file twice, word for word, and say more of somebody than her name."""
    for row in batch:
        values = row.values
        if not (values.get("number") or values.get("email")) and any(values.get(name) for name in TELLING):
            said = repr(sorted(values.items())).encode()
            mark = hashlib.blake2b(said, digest_size=8).digest()
            if mark in counts.seen:
                counts.refused += 1
                report(row.line, "this very row stands further up in the file")
                continue
            counts.seen.add(mark)
        yield row


def read(batch: Iterable[Row], now: datetime, supplier: str, counts: Counts, report: Report) -> Iterator[Person]:
    """The people of a batch; a row that is wrong is counted and reported, and no more."""
    for row in batch:
        try:
            if row.error:
                raise ValueError(row.error)
            yield _person(row, now, supplier)
        except (ValidationError, ValueError) as wrong:
            counts.refused += 1
            report(row.line, in_one_line(wrong))


def in_one_line(wrong: ValidationError | ValueError) -> str:
    """What is wrong with a row, column by column where that is known."""
    if not isinstance(wrong, ValidationError):
        return str(wrong)
    if not hasattr(wrong, "error_dict"):
        return " ".join(wrong.messages)
    return "; ".join(f"{name}: {' '.join(messages)}" for name, messages in wrong.message_dict.items())


def _person(row: Row, now: datetime, supplier: str) -> Person:
    """The rows that one line stands for, each held to its model's own rules."""
    values = row.values if not supplier else row.values | {"source": f"{FROM_A_LIST}{supplier}"}
    joined_at = _instant(values.get("joined_on", ""), "joined_on", now) or now
    customer = _checked(_customer(values, joined_at), exclude=("account", "number"))
    children.refuse_extras(Customer, customer)
    person = Person(row.line, customer, bool(values.get("number")))
    if email := values.get("email", ""):
        address = EmailAddress(customer=customer, address=email, is_primary=True)
        person.email = normalise_email(email)
        person.belongings.append(_checked(address, exclude=("customer",)))
    if any(values.get(name) for name in ADDRESS):
        person.belongings.append(_address(values, customer))
    person.consents += _consents(values, customer, now, supplier)
    if supplier and Channel.EMAIL not in [entry.channel for entry in person.consents]:
        raise ValueError("consent_email: of another company's list only people who said yes to email come in")
    return person


def _customer(values: dict[str, str], joined_at: datetime) -> Customer:
    written = values.get("number", "")
    number = read_number(written) if written else new_number()
    if number is None:
        raise ValueError("number: this is no customer number, its check digit is wrong")
    if number.startswith(settings.CANARY_NUMBERS_BEGIN):
        raise ValueError("number: this one is kept for the nightly self-test, as all that begin like it")
    return Customer(
        number=number,
        display_name=values["name"],
        given_name=values.get("given_name", ""),
        family_name=values.get("family_name", ""),
        phone=values.get("phone", ""),
        date_of_birth=_day(values.get("date_of_birth", ""), "date_of_birth"),
        sex=values.get("sex", "").lower(),
        size=values.get("size", ""),
        language=values.get("language") or settings.LANGUAGE_CODE,
        source=values.get("source", ""),
        collected_via=Source.IMPORT,
        created_at=joined_at,
        last_active_at=joined_at,
    )


def _address(values: dict[str, str], customer: Customer) -> Address:
    parts = {name: values.get(name, "") for name in ("locality", "region", "postcode")}
    country = values.get("country", "").upper()
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise ValueError("country: give the two letters of ISO 3166, such as GB")
    address = Address(
        customer=customer, kind=Address.Kind.BILLING, name=customer.display_name, lines=values.get("street", ""),
        country=country, **parts,
    )  # fmt: skip
    return _checked(address, exclude=("customer",))


def _consents(values: dict[str, str], customer: Customer, now: datetime, supplier: str) -> Iterator[ConsentEntry]:
    for column, channel in CONSENTS.items():
        if not is_yes(values.get(column, ""), column):
            continue
        occurred_at = _instant(values.get("consent_on", ""), "consent_on", now)
        evidence = values.get("consent_evidence", "")
        if occurred_at is None or not evidence:
            raise ValueError(f"{column}: a yes needs consent_on and consent_evidence")
        entry = ConsentEntry(
            data_subject=customer, purpose=Purpose.MARKETING, channel=channel, sender=Sender.OWN,
            decision=Decision.GRANTED, source=Source.IMPORT, wording=evidence, page=values.get("source", ""),
            occurred_at=occurred_at, recorded_at=now, actor="import",
            occasion=Occasion.SUPPLIER if supplier else values.get("consent_occasion", "").lower() or None,
        )  # fmt: skip
        yield _checked(entry, exclude=("data_subject",))


def _checked(row: Row_, *, exclude: Iterable[str]) -> Row_:
    row.clean_fields(exclude=set(exclude))
    row.clean()
    return row


def is_yes(written: str, column: str) -> bool:
    """What stands in a column of yes or nothing; ValueError for anything else."""
    if written.lower() not in YES | NO:
        raise ValueError(f"{column}: write yes, or leave it empty")
    return written.lower() in YES


def _day(written: str, column: str) -> date | None:
    return csv_files.day(written, column) if written else None


def _instant(written: str, column: str, now: datetime) -> datetime | None:
    return csv_files.past_noon(written, column, now) if written else None
