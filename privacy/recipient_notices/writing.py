"""Who must be told? Whoever really got data of this person and may still have it, each once for one change."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .. import audit, tokens
from ..fields import one_line
from ..recipients import Disclosure, Recipient
from .answers import locked, stop_asking
from .delivery import deliver
from .notice import CLOSED, RECORD, Change, RecipientNotice, State

# By what a recipient finds a person of whom it has no reference: the first of these that it was given.
FINDS_BY = {"email": "contact_email", "phone": "phone", "name": "display_name"}
LONGEST = 500


class Part(Protocol):
    """One record that a change is about, where it is not about everything."""

    def stands_in(self, given: Disclosure, /) -> bool:
        """Whether it was handed over then."""

    def called(self, rows: Sequence[Disclosure], /) -> str:
        """What it is called to somebody who got these."""


def tell(
    data_subject: Any,
    change: Change,
    *,
    occasion: str,
    actor: Any,
    now: datetime,
    today: date | None = None,
    corrected: dict[str, tuple[str, str]] | None = None,
    case: Any = None,
    later: bool = False,
    part: Part | None = None,
) -> list[RecipientNotice]:
    """One notice for each recipient of this person's data, in the transaction of the change; never a second.

    `corrected` names what was put right, each with what it said before and says now: only those are told that got one
    of these, and only that. `part`: it is about one record, and only who got that is told. `later`: they wait for
    `let_go`.
    """
    told = []
    for recipient, all_rows in _received(data_subject, today or timezone.localdate(now)):
        rows = [row for row in all_rows if part is None or part.stands_in(row)]
        fields = sorted({name for row in rows for name in row.fields})
        news = {name: values for name, values in (corrected or {}).items() if name in fields}
        if rows and (corrected is None or news):
            record = [_line(RECORD, part.called(rows))] if part else []
            particulars = [*record, *_finds_by(data_subject, rows), *_before_and_now(news)]
            values = {"change": change, "case": case, "fields": fields, **_facts(rows, now)}
            values |= {"data_subject": data_subject, "particulars": "\n".join(particulars).encode()}
            told.append(_write(recipient, occasion, values, actor=actor, now=now, later=later))
    if change in (Change.ERASURE, Change.LIFTING):
        _replace_older(data_subject, change, occasion, now)
    return told


def _received(data_subject: Any, today: date) -> Iterator[tuple[Recipient, list[Disclosure]]]:
    """The hand-overs that are still on record, by recipient."""
    said = Disclosure.personal_data
    rows = said.of(data_subject).exclude(pk__in=said.expired(today).values("pk"))
    in_order = rows.select_related("recipient").order_by("recipient__name", "recipient_id", "occurred_at")
    for recipient, found in groupby(in_order, key=lambda row: row.recipient):
        yield recipient, list(found)


def _facts(rows: list[Disclosure], now: datetime) -> dict[str, Any]:
    days = [timezone.localdate(row.occurred_at, settings.SHOP_TZ) for row in rows]
    secrets = [row.secret_until for row in rows]
    return {
        "first_on": min(days),
        "last_on": max(days),
        "secret_until": None if None in secrets else min(day for day in secrets if day),
        "answer_by": timezone.localdate(now, settings.SHOP_TZ) + timedelta(days=settings.RECIPIENT_REMINDER_DAYS),
        "created_at": now,
    }


def _finds_by(data_subject: Any, rows: list[Disclosure]) -> Iterator[str]:
    """Their own references; where a hand-over had none, the one thing they were given by which a person is found."""
    for reference in dict.fromkeys(row.reference for row in rows if row.reference):
        yield _line("reference", reference)
    without = {name for row in rows if not row.reference for name in row.fields}
    name = next((name for name in FINDS_BY if name in without and getattr(data_subject, FINDS_BY[name])), "")
    if name:
        yield _line(name, getattr(data_subject, FINDS_BY[name]))


def _before_and_now(news: dict[str, tuple[str, str]]) -> Iterator[str]:
    for name, (before, now) in news.items():
        yield _line(f"{name} before", before)
        yield _line(f"{name} now", now)


def _line(name: str, value: str) -> str:
    return f"{name}: {one_line(value)[:LONGEST]}"


def _write(
    recipient: Recipient, occasion: str, values: dict[str, Any], *, actor: Any, now: datetime, later: bool
) -> RecipientNotice:
    notice, is_new = RecipientNotice.objects.get_or_create(
        occasion=occasion, recipient=recipient, defaults=values | {"state": _first_state(recipient)}
    )
    if is_new:
        notice.update(link_hash=tokens.at_rest(notice.token))
        audit.record(
            "recipient_notice.written", actor=actor, subject=notice.data_subject, target=notice, now=now,
            change=str(notice.change), recipient=audit.reference(recipient),
        )  # fmt: skip
        if notice.state == State.TO_BE_SENT and not later:
            deliver(notice, now=now)
    return notice


def _first_state(recipient: Recipient) -> State:
    return State.TO_BE_SENT if recipient.can_be_told else State.BY_HAND


def _replace_older(data_subject: Any, change: Change, occasion: str, now: datetime) -> None:
    """What a later change makes pointless is not asked for any more, and what it needed is forgotten."""
    older = RecipientNotice.objects.open().filter(data_subject=data_subject).exclude(occasion=occasion)
    if change == Change.LIFTING:
        ended = occasion.removesuffix(f":{Change.LIFTING}")
        older = older.filter(occasion__startswith=f"{ended}:{Change.RESTRICTION}")
    for notice in older.order_by("pk"):
        if locked(notice).state not in CLOSED:
            stop_asking(notice)
            notice.update(state=State.REPLACED, particulars=b"", answered_at=now)


def let_go(occasion: str, *, now: datetime) -> None:
    """Sends what was written with `later`, in the transaction in which the change is done."""
    with transaction.atomic(savepoint=False):
        for notice in RecipientNotice.objects.filter(occasion=occasion, state=State.TO_BE_SENT, deliveries=None):
            deliver(notice, now=now)


def adopt(case: Any) -> None:
    """Her corrections since she asked for them belong to the request, so that its page shows who was told."""
    hers = RecipientNotice.objects.filter(data_subject=case.data_subject, change=Change.RECTIFICATION, case=None)
    hers.filter(created_at__gte=case.received_at).update(case=case)
