"""In which form does a personal value stand in a column? Shortened, normalised, or encrypted."""

import ipaddress
import unicodedata
from contextlib import suppress
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .encryption import decrypt, encrypt, keyed_hash

ERASED = "erased-"
CONTROL = {"Cc", "Cs", "Zl", "Zp"}


class CannotBlank(Exception):
    """A column that has no empty value; `check` refuses it in Anonymise."""


class Nobody(models.Func):
    """A value of a unique column that stands for nobody: drawn by the database for each row, made of nothing old.

    Whoever has an old list of keys, names or numbers finds nothing in it to join with. An address is one of those
    that reach nobody (RFC 2606).
    CannotBlank where the column is too short for one that nobody else has.
    """

    output_field = models.CharField()

    def __init__(self, column: Any) -> None:
        super().__init__()
        self.ending = "@erased.invalid" if isinstance(column, models.EmailField) else ""
        self.digits = min(32, (column.max_length or 254) - len(ERASED + self.ending))
        if self.digits < 16:
            raise CannotBlank(f"{column.model._meta.label}.{column.name}")

    def as_postgresql(self, _compiler: Any, _connection: Any, **_more: Any) -> tuple[str, tuple[str | int, ...]]:
        """Up to 122 random bits."""
        return "(%s || left(replace(gen_random_uuid()::text, '-', ''), %s) || %s)", (ERASED, self.digits, self.ending)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, tuple[str | int, ...]]:
        """Up to 128 random bits."""
        return "(%s || substr(lower(hex(randomblob(16))), 1, %s) || %s)", (ERASED, self.digits, self.ending)


def shorten_ip(address: str | None) -> str | None:
    """IPv4 with its last octet 0, IPv6 cut to /48; None for anything that is no address."""
    try:
        ip = ipaddress.ip_address((address or "").strip())
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    prefix = 24 if ip.version == 4 else 48
    return str(ipaddress.ip_network((ip, prefix), strict=False).network_address)


def normalise_email(address: str) -> str:
    """The form by which addresses are compared: ASCII lower case, no blanks, no trailing dot, domain in IDNA.

    Nothing that merely looks alike becomes equal: no Unicode folding, no plus-tag or dot rules.
    """
    plain = address.strip()
    if plain.isascii():
        return plain.lower().rstrip(".") if "@" in plain else plain.lower()
    local, at, domain = plain.rpartition("@")
    if not at:
        return _ascii_lower(plain)
    domain = domain.rstrip(".")
    with suppress(UnicodeError):
        domain = domain if domain.isascii() else domain.encode("idna").decode()
    return f"{_ascii_lower(local)}@{_ascii_lower(domain)}"


def _ascii_lower(text: str) -> str:
    return text.lower() if text.isascii() else "".join(c.lower() if c.isascii() else c for c in text)


def one_line(text: str) -> str:
    """The text without control characters and line separators; letters of every script and blanks inside stay."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return "".join(" " if unicodedata.category(letter) in CONTROL else letter for letter in text).strip()


class ShortenedIPField(models.GenericIPAddressField):
    """An IP address that is never stored whole (CNX-14): shortened by every road into the column."""

    def get_prep_value(self, value: Any) -> Any:
        """Shortened before it becomes a parameter of any statement, so `update()` cannot store a whole one."""
        return super().get_prep_value(shorten_ip(str(value)) if value else None)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The instance shows afterwards what the column holds."""
        value = shorten_ip(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value


class NormalisedEmailField(models.EmailField):
    """An email address in the form by which addresses are compared."""

    def get_prep_value(self, value: Any) -> Any:
        """Normalised on the way in and in every look-up."""
        return normalise_email(value) if isinstance(value, str) and value else super().get_prep_value(value)


def correspondent_hash(address: str) -> str:
    """By which mail from or to an address is found without its standing there in plain; empty for no address."""
    return keyed_hash(normalise_email(address), use="correspondent") if "@" in address else ""


class CorrespondentHashField(models.CharField):
    """The keyed hash of an address that a row came from or went to; erasure finds rows of nobody's record by it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 64, "blank": True, "db_index": True, "editable": False} | kwargs)


class OneLineField(models.CharField):
    """Text of one line in any script; control characters, which could forge mail headers, become blanks."""

    def get_prep_value(self, value: Any) -> Any:
        """Cleaned by every road into the column."""
        return one_line(value) if isinstance(value, str) else super().get_prep_value(value)


class PostcodeField(OneLineField):
    """The postcode of where a person gets her post; by it and her name she is known to lists for post."""


class EncryptedField(models.BinaryField):
    """Text or bytes, encrypted at rest under this table and column; reads back as bytes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    @property
    def place(self) -> str:
        """What binds a value to where it stands."""
        return f"{self.model._meta.db_table}.{self.column}"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Encrypts; None and empty stay as they are, so that blanked is visibly blank."""
        if value:
            value = encrypt(value.encode() if isinstance(value, str) else bytes(value), place=self.place)
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> bytes | None:
        """Decrypts."""
        return decrypt(bytes(value), place=self.place) if value else value


def not_in_the_future(value: date) -> None:
    """For dates of birth and received dates: refuses a day that has not come."""
    if value > timezone.localdate():
        raise ValidationError(_("This date is in the future."))
