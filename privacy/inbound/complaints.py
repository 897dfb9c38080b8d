"""Who has complained about our mail through her provider? By feedback report (RFC 5965) or a provider's own form."""

import re
from dataclasses import dataclass
from datetime import datetime

from .. import tokens
from . import addresses, amazon_notices, words
from .failed_recipients import FIELD
from .reading import Reading, addresses_in

HEAD_LIMIT = 20_000
ORIGINALS = ("message/rfc822", "text/rfc822-headers", "text/rfc822-header", "message/global-headers")
# RFC 6430: somebody took our mail out of the spam folder; that is the opposite of a complaint.
IS_PRAISE = ("not-spam",)
NAMED_IN_REPORT = ("original-rcpt-to", "removal-recipient")
NAMED_IN_ORIGINAL = ("x-hmxmroriginalrecipient", "x-apparently-to", "x-original-to", "delivered-to", "to")
FORM = re.compile(words.any_of(words.of("words_of_machines")["complaint_form"]), re.IGNORECASE)
KINDS = {
    "opt-out": "asked by her provider for no more mail",
    "opt-out-list": "asked by her provider for no more mail",
    "auth-failure": "a provider could not verify a mail to it",
}


@dataclass(frozen=True)
class Complaint:
    """Whose address is to be left alone, and why, as half a sentence."""

    addresses: tuple[str, ...]
    because: str


def is_one(reading: Reading) -> bool:
    """Whether a provider passes on that somebody complained or wants no more mail."""
    return bool(_feedback(reading) or _is_form(reading) or _is_button(reading) or _by_amazon(reading))


def find(reading: Reading, now: datetime) -> Complaint | None:
    """The complaint; None when the mail is none. Where it names nobody, the reporter's own address stands in."""
    if _is_button(reading):
        return Complaint(tuple(reading.addresses("from")), "she pressed the unsubscribe button of her mail program")
    if noticed := _by_amazon(reading):
        return Complaint(tuple(noticed), "reported as spam")
    reports = _feedback(reading)
    if not reports and not _is_form(reading):
        return None
    kind = next((value.lower() for report in reports for value in report.get("feedback-type", [])), "")
    if kind in IS_PRAISE:
        return None
    because = KINDS.get(kind, "reported as spam")
    if named := _named(reports, reading, now):
        return Complaint(tuple(named), because)
    return Complaint(
        tuple(reading.addresses("from")), f"{because}; the report names nobody, so whoever reported is left alone"
    )


def _feedback(reading: Reading) -> list[dict[str, list[str]]]:
    return [_fields(text) for kind, text in reading.reports if kind == "message/feedback-report"]


def _is_form(reading: Reading) -> bool:
    """A form without a machine-readable part, such as Microsoft's: its own subject, and the mail attached."""
    has_original = any(kind in ORIGINALS for kind, _ in reading.reports)
    return has_original and bool(FORM.search(reading.subject))


def _is_button(reading: Reading) -> bool:
    """Apple Mail writes in her name when she presses "unsubscribe", and says so in a header of its own."""
    return reading.header("x-apple-unsubscribe").strip().lower() == "true"


def _by_amazon(reading: Reading) -> list[str]:
    return amazon_notices.complainers(reading.text)


def _named(reports: list[dict[str, list[str]]], reading: Reading, now: datetime) -> list[str]:
    """Named by the report itself, else by our own signed link in the mail, else by the head of the mail."""
    if named := [
        a for report in reports for name in NAMED_IN_REPORT for v in report.get(name, []) for a in addresses_in(v)
    ]:
        return named
    originals = [_fields(text) for kind, text in reading.reports if kind in ORIGINALS]
    return _by_our_link(originals, now) or _by_head(originals)


def _by_our_link(originals: list[dict[str, list[str]]], now: datetime) -> list[str]:
    """Providers black out who complained; the unsubscribe address of our mail still tells."""
    links = [link for head in originals for value in head.get("list-unsubscribe", []) for link in value.split(",")]
    tags = [addresses.recipient(link.strip(" <>").removeprefix("mailto:").partition("?")[0]).tag for link in links]
    found = (tokens.find("unsubscribe", tag, now=now) for tag in tags[:5] if tag and tag.isascii())
    return [
        address for token in found if token and token.data_subject for address in token.data_subject.email_addresses()
    ]


def _by_head(originals: list[dict[str, list[str]]]) -> list[str]:
    for head in originals:
        for name in NAMED_IN_ORIGINAL:
            if named := [address for value in head.get(name, []) for address in addresses_in(value)]:
                return named
    return []


def _fields(text: str) -> dict[str, list[str]]:
    """All values of each field; a feedback report may name many recipients."""
    found: dict[str, list[str]] = {}
    head = re.split(r"\n[ \t]*\n", text[:HEAD_LIMIT].replace("\r\n", "\n").lstrip("\n"), maxsplit=1)[0]
    for name, value in FIELD.findall(head):
        found.setdefault(name.lower(), []).append(" ".join(value.split()))
    return found
