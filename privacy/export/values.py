"""How does a stored value read: exactly, for computers, and in words, for its owner?"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ..fields import EncryptedField, normalise_email

Reader = Callable[[Any], Any]
# Thirteen to nineteen digits, perhaps in groups: what a card number looks like (CLZ-04).
LONG_NUMBER = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")


def exact(column: models.Field) -> Reader:
    """What turns this column's values into JSON without loss, card numbers aside."""
    if isinstance(column, EncryptedField | models.BinaryField):
        return lambda value: without_card_numbers(bytes(value).decode(errors="replace")) if value else ""
    if isinstance(column, models.DateField | models.TimeField):
        return lambda value: value.isoformat() if value else None
    if isinstance(column, models.DecimalField):
        return lambda value: None if value is None else str(value)
    if isinstance(column, models.CharField | models.TextField):
        return lambda value: without_card_numbers(value) if isinstance(value, str) else value
    if isinstance(column, models.JSONField):
        return _clean
    return lambda value: value if isinstance(value, int | float | None) else str(value)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return without_card_numbers(value)
    if isinstance(value, dict):
        return {str(key): _clean(inner) for key, inner in value.items()}
    return [_clean(inner) for inner in value] if isinstance(value, list | tuple) else value


def in_words(column: models.Field) -> Reader | None:
    """What turns the same values into words in the language of the moment; None where they read as they stand."""
    named = dict(column.flatchoices or ())
    if named:
        return lambda value: str(named.get(value, value))
    if isinstance(column, EncryptedField | models.BinaryField | models.CharField | models.TextField):
        return None
    if isinstance(column, models.DateTimeField):
        language = translation.get_language()  # asked once for a column; asking costs more than the words
        return lambda value: _moment_in_words(_to_the_minute(value), language) if value else ""
    return _words


def _words(value: Any) -> str:
    if value is None:
        return ""
    return next((say(value) for kinds, say in SAID if isinstance(value, kinds)), str(value))


def _moment(value: datetime) -> str:
    return _moment_in_words(_to_the_minute(value), translation.get_language())


def _to_the_minute(value: datetime) -> datetime:
    return value.replace(second=0, microsecond=0)


@lru_cache(maxsize=2_000)
def _moment_in_words(value: datetime, language: str | None) -> str:
    moment = value.astimezone(settings.SHOP_TZ)
    return f"{_day_in_words(moment.date(), language)}, {moment:%H:%M}"


def day_in_words(day: date) -> str:
    """Such as 15 March 2020, in the language of the moment."""
    return _day_in_words(day, translation.get_language())


@lru_cache(maxsize=20_000)
def _day_in_words(day: date, language: str | None) -> str:
    return date_format(day, "DATE_FORMAT")


def without_card_numbers(text: str) -> str:
    """The text with all but the last four digits of every card number hidden; other long numbers stay."""
    return LONG_NUMBER.sub(_hide_card, text) if len(text) > 12 else text


def _hide_card(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0])
    return f"**** **** **** {digits[-4:]}" if _is_card(digits) else found[0]


def _is_card(digits: str) -> bool:
    """The check digit of card numbers (Luhn, ISO/IEC 7812)."""
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    return (sum(map(int, digits[-1::-2])) + sum(n - 9 if n > 9 else n for n in doubled)) % 10 == 0


def without_others(text: str, own: set[str]) -> str:
    """The text with email addresses of other people left out; hers and the shop's stay (Art. 15(4), LRD-19)."""

    def keep(found: re.Match[str]) -> str:
        address = normalise_email(found[0])
        ours = address.endswith(f"@{settings.MAIL_DOMAIN}") or address == normalise_email(settings.SHOP["email"])
        return found[0] if ours or address in own else _("[address of another person left out]")

    return ADDRESS.sub(keep, text) if "@" in text else text


# The first kind that fits says how; the more special ones stand first.
SAID: list[tuple[Any, Callable[[Any], str]]] = [
    (str, without_card_numbers),
    (bool, lambda value: _("yes") if value else _("no")),
    (datetime, _moment),
    (date, day_in_words),
    (Decimal | int | float, str),
    (dict, lambda value: ", ".join(f"{key}: {_words(inner)}" for key, inner in value.items())),
    (list | tuple, lambda value: ", ".join(map(_words, value))),
    (bytes | memoryview, lambda value: without_card_numbers(bytes(value).decode(errors="replace"))),
]
