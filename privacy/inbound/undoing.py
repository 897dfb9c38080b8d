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
    with transaction.atomic(), consent.one_breath():
        if not tokens.spend(link, now=now):
            return []
        pairs = dict(link.details.get("entries", []))
        in_force = consent.choices(link.data_subject)
        before = consent.ConsentEntry.objects.filter(
            data_subject=link.data_subject, pk__in=pairs, decision=Decision.GRANTED
        ).select_related("recipient")
        return [
            _back(link.data_subject, yes, page)
            for yes in before.order_by("pk")
            if _still_to_undo(yes, pairs[yes.pk], in_force, set(pairs.values()))
        ]


def _still_to_undo(
    yes: consent.ConsentEntry, undone: int, in_force: dict[consent.Choice, consent.ConsentEntry], own: set[int]
) -> bool:
    """Whether the mail's own "no" is still her last word, and no later and broader one covers it."""
    current = in_force.get(consent.Choice(yes.purpose, yes.channel, yes.sender, yes.recipient_id))
    if current is None or current.pk != undone:
        return False
    later = (no for no in in_force.values() if no.decision == Decision.WITHDRAWN and no.pk not in own)
    return not any(consent.covers(no, yes) for no in later if no.recorded_at >= current.recorded_at)


def _back(person: Any, before: consent.ConsentEntry, page: str) -> consent.ConsentEntry:
    return consent.decide(
        person, before.purpose, Decision.GRANTED, channel=before.channel, sender=before.sender,
        recipient=before.recipient, source=Source.EMAIL, actor=person, wording=before.wording, page=page,
    )  # fmt: skip
