"""How do addresses come onto the list from a file: of a preference service, a mailing tool, an older system?

Columns. Needed: `address` (an email address; for sms and phone a number). Known: `channel` (email), `sender` (own,
third_party; empty: both), `reason` (preference_service), `since` (YYYY-MM-DD; empty: now).
"""

from collections.abc import Callable
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from .. import audit
from ..csv_files import Row, Table
from ..fields import normalise_email
from ..suppression import Suppression, address_hash
from ..vocabulary import Channel, Sender, Source

BATCH = 1000
NEEDED = ("address",)
KNOWN = (*NEEDED, "channel", "sender", "reason", "since")
Report = Callable[[int, str], None]


def bring_in(table: Table, *, actor: Any, report: Report, now: datetime) -> dict[str, int]:
    """Stores keyed hashes of every good row; an address on the list already stays with its first reason."""
    table.require(NEEDED, KNOWN)
    counts, waiting = {"rows": 0, "listed": 0, "refused": 0}, iter(table)
    while batch := list(islice(waiting, BATCH)):
        good = [(row, listed) for row in batch if (listed := _listed(row, report, now))]
        with transaction.atomic():
            Suppression.objects.bulk_create([one for _, listed in good for one in listed], ignore_conflicts=True)
            audit.record("suppressions.imported", actor=actor, now=now, rows=len(good))
        counts["rows"] += len(batch)
        counts["listed"] += len(good)
        counts["refused"] += len(batch) - len(good)
    return counts


def _listed(row: Row, report: Report, now: datetime) -> list[Suppression]:
    try:
        if row.error:
            raise ValueError(row.error)
        return _rows(row.values, now)
    except ValidationError as wrong:
        report(row.line, " ".join(wrong.messages))
    except ValueError as wrong:
        report(row.line, str(wrong))
    return []


def _rows(values: dict[str, str], now: datetime) -> list[Suppression]:
    channel = Channel(values.get("channel") or Channel.EMAIL)
    reason = Suppression.Reason(values.get("reason") or Suppression.Reason.PREFERENCE_SERVICE)
    senders = [Sender(values["sender"])] if values.get("sender") else list(Sender)
    key = address_hash(_address(values["address"], channel), channel)
    since = _since(values.get("since", ""), now)
    return [
        Suppression(hash=key, channel=channel, sender=sender, reason=reason, source=Source.IMPORT, since=since)
        for sender in senders
    ]


def _address(written: str, channel: Channel) -> str:
    if channel == Channel.EMAIL:
        validate_email(normalise_email(written))
    elif channel == Channel.POST:
        raise ValueError("channel: for post, write the person's choice into the ledger")
    elif sum(letter.isdigit() for letter in written) < 6:
        raise ValueError(f"address: {written} is no phone number")
    return written


def _since(written: str, now: datetime) -> datetime:
    day = date.fromisoformat(written) if written else None
    if day and not date(1900, 1, 1) <= day <= now.date():
        raise ValueError(f"since: {written} has not come, or is long gone")
    return datetime.combine(day, time(0), tzinfo=settings.SHOP_TZ) if day else now
