"""What does a machine write back? A receipt with an undo, or a page to go to; one answer per address and day."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from .. import notices
from ..encryption import keyed_hash
from . import addresses
from .commands import Command


def answer(template: str, address: str, person: Any, now: datetime, **context: Any) -> notices.OutgoingEmail | None:
    """Writes one answer to the outbox; None where no machine may answer, or one was written today already."""
    if not may_answer(address, now):
        return None
    return notices.send(template, address, key=_key(address, now), data_subject=person, context=context, now=now)


def may_answer(address: str, now: datetime) -> bool:
    """Never to machines, lists and ourselves, and at most once a day (CLG-07)."""
    free = addresses.may_be_answered(address) and "\n" not in address
    return free and not notices.OutgoingEmail.objects.filter(key=_key(address, now)).exists()


def receipt(command: Command, address: str, person: Any, undo_token: str | None, now: datetime) -> None:
    """Says what was switched off, and how to take it back."""
    undo = f"{settings.SITE_URL}/unsubscribe/undo/{undo_token}/" if undo_token else ""
    answer("mail_receipt", address, person, now, done=command.label, undo=undo)


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
