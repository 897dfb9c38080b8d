"""How may a text be written? In upper or lower case, composed or not, escaped, as UTF-16; a number with any gaps."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from .readings import lowered, readings

# A telephone number is found by its last digits, whatever stands before and between them.
PHONE = re.compile(r"[+(\d][\d\s()/.+-]*")
DIGITS_OF_A_PHONE, FEWEST = 9, 7
GAP = "[^0-9a-z]{0,3}"
BLANKS = re.compile(rb"(?:\\ )+")


class Wanted:
    """The texts that are looked for, as patterns; false when there is none."""

    def __init__(self, texts: Iterable[str]) -> None:
        given = [text for text in texts if text.strip()]
        self.forms = sorted({form for text in given for form in forms(text)})
        self.phones = sorted({digits for text in given if (digits := phone(text))})
        self.pattern = re.compile(b"|".join([*self._literally(given), *(one.encode() for one in self.phones)]))

    def __bool__(self) -> bool:
        return bool(self.forms)

    def _literally(self, texts: list[str]) -> list[bytes]:
        """Longest first; a blank is any number of blanks and line ends, as mails and pages break their lines."""
        plain = {BLANKS.sub(rb"\\s+", re.escape(form.encode())) for form in self.forms}
        wide = {re.escape(form) for text in texts for form in in_other_bytes(text)}
        return sorted(plain | wide, key=len, reverse=True)

    def times(self, data: bytes) -> int:
        """How often one of them stands in this, as it is or decoded."""
        return sum(len(self.pattern.findall(lowered(reading))) for reading in readings(data))


def variants(text: str) -> set[str]:
    """The text in the cases and compositions in which people and machines store it."""
    cased = {text, text.lower(), text.upper(), text.title(), text.casefold(), text.upper().lower()}
    return {unicodedata.normalize(form, one) for one in cased for form in ("NFC", "NFD")}


def forms(text: str) -> Iterator[str]:
    """Each variant plain and as JSON, HTML and addresses escape it; in lower case by letter and by ASCII alone."""
    for one in variants(text):
        html = one.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
        escaped = {one, html, html.replace("'", "&#x27;"), json.dumps(one)[1:-1], quote(one), quote_plus(one)}
        for form in escaped:
            yield form.lower()
            yield ascii_lower(form)


def in_other_bytes(text: str) -> set[bytes]:
    """Each variant in the encodings that are no UTF-8, in lower case as far as that is ASCII."""
    found = set()
    for one in variants(text):
        for encoding in ("utf-16-le", "utf-16-be", "cp1252"):
            found.add(one.encode(encoding, errors="ignore").lower())
    return {form for form in found if len(form) >= len(text)}


def ascii_lower(text: str) -> str:
    """As a database does it that knows no other letters."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def phone(text: str) -> str:
    """A pattern for a telephone number; empty for anything else."""
    digits = "".join(filter(str.isdigit, text))
    if not PHONE.fullmatch(text.strip()) or len(digits) < FEWEST or not digits.isascii():
        return ""
    return GAP.join(digits[-DIGITS_OF_A_PHONE:])
