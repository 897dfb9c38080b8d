"""Which choices do we offer a person, in which exact words, and how does she change several at once?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from . import consent, notices, suppression
from .recipients import Recipient
from .vocabulary import Channel, Decision, Occasion, Purpose, Sender, Source


@dataclass(frozen=True)
class Option:
    """One thing that a person may say yes or no to, with the words that she reads beside it.

    Ticked it says yes; for a refusal, where silence would not be a no, ticked it says no.
    """

    purpose: str
    wording: str
    channel: str = ""
    sender: str = ""
    recipient: Recipient | None = None
    is_refusal: bool = False

    @property
    def key(self) -> str:
        """Its name in a form."""
        parts = (self.purpose, self.channel, self.sender, str(self.recipient.pk) if self.recipient else "")
        return "-".join(part for part in parts if part)

    @property
    def choice(self) -> consent.Choice:
        """Its name in the ledger."""
        return consent.Choice(self.purpose, self.channel, self.sender, self.recipient.pk if self.recipient else None)


@dataclass
class Changes:
    """What a saved form did; `waiting` must not be switched on before the person has proved again who she is."""

    switched_on: list[Option] = field(default_factory=list)
    switched_off: list[Option] = field(default_factory=list)
    waiting: list[Option] = field(default_factory=list)


def marketing() -> list[Option]:
    """Own offers and other companies' offers, each by every channel (CLZ-01, CLZ-10, MAD-01)."""
    ways = {
        Channel.EMAIL: (
            _("{shop} may email me its own offers and news."),
            _("{shop} may email me offers of other companies."),
        ),
        Channel.SMS: (
            _("{shop} may text me its own offers and news."),
            _("{shop} may text me offers of other companies."),
        ),
        Channel.PHONE: (
            _("{shop} may call me about its own offers."),
            _("{shop} may call me about offers of other companies."),
        ),
        Channel.POST: (
            _("{shop} may write to me by post about its own offers."),
            _("{shop} may post me offers of other companies."),
        ),
    }
    return [
        Option(Purpose.MARKETING, _said(wording), channel, sender)
        for channel, wordings in ways.items()
        for sender, wording in zip((Sender.OWN, Sender.THIRD_PARTY), wordings, strict=True)
    ]


def use() -> list[Option]:
    """Profiling, news of the policy, and the use of a health matter for advice on fit (CLZ-09, MAD-10, CLG-16)."""
    return [
        Option(Purpose.PROFILING, _said(_("{shop} may use what I bought and looked at to choose what to show me."))),
        Option(Purpose.POLICY_NEWS, _said(_("{shop} may email me when its privacy policy changes."))),
        Option(Purpose.HEALTH_FIT, _said(_("{shop} may keep what I write about my health, only to advise me on fit."))),
    ]


def sharing() -> list[Option]:
    """The three refusals (SFB-19 to SFB-21), and each recipient that needs a yes (LRD-05)."""
    refusals = {
        Purpose.SHARING: _("Pass nothing on to other companies that my order does not need."),
        Purpose.FURTHER_USE: _("No further use of my details by {shop} and companies of its group."),
        Purpose.TRANSFER: _("Send nothing about me outside the European Economic Area."),
    }
    ask = _("{shop} may pass my details to {to}.")
    return [
        *(Option(purpose, _said(wording), is_refusal=True) for purpose, wording in refusals.items()),
        *(
            Option(Purpose.SHARING, _said(ask, to=recipient.name), recipient=recipient)
            for recipient in Recipient.objects.optional()
        ),
    ]


def _said(wording: str, **names: str) -> str:
    return wording.format(shop=settings.SHOP["name"], **names)


def granted(data_subject: Any, latest: dict[consent.Choice, Any] | None = None) -> set[consent.Choice]:
    """Everything the person has said yes to and not taken back, in one query."""
    return {
        choice
        for choice, entry in (latest or consent.choices(data_subject)).items()
        if entry.decision == Decision.GRANTED and entry.source != Source.POLICY_ACCEPTANCE
    }


def ticked_boxes(data_subject: Any, options: Sequence[Option]) -> set[str]:
    """The keys of the boxes that are ticked now: a yes in force, or for a refusal a no in force."""
    latest = consent.choices(data_subject)
    yes = granted(data_subject, latest)
    no = {choice for choice, entry in latest.items() if entry.decision == Decision.WITHDRAWN}
    return {option.key for option in options if option.choice in (no if option.is_refusal else yes)}


def save(
    data_subject: Any,
    options: Sequence[Option],
    *,
    ticked: Collection[str],
    shown_ticked: Collection[str],
    may_switch_on: bool,
    actor: Any,
    page: str,
    occasion: Occasion | None = None,
) -> Changes:
    """Writes down what differs: every "no" at once, a "yes" only for somebody who has just proved who she is.

    A box left as the form showed it never says yes, so that an old form cannot undo a "no" said elsewhere. `occasion`
    is named by a form in which the details themselves are given, such as that of an order.
    """
    now = ticked_boxes(data_subject, options)
    wanted = _without_recipients_if_all_are_refused(options, set(ticked), now)
    changes = Changes()
    with transaction.atomic(), consent.one_breath():
        for option in options:
            was, shall, shown = option.key in now, option.key in wanted, option.key in shown_ticked
            if was == shall:
                continue
            if shall == option.is_refusal:
                changes.switched_off.append(option)
                _decide(data_subject, option, Decision.WITHDRAWN, actor, page)
            elif shown != shall:
                (changes.switched_on if may_switch_on else changes.waiting).append(option)
        for option in changes.switched_on:
            words = _("Taken back: {wording}").format(wording=option.wording) if option.is_refusal else ""
            _decide(data_subject, option, Decision.GRANTED, actor, page, words, occasion)
            _lift_suppression(data_subject, option)
    return changes


def _without_recipients_if_all_are_refused(options: Sequence[Option], wanted: set[str], now: set[str]) -> set[str]:
    refuses_all = any(
        o.is_refusal and o.purpose == Purpose.SHARING and o.key in wanted and o.key not in now for o in options
    )
    return wanted - {o.key for o in options if o.recipient} if refuses_all else wanted


def all_off(data_subject: Any, options: Sequence[Option], *, actor: Any, page: str, wording: str) -> None:
    """One click: every option off, said aloud also where nothing was ever chosen (MAD-03, LRD-05)."""
    latest = consent.choices(data_subject)
    with transaction.atomic(), consent.one_breath():
        for option in options:
            entry = latest.get(option.choice)
            if entry is None or entry.decision != Decision.WITHDRAWN:
                _decide(data_subject, option, Decision.WITHDRAWN, actor, page, wording)


def revoke(
    data_subject: Any, options: Sequence[Option], *, source: Source, received_at: datetime, wording: str, actor: Any
) -> None:
    """What came by letter, fax, phone or over the counter: off from the day it came, with a receipt (CNX-07)."""
    with transaction.atomic(), consent.one_breath():
        entries = [
            consent.decide(
                data_subject, option.purpose, Decision.WITHDRAWN, channel=option.channel, sender=option.sender,
                recipient=option.recipient, source=source, actor=actor, wording=wording, occurred_at=received_at,
            )
            for option in options
        ]  # fmt: skip
        if entries and data_subject.contact_email:
            context = {"options": options, "received_at": received_at, "source": source.label}
            key = f"revoked-{entries[0].pk}"
            notices.send("revoked", data_subject.contact_email, key=key, data_subject=data_subject, context=context)


def _decide(
    data_subject: Any,
    option: Option,
    decision: Decision,
    actor: Any,
    page: str,
    wording: str = "",
    occasion: Occasion | None = None,
) -> None:
    consent.decide(
        data_subject, option.purpose, decision, channel=option.channel, sender=option.sender,
        recipient=option.recipient, source=Source.WEB, actor=actor, wording=wording or option.wording, page=page,
        occasion=occasion,
    )  # fmt: skip


def _lift_suppression(data_subject: Any, option: Option) -> None:
    if option.purpose != Purpose.MARKETING:
        return
    ways = {
        Channel.EMAIL: data_subject.email_addresses(),
        Channel.POST: suppression.postal_of([data_subject])[data_subject.pk],
    }
    for address in ways.get(Channel(option.channel), [data_subject.phone]):
        suppression.lift(address, channel=option.channel, sender=option.sender)
