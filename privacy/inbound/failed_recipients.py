"""Whose mail came back, and what was said about it? From the machine-readable report, a header or the words."""

import re
from dataclasses import dataclass, replace

from . import amazon_notices, words
from .reading import ADDRESS, Reading, Unreadable, addresses_in, normalise_email, read

LIMIT = 10
TEXT_LIMIT = 20_000
STATUS_KINDS = ("message/delivery-status", "message/global-delivery-status")
FIELD = re.compile(r"^([A-Za-z-]+)[ \t]*:[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
ORIGINAL = re.compile(words.any_of(words.of("delivery_failures")["original"]["begins"]), re.IGNORECASE)
# Lines that name somebody else than who was not reached.
NOT_HIM = re.compile(
    r"^\s*(?:from|(?:original )?sender|mail from|reply-to|message-id|envelope|reporting|for (?:further )?assistance)\b"
    r"|envelope-from|>>> mail from|(?:contact|assistance|send (?:an? )?e?-?mail to|write to)\b.{0,40}@",
    re.IGNORECASE,
)
IS_REPORT = re.compile(
    r"^content-type:\s*multipart/report;[^:]*report-type=\"?delivery-status", re.IGNORECASE | re.MULTILINE
)
REPLY = re.compile(r"\b[245]\d\d[ -]")


@dataclass(frozen=True)
class Said:
    """What a report says about one address: the fields of RFC 3464 where it has them, the words near it, and all."""

    address: str
    action: str = ""
    status: str = ""
    diagnostic: str = ""
    reporter: str = ""
    remote: str = ""
    near: str = ""
    words: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether a field says that the delivery failed for good."""
        return self.action.startswith("failed")


def find(reading: Reading) -> list[Said]:
    """The addresses that a report is about, each with what was said of it; empty where it names nobody."""
    if noticed := [Said(**notice) for notice in amazon_notices.bounces(reading.text)]:
        return noticed[:LIMIT]
    if inner := _report_inside(reading):
        return find(inner)
    text = _before_the_original(reading.text or reading.unparsed)
    if fielded := _from_fields(reading):
        return _with_words(fielded, text)
    named = reading.addresses("x-failed-recipients") or _named_in(text) or _of_the_original(reading)
    return _with_words([Said(address) for address in dict.fromkeys(named)], text)


def _report_inside(reading: Reading) -> Reading | None:
    """The report that a gateway has wrapped in a notice of its own; only one step, so that nothing goes in circles."""
    kinds = {kind for kind, _ in reading.reports}
    for kind, text in reading.reports:
        if kind == "message/rfc822" and not kinds & set(STATUS_KINDS) and IS_REPORT.search(text[:TEXT_LIMIT]):
            try:
                inner = read(text.encode())
            except Unreadable:
                return None
            return replace(inner, reports=[part for part in inner.reports if part[0] != "message/rfc822"])
    return None


def fields(text: str) -> dict[str, str]:
    """The fields of one block, by lower-case name; the first of each counts."""
    found: dict[str, str] = {}
    for name, value in FIELD.findall(text.replace("\r\n", "\n")):
        found.setdefault(name.lower(), " ".join(value.split()))
    return found


def _from_fields(reading: Reading) -> list[Said]:
    texts = [text for kind, text in reading.reports if kind in STATUS_KINDS]
    found, reporter = [], ""
    for said in _blocks("\n\n".join([*texts, reading.unparsed]).replace("\r\n", "\n")):
        reporter = said.get("reporting-mta", reporter)
        recipient = said.get("original-recipient") or said.get("final-recipient", "")
        if address := next(iter(addresses_in(recipient.rpartition(";")[2])), ""):
            found.append(
                Said(
                    address,
                    action=said.get("action", "").lower(),
                    status=said.get("status", "").split(" ")[0],
                    diagnostic=said.get("diagnostic-code", ""),
                    reporter=reporter,
                    remote=said.get("remote-mta", ""),
                )
            )
    return found[:LIMIT]


def _blocks(text: str) -> list[dict[str, str]]:
    """The fields of each recipient: divided by an empty line, or where a server forgot it, by a second status."""
    found: list[dict[str, str]] = []
    for part in re.split(r"\n[ \t]*\n", text):
        found.append({})
        for name, value in FIELD.findall(part):
            if name.lower() in found[-1] and name.lower() in ("final-recipient", "action", "status"):
                found.append({})
            found[-1].setdefault(name.lower(), " ".join(value.split()))
    return found


def _before_the_original(text: str) -> str:
    lines = text[:TEXT_LIMIT].replace("\r\n", "\n").split("\n")
    begins = (number for number, line in enumerate(lines) if number > 0 and ORIGINAL.match(line.lstrip("> \t")))
    return "\n".join(lines[: next(begins, len(lines))])


def _named_in(text: str) -> list[str]:
    """Whom the words name: all addresses that are not the sender's, the postmaster's or a server's."""
    lines = [line for line in text.split("\n") if not NOT_HIM.search(line)]
    found = [normalise_email(address.strip("'`*.=")) for address in ADDRESS.findall("\n".join(lines))]
    return list(dict.fromkeys(found))[:LIMIT]


def _of_the_original(reading: Reading) -> list[str]:
    """To whom the mail that came back was sent, where it was one."""
    kinds = ("message/rfc822", "text/rfc822-headers")
    to = [fields(text[:TEXT_LIMIT]).get("to", "") for kind, text in reading.reports if kind in kinds]
    named = [address for value in to for address in addresses_in(value)]
    return named if len(named) == 1 else []


def _with_words(found: list[Said], text: str) -> list[Said]:
    """The lines around each address; all the words where it is the only one."""
    is_only = len({said.address for said in found}) == 1
    near = [_around(said.address, text) for said in found]
    return [
        replace(said, near=lines, words=text if is_only else lines) for said, lines in zip(found, near, strict=True)
    ]


def _around(address: str, text: str) -> str:
    """The lines that name the address, each with what follows up to a blank, another address or another answer."""
    kept, has_reply, is_near = [], False, False
    for line in text.split("\n"):
        named = [normalise_email(name.strip("'`*.=")) for name in ADDRESS.findall(line)]
        if address in named:
            has_reply = bool(REPLY.search(line)) or (has_reply and is_near)
            is_near = True
        elif named or not line.strip() or (has_reply and REPLY.match(line.lstrip())) or line.startswith("While "):
            is_near, has_reply = False, False
        if is_near:
            kept.append(line)
    return "\n".join(kept)
