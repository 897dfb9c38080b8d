"""What does a machine write back? A receipt of what changed, or a page to go to, that at most once a day."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from .. import notices
from ..encryption import keyed_hash
from . import addresses, undoing
from .commands import Change, Command


def answer(template: str, address: str, person: Any, now: datetime, **context: Any) -> None:
    """Writes one answer to the outbox; nothing where no machine may answer, or one was written today already."""
    if may_answer(address, now):
        notices.send(template, address, key=_key(address, now), data_subject=person, context=context, now=now)


def may_answer(address: str, now: datetime) -> bool:
    """Never to machines, lists and ourselves, and at most once a day (CLG-07)."""
    return addresses.may_be_answered(address) and not notices.is_any_written(_key(address, now))


def receipt(command: Command, address: str, person: Any, changes: list[Change], now: datetime) -> None:
    """Says what was switched off, and how to take it back; each change has its own, however many a day."""
    token = undoing.link_for(person, changes, now) if addresses.may_be_answered(address) else None
    if token is None:
        answer("mail_receipt", address, person, now, done=command.label, undo="")
        return
    context = {"done": command.label, "undo": f"{settings.SITE_URL}/unsubscribe/undo/{token}/"}
    key = f"{_key(address, now)}-{changes[0].entry.pk}"
    notices.send("mail_receipt", address, key=key, data_subject=person, context=context, now=now)


def to_a_stranger(command: Command | None, address: str, now: datetime) -> None:
    """Points to the page where anybody can switch off or ask; says nothing about whom we know."""
    answer("mail_stranger", address, None, now, done=command.label if command else "")


def _key(address: str, now: datetime) -> str:
    day = timezone.localdate(now, settings.SHOP_TZ)
    return f"mail-answer-{keyed_hash(_without_tag(address), use='mail-answer')[:32]}-{day:%Y%m%d}"


def _without_tag(address: str) -> str:
    """The address without its tag, so that `a+1@` and `a+2@` are one for the daily limit."""
    who = addresses.recipient(address)
    return f"{who.mailbox}@{who.domain}"


def written(address: str, at: datetime, entries: Iterable[int] = ()) -> QuerySet[notices.OutgoingEmail]:
    """What was written back to this address that day: the receipts of these changes, and the one other answer."""
    key = _key(address, at)
    return notices.OutgoingEmail.objects.filter(key__in=[key, *(f"{key}-{entry}" for entry in entries)])
