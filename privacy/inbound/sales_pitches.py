"""Does a stranger want to sell us something? Only with several strong signs; a customer's mail is never one."""

import re

from .. import data_subjects
from . import words
from .reading import Reading

TEXT_LIMIT = 3_000
ENOUGH = 3
SIGNS = {
    name: re.compile(words.any_of(phrases), re.IGNORECASE)
    for name, phrases in words.of("sales_pitches")["signs"].items()
}
OWN_DEALINGS = re.compile(words.any_of(words.of("matters_of_customers")["own_dealings"]), re.IGNORECASE)


def by_text(reading: Reading, own: str) -> str | None:
    """Wares and the seller's own way out with one more sign, or two kinds of wares with three; and nobody whom we know."""
    text = " ".join(f"{reading.subject} . {own}"[:TEXT_LIMIT].split())
    signs = {name for name, pattern in SIGNS.items() if pattern.search(text)}
    wares = {found.group().lower() for found in SIGNS["wares"].finditer(text)}
    offers_way_out = "way_out" in signs and wares and len(signs) >= ENOUGH
    is_pitch = offers_way_out or (len(wares) > 1 and len(signs) > ENOUGH)
    if not is_pitch or OWN_DEALINGS.search(text) or _is_customer(reading):
        return None
    return "Somebody unknown offers the shop something for sale, and writes nothing about an order or data of his own."


def _is_customer(reading: Reading) -> bool:
    froms = [address for address in reading.addresses("from") if address.isprintable()]
    return any(data_subjects.by_email(address) for address in froms)
