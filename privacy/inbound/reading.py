"""What does the mail say? Its head and its readable text, taken out under limits; nothing here can hang or grow."""

import re
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header

from ..fields import normalise_email
from . import html_text, mime

HEAD_LIMIT = 256 * 1024
HEADERS_LIMIT = 1_000
HEADER_LIMIT = 8 * 1024
TEXT_LIMIT = 128 * 1024
REPORTS = (
    "message/delivery-status",
    "message/global-delivery-status",
    "message/feedback-report",
    "message/disposition-notification",
    "text/calendar",
    "text/rfc822-headers",
    "text/rfc822-header",
    "message/global-headers",
    "message/rfc822",
)
PROBLEMS = (ValueError, LookupError, HeaderParseError, RecursionError, AssertionError, IndexError, TypeError)
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
COMMENT = re.compile(r"\([^()]*\)")
IN_ANGLES = re.compile(r"<([^<>]*)>")
ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]]+@[^\s<>,;:\"()\[\]]+")


class Unreadable(Exception):
    """The mail is beyond the limits or broken; its bytes are kept and a person looks. The text names the limit."""


@dataclass
class Reading:
    """A mail, read: decoded header values by lower-case name, and its text.

    `unparsed` is what stands in a multipart whose parts cannot be told apart: for reports of machines, never for words.
    """

    headers: dict[str, list[str]] = field(default_factory=dict)
    text: str = ""
    content_type: str = "text/plain"
    report_type: str = ""
    reports: list[tuple[str, str]] = field(default_factory=list)
    unparsed: str = ""

    def header(self, name: str) -> str:
        """The first value of a header, on one line; empty when there is none."""
        return self.headers.get(name, [""])[0]

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return self.header("subject")

    @property
    def from_name(self) -> str:
        """What the sender calls himself."""
        return " ".join(re.sub(r"<[^<>]*>", " ", self.header("from")).replace('"', " ").split())

    def addresses(self, name: str) -> list[str]:
        """The addresses in a header, normalised, in order."""
        return [address for value in self.headers.get(name, []) for address in addresses_in(value)]


def addresses_in(value: str, limit: int = 10) -> list[str]:
    """The addresses of an address header; names, comments and what stands in quotes are not among them."""
    bare = QUOTED.sub(" ", value)
    for _ in range(5):
        bare = COMMENT.sub(" ", bare)
    found = []
    for mailbox in bare.split(","):
        angled = IN_ANGLES.findall(mailbox)
        match = ADDRESS.search(angled[-1] if angled else mailbox)
        found += [normalise_email(match.group())] if match else []
    return found[:limit]


def read(raw: bytes) -> Reading:
    """Reads a mail under limits; Unreadable when it cannot be."""
    try:
        return _read(raw)
    except mime.TooMuch as error:
        raise Unreadable(str(error)) from error
    except PROBLEMS as error:
        raise Unreadable(f"It is broken in a way that cannot be read ({type(error).__name__}).") from error


def _read(raw: bytes) -> Reading:
    head, body = mime.cut(raw, HEAD_LIMIT)
    pairs = mime.headers(head, count=HEADERS_LIMIT, length=HEADER_LIMIT)
    reading = Reading()
    for name, value in pairs:
        reading.headers.setdefault(name, []).append(decoded(value))
    part = mime.Part(dict(reversed(pairs)), body)
    reading.content_type, parameters = part.content_type
    reading.report_type = parameters.get("report-type", "").lower()
    reading.text, reading.reports = _texts(part)
    if not (reading.text.strip() or reading.reports) and reading.content_type.startswith("multipart/"):
        reading.unparsed = mime.to_text(body[:TEXT_LIMIT], "utf-8")
    return reading


def decoded(value: bytes) -> str:
    """A header value in plain text (RFC 2047), on one line; what cannot be decoded is kept as it stands."""
    text = mime.to_text(value, "utf-8")
    if "=?" not in text:
        return " ".join(text.split())
    try:
        pieces = [
            mime.to_text(p, charset or "ascii") if isinstance(p, bytes) else p for p, charset in decode_header(text)
        ]
    except PROBLEMS:
        return " ".join(text.split())
    return " ".join("".join(pieces).replace("\0", " ").split())


def _texts(whole: mime.Part) -> tuple[str, list[tuple[str, str]]]:
    """The readable text, plain before HTML, and the machine-readable reports."""
    plain, html, reports = [], [], []
    for part in mime.leaves(whole):
        kind, _ = part.content_type
        if kind in REPORTS:
            reports.append((kind, part.text(TEXT_LIMIT)))
        elif part.is_attachment or not kind.startswith("text/"):
            continue
        elif kind == "text/html":
            html.append(html_text.text_of(part.text(TEXT_LIMIT)))
        elif kind == "text/plain":
            plain.append(part.text(TEXT_LIMIT))
    text = "\n".join(plain) if any(t.strip() for t in plain) else "\n".join(html)
    return text[:TEXT_LIMIT], reports
