"""Whose wish is it? A signed token in the address, then From, Reply-To, Return-Path, then name with number."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .. import data_subjects, tokens
from ..fields import normalise_email
from . import addresses
from .reading import Reading

DIGIT_GROUPS = re.compile(r"(?<![\w.,/-])\d(?:[ .\-\u2010-\u2015/\u00a0]?\d){4,13}(?![\w])")
HEAD_BYTES = 16 * 1024
IN_HEAD = re.compile(
    rb"^(?:from|reply-to|return-path):[^\n]{0,400}?([\w.+-]{1,64}@[\w.-]{1,255})", re.IGNORECASE | re.MULTILINE
)
TITLES = {
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "prof",
    "sir",
    "herr",
    "frau",
    "mme",
    "m",
    "mlle",
    "madame",
    "monsieur",
}


@dataclass
class Match:
    """Who was found and by which rung; several people when a household shares an address."""

    people: list[Any] = field(default_factory=list)
    by: str | None = None
    address: str = ""

    @property
    def person(self) -> Any:
        """The one that the record names; None for a stranger."""
        return self.people[0] if self.people else None


def find(reading: Reading, recipient: str, sender: str, now: datetime) -> Match:
    """Climbs the ladder (CLG-05); only the addresses of the headers and the envelope count (CLG-04)."""
    tag = addresses.recipient(recipient).tag
    if tag.isascii() and tag and (token := tokens.find("unsubscribe", tag, now=now)):
        return Match([token.data_subject], "token")
    returned = [sender.strip("<> ")] if sender.strip("<> ") else reading.addresses("return-path")
    rungs = (
        ("from", reading.addresses("from")),
        ("reply_to", reading.addresses("reply-to")),
        ("return_path", returned),
    )
    for by, candidates in rungs:
        for address in candidates:
            # No control characters or half letters: the database refuses them, and nobody has such an address.
            if address.isprintable() and (people := data_subjects.by_email(address)):
                return Match(people, by, address)
    return Match(address=next(iter(reading.addresses("from")), ""))


def likely(raw: bytes, sender: str) -> set[str]:
    """Addresses that `find` may ask for, taken from the mail by a glance; where this one errs, `find` asks again."""
    written = {found.decode().lower() for found in IN_HEAD.findall(raw[:HEAD_BYTES].partition(b"\n\r\n")[0])}
    return written | {normalise_email(sender.strip("<> "))} - {""}


def numbers_in(text: str) -> list[str]:
    """Groups of digits that could be meant as customer numbers, digits only."""
    return list(dict.fromkeys("".join(filter(str.isdigit, found)) for found in DIGIT_GROUPS.findall(text[:5000])))[:10]


def by_number(text: str) -> Any | None:
    """The one customer whose number stands in the text; None when there is none, or more than one."""
    found = {person.pk: person for number in numbers_in(text) if (person := data_subjects.by_number(number))}
    return next(iter(found.values())) if len(found) == 1 else None


def is_named(person: Any, text: str) -> bool:
    """Whether the text names the person: all words of her name, in any order, case and accent."""
    wanted, given = _words(person.display_name) - TITLES, _words(text)
    together = "".join(sorted(given, key=text.casefold().find))
    return bool(wanted) and all(word in given or (not word.isascii() and word in together) for word in wanted)


def _words(text: str) -> set[str]:
    """Its words in small letters without accents; apostrophes join, everything else divides."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("’", ""))
    letters = (c for c in plain if not unicodedata.combining(c))
    return set("".join(c if c.isalnum() else " " for c in letters).split())


def could_be_ours(number: str) -> bool:
    """Whether digits have the length of the numbers that we give, so that a slip of the pen is seen as one."""
    ours = data_subjects.people().filter(erased_at=None).order_by("-pk").values_list("number", flat=True)[:1]
    return any(len(number) == len(given) for given in ours)
