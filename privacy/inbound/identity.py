"""Which mail is this, by whatever road it came? The same mail has the same identity, and acts once."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from ..encryption import keyed_hash
from . import addresses, mime

UNCHANGED = ("message-id", "date", "from", "reply-to", "subject")


@dataclass(frozen=True)
class Letter:
    """A mail on its way into the store. `sender` is the envelope's: "" when unknown, "<>" when empty.

    `received_at` is said where the mail had reached us earlier, in a mailbox that we fetch from.
    """

    raw: bytes
    to: str
    sender: str
    road: str
    received_at: datetime | None = None


def identity_of(letter: Letter) -> str:
    """The same for one mail by whatever road: recipient, Message-ID, body, and the headers that no road changes.

    A mail with neither Message-ID nor Date is always new: a second "no" does no harm, a lost one would.
    """
    head, _, body = _alike(letter.raw).lstrip(b"\n").partition(b"\n\n")
    try:
        given = dict(reversed(mime.headers(head, count=1000, length=8192)))
    except mime.TooMuch:
        given, body = {"message-id": b"none"}, letter.raw
    if not (given.get("message-id") or given.get("date")):
        return secrets.token_hex(32)
    who = addresses.recipient(letter.to)
    parts = [f"{who.mailbox}+{who.tag}@{who.domain}".encode("utf-8", "replace")]
    parts += [b" ".join(given.get(name, b"").split()) for name in UNCHANGED]
    return keyed_hash(b"\0".join([*parts, body.rstrip()]), use="inbound")


def _alike(raw: bytes) -> bytes:
    """Line ends as one byte. Mailboxes hand out 0x80 for a NUL, which IMAP does not know, and drop a CR before CRLF."""
    if b"\r\r\n" in raw:
        raw = b"\n".join(line.rstrip(b"\r") for line in raw.split(b"\n"))
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b"\x80")
