"""What did the envelope say, when only the mail is left? Read from what mail servers write above it at delivery."""

from dataclasses import dataclass

from . import addresses, mime, reading
from .mailbox import NO_SENDER

# Postfix, Dovecot, Exim and others write one of these. The topmost that names us is of the last server that knew.
WRITTEN_AT_DELIVERY = ("delivered-to", "x-original-to", "envelope-to")
WRITTEN_BY_THE_SENDER = ("to", "cc")
RECIPIENTS_LIMIT = 20
ADDRESSES_LIMIT = 100


@dataclass(frozen=True)
class Envelope:
    """To which of our addresses a mail came, and from whom: "" when unknown, "<>" when empty."""

    recipients: list[str]
    sender: str


def envelope_of(raw: bytes, otherwise: str) -> Envelope:
    """As well as its head tells; to `otherwise` where it names none of our addresses, or cannot be read."""
    try:
        head, _ = mime.cut(raw, reading.HEAD_LIMIT)
        pairs = mime.headers(head, count=reading.HEADERS_LIMIT, length=reading.HEADER_LIMIT)
    except mime.TooMuch:
        return Envelope([otherwise], "")
    return Envelope((_delivered(pairs) or _written(pairs) or [otherwise])[:RECIPIENTS_LIMIT], _sender(pairs))


def _delivered(pairs: list[tuple[str, bytes]]) -> list[str]:
    """A server may name an address of its own below ours, so what is not ours is passed over."""
    named = (_ours(value) for name, value in pairs if name in WRITTEN_AT_DELIVERY)
    return next(filter(None, named), [])


def _written(pairs: list[tuple[str, bytes]]) -> list[str]:
    """All of them: over SMTP, too, a mail to two of our addresses comes once for each."""
    found = [address for name, value in pairs if name in WRITTEN_BY_THE_SENDER for address in _ours(value)]
    return list(dict.fromkeys(found))


def _sender(pairs: list[tuple[str, bytes]]) -> str:
    value = next((value for name, value in pairs if name == "return-path"), b"")
    if value.replace(b" ", b"") == b"<>":
        return NO_SENDER
    return next(iter(_addresses(value)), "")


def _ours(value: bytes) -> list[str]:
    return [address for address in _addresses(value) if addresses.recipient(address).is_ours]


def _addresses(value: bytes) -> list[str]:
    """Taken before encoded names are decoded: an address inside a name is none."""
    return reading.addresses_in(mime.to_text(value, "utf-8"), ADDRESSES_LIMIT)
