"""What do machines report back, and what follows? Addresses that are gone or complained get no advertising any more."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from .. import suppression
from ..suppression import Suppression
from ..vocabulary import Source
from . import addresses, complaints, delivery_failures
from .delivery_failures import Failure
from .reading import Reading

LIMIT = 10


def take_note(reading: Reading, kind: str, now: datetime) -> list[str]:
    """Puts the reported addresses on the stop list; the reasons for the record, without the addresses.

    Anybody can write a report, so it may do no more than an unsubscribe mail: advertising ends, letters still go.
    """
    if kind == "complaint_report":
        return _complaint(reading, now)
    return _failures(delivery_failures.find(reading), now) if kind == "bounce" else []


def _complaint(reading: Reading, now: datetime) -> list[str]:
    complaint = complaints.find(reading, now)
    if complaint is None:
        return ["It is not about an address that wants to be left alone."]
    stopped = _stop(complaint.addresses, Suppression.Reason.COMPLAINT, now)
    return [_said(stopped, complaint.because) if stopped else "It names no address that could be put on the stop list."]


def _failures(failures: list[Failure], now: datetime) -> list[str]:
    if not failures:
        return ["No address that could not be reached was found in it; it is only filed."]
    gone = [failure for failure in failures if failure.is_gone]
    stopped = _stop([failure.address for failure in gone], Suppression.Reason.BOUNCE, now)
    said = [_said(stopped, "; ".join(dict.fromkeys(failure.because for failure in gone)))] if stopped else []
    stays = dict.fromkeys(failure.because for failure in failures if not failure.is_gone)
    return said + [f"An address stays as it is: {because}." for because in stays]


def _said(stopped: list[str], because: str) -> str:
    how_many = "An address was" if len(stopped) == 1 else f"{len(stopped)} addresses were"
    return f"{how_many} put on the stop list: {because}."


def _stop(found: Iterable[str], reason: str, now: datetime) -> list[str]:
    theirs = [address for address in dict.fromkeys(found) if _is_theirs(address)][:LIMIT]
    for address in theirs:
        suppression.suppress(address, reason=reason, source=Source.EMAIL, since=now)
    return theirs


def _is_theirs(address: str) -> bool:
    """Never an address at our own domain, and nothing that is none."""
    who = addresses.recipient(address)
    return bool(who.mailbox and who.domain) and address.isprintable() and who.domain != settings.MAIL_DOMAIN.lower()
