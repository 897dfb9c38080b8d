"""Which characters can be printed? Those that an installed font draws; the others are named by their code."""

import re
import subprocess
import unicodedata
from functools import cache

# Plain Latin text costs one look.
UNUSUAL = re.compile(r"[^\x20-\x7e\xa0-\xac\xae-\u017f\n\t\u2010-\u2015\u2018-\u201e\u2026]")
# Marks that turn round the text after them, the customer's and ours alike.
TURNS_TEXT = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
NEEDS_NO_PICTURE = {"Cf", "Zl", "Zp", "Zs"}


@cache
def _drawn() -> bytes | None:
    """One byte for each code point: 1 where a font draws it; None where fontconfig cannot be asked."""
    try:
        said = subprocess.run(
            ["fc-list", "--format", "%{charset} "], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    table = bytearray(0x110000)
    for span in set(said.stdout.split()):
        first, _, last = span.partition("-")
        start, end = int(first, 16), int(last or first, 16)
        table[start : end + 1] = b"\1" * (end + 1 - start)
    return bytes(table)


def can_draw(letter: str) -> bool:
    """Whether some installed font has a picture of this character."""
    drawn = _drawn()
    return drawn is None or bool(drawn[ord(letter)])


def printable(text: str) -> str:
    """The text with characters that no font draws written as [U+1F4A9], so that nothing shows as an empty box."""
    return UNUSUAL.sub(lambda found: _as_printed(found[0]), text)


@cache
def _as_printed(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Cc":
        return ""
    if category in {"Cs", "Co", "Cn"} or letter in TURNS_TEXT:
        return f"[U+{ord(letter):04X}]"
    return letter if category in NEEDS_NO_PICTURE or can_draw(letter) else f"[U+{ord(letter):04X}]"
