"""How do addresses come onto the list from a file: of a preference service, a mailing tool, an older system?

Columns. For email, sms and phone `address` (an email address, or a number as anybody types it); for post `name` and
`postcode`. Known: `channel` (email, sms, phone, post; otherwise the service's, or email), `sender` (own, third_party;
empty: both), `service` (tps, ctps, mps, eps, dnc, other), `reason` (preference_service), `since` (YYYY-MM-DD, the day
of the listing; empty: counts at once).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from .. import audit
from ..csv_files import Row, Table, WrongFile, one_of
from ..fields import normalise_email
from ..phone_numbers import normalise_phone
from ..suppression import Suppression, address_hash, already_listed, listed, postal
from ..vocabulary import Channel, Sender, Source

BATCH = 1000
KNOWN = ("address", "name", "postcode", "channel", "sender", "service", "reason", "since")
Report = Callable[[int, str], None]
Service, Reason = Suppression.Service, Suppression.Reason


@dataclass(frozen=True)
class Rule:
    """By which roads a service's listing bars us, and how many days after it."""

    channels: tuple[Channel, ...]
    days: int = 0


# PECR reg. 21(3): 28 days. Singapore PDPA, Do Not Call: 21 days. The others bind from the day of the listing.
SERVICES: dict[str, Rule] = {
    Service.TPS: Rule((Channel.PHONE,), 28),
    Service.CTPS: Rule((Channel.PHONE,), 28),
    Service.MPS: Rule((Channel.POST,)),
    Service.EMAIL: Rule((Channel.EMAIL,)),
    Service.DNC: Rule((Channel.PHONE, Channel.SMS), 21),
    Service.OTHER: Rule((Channel.EMAIL,)),
}


def bring_in(table: Table, *, actor: Any, report: Report, now: datetime) -> dict[str, int]:
    """Stores keyed hashes of every good row; an address on the list already stays with its first reason."""
    table.require((), KNOWN)
    if "address" not in table.columns and not {"name", "postcode"} <= set(table.columns):
        raise WrongFile("The file lacks the column address, or for post the columns name and postcode.")
    counts = {"rows": 0, "imported": 0, "listed": 0, "known": 0, "refused": 0}
    waiting = iter(table)
    while batch := list(islice(waiting, BATCH)):
        good = [(row.line, found) for row in batch if (found := _listed(row, report, now))]
        new = _new(good, report)
        with transaction.atomic():
            Suppression.objects.bulk_create([one for found in new for one in found], ignore_conflicts=True)
            audit.record("suppressions.imported", actor=actor, now=now, rows=len(good))
        counts["rows"] += len(batch)
        counts["imported"] += len(new)
        counts["listed"] += len(good)
        counts["known"] += len(good) - len(new)
        counts["refused"] += len(batch) - len(good)
    return counts


def _new(good: list[tuple[int, list[Suppression]]], report: Report) -> list[list[Suppression]]:
    """Those that bring something which stands neither on the list nor further up in the file."""
    known = already_listed(one for _line, found in good for one in found)
    new = []
    for line, found in good:
        keys = {one.key for one in found}
        if keys <= known:
            report(line, "stands on the list already")
        else:
            new.append(found)
        known |= keys
    return new


def _listed(row: Row, report: Report, now: datetime) -> list[Suppression]:
    try:
        if row.error:
            raise ValueError(row.error)
        return list(_rows(row.values, now))
    except ValidationError as wrong:
        report(row.line, " ".join(wrong.messages))
    except ValueError as wrong:
        report(row.line, str(wrong))
    return []


def _rows(values: dict[str, str], now: datetime) -> Iterator[Suppression]:
    service = one_of("service", values, Service.values)
    reason = one_of("reason", values, Reason.values) or Reason.PREFERENCE_SERVICE
    if service and reason != Reason.PREFERENCE_SERVICE:
        raise ValueError("reason: what a service lists has the reason preference_service")
    if reason == Reason.PREFERENCE_SERVICE:
        service = service or Service.OTHER
    rule = SERVICES.get(service, SERVICES[Service.OTHER])
    channel = one_of("channel", values, Channel.values)
    if channel and values.get("service") and service != Service.OTHER and channel not in rule.channels:
        raise ValueError(f"channel: this service lists for {', '.join(rule.channels)}")
    sender = one_of("sender", values, Sender.values)
    since, listed_on = _days(values.get("since", ""), now, rule)
    for road in [Channel(channel)] if channel else rule.channels:
        address = _address(values, road)
        hashed = address_hash(address, road)
        for whose in [sender] if sender else Sender.values:
            yield listed(
                address, hash=hashed, channel=road, sender=whose, reason=reason, source=Source.IMPORT, since=since,
                service=service, listed_on=listed_on if service else None,
            )  # fmt: skip


def _address(values: dict[str, str], channel: Channel) -> str:
    written = values.get("address", "")
    if channel == Channel.POST:
        if not (reader := postal(values.get("name", ""), values.get("postcode", ""))):
            raise ValueError("name, postcode: post needs both")
        return reader
    if channel == Channel.EMAIL:
        validate_email(normalise_email(written))
    elif not 7 <= len(normalise_phone(written)) <= 15 or "@" in written:
        raise ValueError("address: this is no phone number")
    return written


def _days(written: str, now: datetime, rule: Rule) -> tuple[datetime, date]:
    """From when it counts, and the day of the listing; without a day it counts at once."""
    if not written:
        return now, timezone.localdate(now, settings.SHOP_TZ)
    day = _day(written)
    if day is None or not date(1900, 1, 1) <= day <= timezone.localdate(now, settings.SHOP_TZ):
        raise ValueError("since: write a day that has come, such as 2026-01-31")
    return datetime.combine(day + timedelta(days=rule.days), time(0), tzinfo=settings.SHOP_TZ), day


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
