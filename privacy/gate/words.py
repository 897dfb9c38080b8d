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

from ..vocabulary import Channel, Sender, Source

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


def day_of(moment: datetime) -> date:
    """Which day it is in the shop at the moment that a question is about, which many questions share."""
    return _day_of(moment, zone())


@lru_cache(maxsize=10_000)
def _day_of(moment: datetime, here: tzinfo) -> date:
    return moment.astimezone(here).date()


def about(text: str, channel: str, sender: str, day: datetime | None = None, source: str = "") -> str:
    """A sentence, marked with `gettext_noop`, about a channel and a sender, and on which day it was and by what way."""
    before, _day_word, after = _about(_language(), text, channel, sender, source)
    return f"{before}{on(day)}{after}" if day else before


@lru_cache(maxsize=1_000)
def _about(of: str | None, text: str, channel: str, sender: str, source: str) -> tuple[str, str, str]:
    words = {"channel": _label(of, Channel, channel), "sender": _label(of, Sender, sender)}
    words["source"] = _label(of, Source, source) if source else ""
    return _translated(of, text).format(day="{day}", **words).partition("{day}")


@lru_cache(maxsize=1_000)
def _translated(_of: str | None, text: str) -> str:
    return gettext(text)


@lru_cache(maxsize=1_000)
def _label(_of: str | None, kind: type[Choices], value: str) -> str:
    return str(kind(value).label)


@lru_cache(maxsize=10_000)
def _day(_of: str | None, day: date) -> str:
    return date_format(day, "j F Y")
