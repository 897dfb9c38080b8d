"""Who shops at Northlight? Invented people of many scripts and countries; the same index is always the same person."""

import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from allauth.account.models import EmailAddress as LoginAddress
from django.conf import settings
from django.db import models

from customers.models import Account, Address, Customer, EmailAddress
from customers.numbers import with_check_digit
from privacy.vocabulary import Source

LANDS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "lands.toml").read_text())["land"]
WEIGHTS = list(accumulate(land["weight"] for land in LANDS))
PROVIDERS = ("mail.example", "post.example", "inbox.example", "letterbox.example", "brief.example")
SITES = (
    "northlight.example/checkout",
    "northlight.example/newsletter",
    "northlight.example/account",
    "home.northlight.example",
)
SIZES = ("shoes 36", "shoes 38", "shoes 41", "shoes 44", "clothes S", "clothes M", "clothes L", "shoes 39, clothes M")
LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "ß": "ss", "ı": "i", "đ": "d", "þ": "th", "ð": "d", "æ": "ae", "Ł": "L", "Þ": "Th", "Æ": "Ae"}
)
# The first people have plain lives, so that a visitor may try everything on them; the tales begin after them.
PLAIN_LIVES = 20
WITH_LOGINS = 400
CHILDREN = {47: 15, 53: 11}


def in_latin(name: str) -> str:
    """The name as it may stand in an email address."""
    written, _, said = name.partition("|")
    plain = unicodedata.normalize("NFKD", (said or written).translate(LETTERS))
    return "".join(letter for letter in plain.lower() if letter.isascii() and letter.isalpha())


@dataclass
class Person:
    """One invented person; all of it follows from the index and today's date."""

    index: int
    today: date

    def __post_init__(self) -> None:
        """Throws the dice in one fixed order, so that nothing depends on what is asked first."""
        self.luck = Random(self.index * 1_000_003 + 20_261_122)  # noqa: S311
        self.land = self._land()
        self.is_woman = self.luck.random() < 0.55
        given = self.luck.choice(self.land["women" if self.is_woman else "men"])
        self.names = (given, self.luck.choice(self.land["families"]))
        self.joined_at = self.days_ago(self.luck.randrange(40, 5 * 365))
        is_asleep = self.index > PLAIN_LIVES and self.luck.random() < 0.02
        awake_at = self.since(max(self.joined_at, self.days_ago(700)))
        self.active_at = self.days_ago(1100 + self.luck.randrange(300)) if is_asleep else awake_at
        self.joined_at = min(self.joined_at, self.active_at)

    def _land(self) -> dict[str, Any]:
        """Every land comes up once among the first people, afterwards by its weight."""
        place, is_tour = divmod(self.index, 2)
        if not is_tour and place < len(LANDS):
            return LANDS[place]
        return self.luck.choices(LANDS, cum_weights=WEIGHTS)[0]

    @property
    def given_name(self) -> str:
        """As written."""
        return self.names[0].partition("|")[0]

    @property
    def family_name(self) -> str:
        """As written; empty for people of one name."""
        return self.names[1].partition("|")[0]

    @property
    def display_name(self) -> str:
        """In the order of the country."""
        order: str = self.land["order"]
        return order.replace("G", "\0").replace("F", self.family_name).replace("\0", self.given_name)

    @property
    def email(self) -> str:
        """An address under .example, which reaches nobody."""
        local = ".".join(part for part in map(in_latin, self.names) if part)
        return f"{local}{self.index or ''}@{PROVIDERS[self.index % len(PROVIDERS)]}"

    @property
    def number(self) -> str:
        """The customer number: scattered, never twice."""
        return with_check_digit(10_000_000 + (self.index * 7_654_321 + 1_234_567) % 90_000_000)

    @property
    def has_login(self) -> bool:
        """Guests are whole customers too."""
        return self.index < PLAIN_LIVES or (self.index < WITH_LOGINS and self.index % 4 != 3)

    def days_ago(self, days: int) -> datetime:
        """An instant that many days before today, some time in the day."""
        midnight = datetime.combine(self.today - timedelta(days=days), datetime.min.time(), tzinfo=settings.SHOP_TZ)
        return midnight + timedelta(minutes=self.luck.randrange(7 * 60, 22 * 60))

    def since(self, start: datetime, *, least: int = 2) -> datetime:
        """An instant after `start` and at least that many days before today."""
        span = max((self.today - start.date()).days - least, 1)
        return max(self.days_ago(least + self.luck.randrange(span)), start)

    @property
    def born_on(self) -> date | None:
        """Optional; two children are among the first hundred."""
        if age := CHILDREN.get(self.index):
            return self.today - timedelta(days=age * 365 + 200)
        return (
            self.today - timedelta(days=self.luck.randrange(18 * 366, 80 * 365)) if self.luck.random() < 0.7 else None
        )

    def filled(self, pattern: str) -> str:
        """The pattern with a digit for every #."""
        return "".join(str(self.luck.randrange(10)) if letter == "#" else letter for letter in pattern)

    def rows(self, password: str) -> Iterator[models.Model]:
        """The customer with login, addresses for mail and post; parents before children."""
        account = self._account(password) if self.has_login else None
        customer = self._customer(account)
        if account:
            yield account
            yield LoginAddress(user=account, email=self.email, verified=True, primary=True)
        yield customer
        yield EmailAddress(customer=customer, address=self.email, is_primary=True, verified_at=self.joined_at)
        if self.index % 40 == 25:
            neighbour = Person(self.index - 1, self.today)
            yield EmailAddress(customer=customer, address=neighbour.email)
        yield self.address(customer, Address.Kind.BILLING)
        if self.luck.random() < 0.2:
            yield self.address(customer, Address.Kind.SHIPPING)

    def _account(self, password: str) -> Account:
        return Account(email=self.email, password=password, date_joined=self.joined_at)

    def _customer(self, account: Account | None) -> Customer:
        luck = self.luck
        return Customer(
            number=self.number,
            account=account,
            display_name=self.display_name,
            given_name=self.given_name,
            family_name=self.family_name,
            phone=self.filled(self.land["phone"]) if luck.random() < 0.8 else "",
            date_of_birth=self.born_on,
            sex=("f" if self.is_woman else "m") if luck.random() < 0.6 else "",
            size=luck.choice(SIZES) if luck.random() < 0.5 else "",
            collected_via=luck.choices((Source.WEB, Source.PHONE, Source.STORE, Source.LETTER), (90, 5, 4, 1))[0],
            source=luck.choice(SITES),
            created_at=self.joined_at,
            last_active_at=self.active_at,
            last_confirmed_at=self.since(self.joined_at, least=10) if luck.random() < 0.6 else None,
        )

    def written_address(self) -> str:
        """Street, town and country in lines, as on an invoice."""
        locality, region, postcode = self.luck.choice(self.land["cities"]).split("|")
        street = self.luck.choice(self.land["streets"]).format(n=self.luck.randrange(1, 140))
        lines = (street, f"{self.filled(postcode)} {locality}".strip(), region, self.land["country"])
        return "\n".join(line for line in lines if line)

    def address(self, customer: Customer, kind: str) -> Address:
        """A postal address as that country writes it."""
        locality, region, postcode = self.luck.choice(self.land["cities"]).split("|")
        return Address(
            customer=customer,
            kind=kind,
            name=self.display_name,
            lines=self.luck.choice(self.land["streets"]).format(n=self.luck.randrange(1, 140)),
            locality=locality,
            region=region,
            postcode=self.filled(postcode),
            country=self.land["country"],
        )
