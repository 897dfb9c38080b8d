"""How does a person take back what her mail switched off? One link, one use, and only what stood before."""

from datetime import datetime
from typing import Any

from django.db import transaction

from .. import consent, tokens
from ..tokens import LinkToken
from ..vocabulary import Decision, Source
from .commands import Change


def link_for(person: Any, changes: list[Change], now: datetime) -> str | None:
    """A token that puts back every "yes" that these changes ended; None when there was none."""
    pairs = [[change.before.pk, change.entry.pk] for change in changes if change.before]
    if not pairs:
        return None
    return tokens.issue("undo", person, now=now, entries=pairs)


def may_undo(token: str, *, now: datetime | None = None) -> LinkToken | None:
    """The row behind the undo link of a receipt; None when it is wrong, too old or used."""
    link = tokens.find("undo", token, now=now)
    return link if link and link.used_at is None else None


def undo(link: LinkToken, *, page: str = "", now: datetime | None = None) -> list[consent.ConsentEntry]:
    """Puts back, once, each "yes" exactly as it was worded, unless the person has decided anew in between."""
    with transaction.atomic():
        if not tokens.spend(link, now=now):
            return []
        return [
            _back(link.data_subject, before, page)
            for before_pk, entry_pk in link.details.get("entries", [])
            if (before := _still_to_undo(link.data_subject, before_pk, entry_pk))
        ]


def _still_to_undo(person: Any, before_pk: int, entry_pk: int) -> consent.ConsentEntry | None:
    mine = consent.ConsentEntry.objects.filter(data_subject=person)
    before = mine.filter(pk=before_pk, decision=Decision.GRANTED).select_related("recipient").first()
    if before is None:
        return None
    current = consent.latest(
        person, before.purpose, channel=before.channel, sender=before.sender, recipient=before.recipient
    )
    return before if current is not None and current.pk == entry_pk else None


def _back(person: Any, before: consent.ConsentEntry, page: str) -> consent.ConsentEntry:
    return consent.decide(
        person, before.purpose, Decision.GRANTED, channel=before.channel, sender=before.sender,
        recipient=before.recipient, source=Source.EMAIL, actor=person, wording=before.wording, page=page,
    )  # fmt: skip
