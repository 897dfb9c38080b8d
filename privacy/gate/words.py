"""In which words does the gate answer? Each sentence, name and day is put into a language once, not once a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, tzinfo
from functools import lru_cache

from django.conf import settings
from django.db.models import Choices
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

_here: ContextVar[tuple[str | None, tzinfo] | None] = ContextVar("here", default=None)


@contextmanager
def one_place() -> Iterator[None]:
    """Language and time zone are looked up once, and not again in the meantime."""
    token = _here.set((get_language(), settings.SHOP_TZ))
    try:
        yield
    finally:
        _here.reset(token)


def zone() -> tzinfo:
    """The shop's."""
    here = _here.get()
    return here[1] if here else settings.SHOP_TZ


def _language() -> str | None:
    here = _here.get()
    return here[0] if here else get_language()


def translated(text: str) -> str:
    """As Django's `gettext`."""
    return _translated(_language(), text)


def label(kind: type[Choices], value: str) -> str:
    """How people call this value."""
    return _label(_language(), kind, value)


def on(moment: datetime) -> str:
    """The day in words, such as 3 March 2026."""
    return _day(_language(), moment.astimezone(zone()).date())


@lru_cache(maxsize=1_000)
def _translated(_of: str | None, text: str) -> str:
    return gettext(text)


@lru_cache(maxsize=1_000)
def _label(_of: str | None, kind: type[Choices], value: str) -> str:
    return str(kind(value).label)


@lru_cache(maxsize=10_000)
def _day(_of: str | None, day: date) -> str:
    return date_format(day, "j F Y")
