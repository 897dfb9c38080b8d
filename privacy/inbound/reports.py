"""What do mail servers report back? An address that does not exist, or a person who pressed "this is spam"."""

import re
from datetime import datetime

from .. import suppression
from ..suppression import Suppression
from ..vocabulary import Source
from . import addresses
from .reading import Reading, addresses_in

FIELD = re.compile(r"^([A-Za-z-]+)[ \t]*:[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
DOES_NOT_EXIST = {"5.1.1", "5.1.0", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}


def take_note(reading: Reading, now: datetime) -> list[str]:
    """Puts the reported addresses on the stop list; the reasons for the record, without the addresses."""
    complained, gone = complained_of(reading), not_existing(reading)
    for address in complained:
        suppression.suppress(address, reason=Suppression.Reason.COMPLAINT, source=Source.EMAIL, since=now)
    for address in gone:
        suppression.suppress(address, reason=Suppression.Reason.BOUNCE, source=Source.EMAIL, since=now)
    said = "An address was put on the stop list: {}."
    return [said.format("reported as spam")] * bool(complained) + [said.format("it does not exist")] * bool(gone)


def complained_of(reading: Reading) -> list[str]:
    """Who pressed "this is spam" or asked to opt out by feedback report (RFC 5965), never for failed signatures."""
    reports = [_fields(text) for kind, text in reading.reports if kind == "message/feedback-report"]
    if not any(said.get("feedback-type", "").lower() in ("abuse", "opt-out", "complaint", "fraud") for said in reports):
        return []
    named = [
        a
        for said in reports
        for a in addresses_in(f"{said.get('original-rcpt-to', '')},{said.get('removal-recipient', '')}")
    ]
    return _theirs(named or _to_of_original(reading))


def not_existing(reading: Reading) -> list[str]:
    """Addresses that a delivery report (RFC 3464) calls failed for good because there is no such mailbox."""
    found = []
    for kind, text in reading.reports:
        if kind != "message/delivery-status":
            continue
        for block in re.split(r"\r?\n\r?\n", text):
            said = _fields(block)
            failed = said.get("action", "").lower().startswith("failed")
            if failed and said.get("status", "").split(" ")[0] in DOES_NOT_EXIST:
                found += addresses_in(
                    (said.get("original-recipient") or said.get("final-recipient", "")).partition(";")[2]
                )
    return _theirs(found)


def _to_of_original(reading: Reading) -> list[str]:
    originals = [text for kind, text in reading.reports if kind in ("message/rfc822", "text/rfc822-headers")]
    return [address for text in originals for address in addresses_in(_fields(text[:20_000]).get("to", ""))]


def _fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in FIELD.findall(text.replace("\r\n", "\n")):
        found.setdefault(name.lower(), " ".join(value.split()))
    return found


def _theirs(found: list[str]) -> list[str]:
    """Never one of our own addresses, and few at a time."""
    return [address for address in dict.fromkeys(found) if addresses.may_be_answered(address)][:10]
