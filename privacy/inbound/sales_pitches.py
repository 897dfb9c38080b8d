"""Does a stranger want to sell us something? Only with several strong signs; a customer's mail is never one."""

import re

from .. import data_subjects
from . import words
from .reading import Reading

TEXT_LIMIT = 3_000
SIGNS = {
    name: re.compile(words.any_of(phrases), re.IGNORECASE)
    for name, phrases in words.of("sales_pitches")["signs"].items()
}
OWN_DEALINGS = re.compile(words.any_of(words.of("matters_of_customers")["own_dealings"]), re.IGNORECASE)


def by_text(reading: Reading, own: str) -> str | None:
    """Wares, the seller's own way out and one more sign, or two wares and three more; and nobody whom we know."""
    text = " ".join(f"{reading.subject} . {own}"[:TEXT_LIMIT].split())
    is_pitch = _offers_way_out(text) or _has_every_other_sign(text)
    if not is_pitch or OWN_DEALINGS.search(text) or _is_customer(reading):
        return None
    return "Somebody unknown offers the shop something for sale, and writes nothing about an order or data of his own."


def _offers_way_out(text: str) -> bool:
    others = (SIGNS[name].search(text) for name in ("whoever", "your_site", "talk"))
    return bool(SIGNS["way_out"].search(text) and SIGNS["wares"].search(text) and any(others))


def _has_every_other_sign(text: str) -> bool:
    if not all(SIGNS[name].search(text) for name in ("whoever", "your_site", "talk")):
        return False
    return len({found.group().lower() for found in SIGNS["wares"].finditer(text)}) > 1


def _is_customer(reading: Reading) -> bool:
    froms = [address for address in reading.addresses("from") if address.isprintable()]
    return any(data_subjects.by_email(address) for address in froms)
