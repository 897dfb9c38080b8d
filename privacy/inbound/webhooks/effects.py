"""What does it bring about that a service told us? Only "no", by the verbs that mail uses, in the caller's transaction.

An event counts from the moment at which it happened. What the person decided after that stands.
"""

from datetime import datetime
from typing import Any

from anymail.signals import EventType
from django.utils import timezone
from django.utils.translation import gettext as _

from ... import consent, data_subjects, suppression
from ...consent import Choice, ConsentEntry
from ...suppression import Suppression
from ...vocabulary import Channel, Decision, Purpose, Sender, Source
from .. import addresses, answers, commands
from .reading import Told

UNSUBSCRIBE = commands.REGISTER["unsubscribe"]


def carry_out(told: Told, service: str, received_at: datetime) -> None:
    """One thing told; the same again changes nothing."""
    at = min(told.at or received_at, received_at)
    if not told.address.isprintable() or addresses.is_our_own(told.address):
        return
    people = data_subjects.by_email(told.address)
    if told.what == EventType.BOUNCED:
        _stop(told.address, people, Suppression.Reason.BOUNCE, at)
    elif told.what == EventType.COMPLAINED:
        _stop(told.address, people, Suppression.Reason.COMPLAINT, at)
        _switch_off(people, service, told.what, at)
    elif not people:
        _stop(told.address, people, Suppression.Reason.OBJECTION, at)
    else:
        for person, changes in _switch_off(people, service, told.what, at):
            answers.receipt(UNSUBSCRIBE, told.address, person, changes, timezone.now())


def _stop(address: str, people: list[Any], reason: str, at: datetime) -> None:
    """On the list of those never written to; not for a sender to whom an owner said yes since."""
    since = {
        choice.sender
        for person in people
        for choice, entry in consent.choices(person).items()
        if (choice.purpose, choice.channel, entry.decision) == (Purpose.MARKETING, Channel.EMAIL, Decision.GRANTED)
        and entry.occurred_at > at
    }
    senders = [sender for sender in Sender if sender not in since]
    suppression.suppress(address, reason=reason, senders=senders, source=Source.WEBHOOK, since=at)


def _switch_off(people: list[Any], service: str, what: str, at: datetime) -> list[tuple[Any, list[commands.Change]]]:
    """Writes the "no" of everybody who has the address; of whom it is the last word, for a receipt."""
    page = f"{service}, {what}"[:200]
    order = commands.Order(_("Told by the mailing service"), at, page, source=Source.WEBHOOK)
    changed = []
    for person in people:
        if _is_written(person, at):
            continue
        changes = UNSUBSCRIBE.verb(person, order)
        in_force = consent.choices(person)
        counting = [change for change in changes if in_force[_choice(change.entry)].pk == change.entry.pk]
        if counting:
            changed.append((person, counting))
    return changed


def _choice(entry: ConsentEntry) -> Choice:
    return Choice(entry.purpose, entry.channel, entry.sender, entry.recipient_id)


def _is_written(person: Any, at: datetime) -> bool:
    """Whether the ledger has this event already, by another call that told it too."""
    same = ConsentEntry.objects.filter(data_subject=person, purpose=Purpose.MARKETING, channel=Channel.EMAIL)
    return same.filter(source=Source.WEBHOOK, decision=Decision.WITHDRAWN, occurred_at=at).exists()
