"""Did the domain in From vouch for this mail? Our own mail server's word first, then the signature itself."""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dkim
from django.conf import settings
from django.db import models

from .reading import Reading

logger = logging.getLogger(__name__)
SIGNATURES_LIMIT = 3
DNS_SECONDS = 3
COMMENT = re.compile(r"\([^()]*\)")
RESULT = re.compile(r"^\s*(dmarc|dkim|spf)\s*=\s*(\w+)(.*)$", re.IGNORECASE)
VOUCHED = {
    "dkim": re.compile(r"header\.d\s*=\s*@?([\w.-]+)"),
    "spf": re.compile(r"smtp\.mailfrom\s*=\s*(?:\S*@)?([\w.-]+)"),
}


class Trust(models.TextChoices):
    """How much the From line is worth."""

    PROVEN = "proven"
    UNKNOWN = "unknown"
    FAILED = "failed"


@dataclass(frozen=True)
class Verdict:
    """How much the From line is worth, and why."""

    trust: Trust = Trust.UNKNOWN
    reason: str = ""


PROVEN = Verdict(Trust.PROVEN, "The sender's domain vouches for it.")
FAILED = Verdict(Trust.FAILED, "Our mail server says that the sender's address is forged.")
UNKNOWN = Verdict()
DnsLookup = Callable[..., bytes | None]


def verdict(raw: bytes, reading: Reading, dns: DnsLookup = dkim.get_txt) -> Verdict:
    """Judges by `Authentication-Results` of our own server (RFC 8601), else by DKIM (RFC 6376) where that is on."""
    domains = {address.rpartition("@")[2] for address in reading.addresses("from")}
    if len(domains) != 1:
        return UNKNOWN
    [domain] = domains
    said = _of_our_server(reading)
    if said is not None:
        return _by_results(said, domain)
    return PROVEN if settings.CHECK_DKIM and _is_signed(raw, reading, domain, dns) else UNKNOWN


def _of_our_server(reading: Reading) -> str | None:
    """The results that our server wrote: on top, and only once; whoever brings a line in our name gains nothing."""
    ours = [
        value for value in reading.headers.get("authentication-results", []) if _server(value) == settings.AUTHSERV_ID
    ]
    is_on_top = bool(ours) and reading.header("authentication-results") == ours[0]
    return ours[0] if settings.AUTHSERV_ID and is_on_top and len(ours) == 1 else None


def _server(value: str) -> str:
    words = value.partition(";")[0].split()
    return words[0].lower() if words else ""


def _by_results(said: str, domain: str) -> Verdict:
    """DMARC decides; without it, a DKIM or SPF pass of the very domain in From, or a plain SPF failure."""
    results = list(_results(said))
    dmarc = [result for method, result, _ in results if method == "dmarc" and result in ("pass", "fail")]
    if dmarc:
        return PROVEN if set(dmarc) == {"pass"} else FAILED
    if any(result == "pass" and method != "dmarc" and vouches(by, domain) for method, result, by in results):
        return PROVEN
    return FAILED if any((method, result) == ("spf", "fail") for method, result, _ in results) else UNKNOWN


def _results(said: str) -> Iterator[tuple[str, str, str]]:
    """Each method with its result and the domain that it is about."""
    for piece in COMMENT.sub(" ", said).split(";")[1:20]:
        if match := RESULT.match(piece):
            method = match[1].lower()
            by = VOUCHED[method].search(match[3].lower()) if method in VOUCHED else None
            yield method, match[2].lower(), by[1] if by else ""


def vouches(by: str, domain: str) -> bool:
    """Whether `by` may speak for `domain`: it is the same, or the domain above it."""
    return bool(by) and "." in by and (domain == by or domain.endswith(f".{by}"))


def _is_signed(raw: bytes, reading: Reading, domain: str, dns: DnsLookup) -> bool:
    signatures = reading.headers.get("dkim-signature", [])[:SIGNATURES_LIMIT]
    return any(
        vouches(_tag(value, "d"), domain) and not _tag(value, "l") and _verifies(raw, at, dns)
        for at, value in enumerate(signatures)
    )


def _tag(signature: str, name: str) -> str:
    """One tag of a signature; `l=` signs only a beginning, to which anybody may add."""
    match = re.search(rf"(?:^|;)\s*{name}\s*=\s*([^;\s]+)", signature)
    return match[1].lower().rstrip(".") if match else ""


def _verifies(raw: bytes, at: int, dns: DnsLookup) -> bool:
    try:
        return bool(dkim.DKIM(raw, timeout=DNS_SECONDS).verify(idx=at, dnsfunc=dns))
    except Exception as error:  # noqa: BLE001  (the library raises whatever a hostile header brings about)
        logger.info("signature not checked: %s", type(error).__name__)
        return False
