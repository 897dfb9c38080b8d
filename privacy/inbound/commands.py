"""What may a mail alone switch off? One function for each command; adding one needs no other place."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .. import consent
from ..vocabulary import Channel, Decision, Purpose, Sender, Source

ACTOR = "system:inbound"


@dataclass(frozen=True)
class Order:
    """What she wrote, when it came, how we knew her, whether the subject was the very command, and who does it."""

    wording: str
    received_at: datetime
    page: str
    is_exact: bool = False
    actor: Any = ACTOR
    source: Source = Source.EMAIL


@dataclass(frozen=True)
class Change:
    """One "no" that was written down, and the "yes" that stood before it, if any."""

    entry: consent.ConsentEntry
    before: consent.ConsentEntry | None


Verb = Callable[[Any, Order], list[Change]]


@dataclass(frozen=True)
class Command:
    """A command: its words for people, its exact subjects, what it needs, what it stops for an unknown address."""

    name: str
    label: str | Promise
    verb: Verb
    subjects: tuple[str, ...] = ()
    needs_number: bool = False
    stops: tuple[Sender, ...] = ()


REGISTER: dict[str, Command] = {}


def command(
    name: str, *subjects: str, label: str | Promise, needs_number: bool = False, stops: tuple[Sender, ...] = ()
) -> Callable[[Verb], Verb]:
    """Registers the function below it; a mail whose subject is one of `subjects` is this command."""

    def register(verb: Verb) -> Verb:
        REGISTER[name] = Command(name, label, verb, subjects, needs_number, stops)
        return verb

    return register


def by_subject(subject: str) -> Command | None:
    """The command that a subject is, whatever its case and blanks; None for anything more or less."""
    plain = " ".join(subject.split()).strip("\"'.!“”„ ").casefold()
    return next((entry for entry in REGISTER.values() if plain in entry.subjects), None)


def _off(person: Any, channels: Iterable[Channel], senders: Iterable[Sender], order: Order) -> list[Change]:
    """Writes a "no" for the shop's own advertising always, for other companies' where there was a "yes"."""
    before, always = consent.choices(person), set(senders) != set(Sender)
    changes = []
    for channel in channels:
        for sender in senders:
            was = before.get(consent.Choice(Purpose.MARKETING, channel, sender))
            was_on = was is not None and was.decision == Decision.GRANTED
            if was_on or always or sender == Sender.OWN:
                changes.append(Change(_no(person, channel, sender, order), was if was_on else None))
    return changes


def _no(person: Any, channel: Channel, sender: Sender, order: Order) -> consent.ConsentEntry:
    return consent.decide(
        person, Purpose.MARKETING, Decision.WITHDRAWN, channel=channel, sender=sender, source=order.source,
        actor=order.actor, wording=order.wording, page=order.page, occurred_at=order.received_at,
    )  # fmt: skip


@command("unsubscribe", "unsubscribe", label=_("no more advertising by email"), stops=(Sender.OWN, Sender.THIRD_PARTY))
def unsubscribe(person: Any, order: Order) -> list[Change]:
    """All advertising by email off (CLG-01, LRD-03)."""
    return _off(person, [Channel.EMAIL], list(Sender), order)


@command(
    "stop_third_party", "email no third party marketing", label=_("no more offers of other companies"),
    needs_number=True, stops=(Sender.THIRD_PARTY,),
)  # fmt: skip
def stop_third_party(person: Any, order: Order) -> list[Change]:
    """Other companies' email off and nothing else (LRD-01); told in free words, other roads and sharing end too."""
    changes = _off(person, [Channel.EMAIL], [Sender.THIRD_PARTY], order)
    return changes if order.is_exact else changes + _sharing_off(person, order)


def _sharing_off(person: Any, order: Order) -> list[Change]:
    """Every "yes" to other companies' advertising on other roads, and to passing details on (LRD-05)."""
    changes = []
    for choice, was in consent.choices(person).items():
        elsewhere = choice.sender == Sender.THIRD_PARTY and choice.channel != Channel.EMAIL
        if was.decision == Decision.GRANTED and (
            elsewhere or choice.purpose in (Purpose.PARTNER_OFFERS, Purpose.SHARING)
        ):
            entry = consent.decide(
                person, choice.purpose, Decision.WITHDRAWN, channel=choice.channel, sender=choice.sender,
                recipient=was.recipient, source=order.source, actor=order.actor, wording=order.wording, page=order.page,
                occurred_at=order.received_at,
            )  # fmt: skip
            changes.append(Change(entry, was))
    return changes


@command("stop_sms", label=_("no more text messages with advertising"))
def stop_sms(person: Any, order: Order) -> list[Change]:
    """Advertising by text message off."""
    return _off(person, [Channel.SMS], list(Sender), order)


@command("stop_phone", label=_("no more calls with advertising"))
def stop_phone(person: Any, order: Order) -> list[Change]:
    """Advertising by phone off."""
    return _off(person, [Channel.PHONE], list(Sender), order)


@command("stop_post", label=_("no more advertising by post"))
def stop_post(person: Any, order: Order) -> list[Change]:
    """Catalogues and advertising letters off."""
    return _off(person, [Channel.POST], list(Sender), order)


@command("stop_all_marketing", label=_("no more advertising, by any road"), stops=(Sender.OWN, Sender.THIRD_PARTY))
def stop_all_marketing(person: Any, order: Order) -> list[Change]:
    """All advertising off, on every channel (Art. 21(2))."""
    return _off(person, list(Channel), list(Sender), order)
