"""What would the gate say today? Asked with the rules that are in force, about a person who is nobody, and no row."""

from collections.abc import Iterable
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from ...gate import contact, sharing
from ...gate.contact import Contact
from ...gate.facts import Bar, Facts, Said
from ...gate.sharing import Share
from ...recipients import Recipient
from ...vocabulary import Decision, LawfulBasis, Purpose, Sender, Source

FOR_EVER = date(9999, 12, 31)


def nobody(born_on: date | None = None) -> Any:
    """Somebody with nothing but perhaps an age."""
    return SimpleNamespace(pk=0, erased_at=None, date_of_birth=born_on)


def answered(now: datetime, decision: Decision, purpose: str = Purpose.MARKETING, **more: Any) -> Said:
    """One entry of a ledger."""
    usual: dict[str, Any] = {
        "channel": "", "sender": "", "recipient": None, "source": Source.WEB, "lawful_basis": LawfulBasis.CONSENT,
        "page": "checkout",
    }  # fmt: skip
    return Said(data_subject=0, purpose=purpose, decision=decision, occurred_at=now, **(usual | more))


def may_write(
    now: datetime, channel: str, sender: str = Sender.OWN, content: str = Sender.OWN, *, said: Iterable[Said] = (),
    bars: Iterable[Bar] = (), born_on: date | None = None, is_for_children: bool = False,
) -> bool:  # fmt: skip
    """Whether advertising would go to such a person."""
    question = Contact(
        data_subject=nobody(born_on), channel=channel, sender=sender, content=content, at=now, addresses=[],
        is_for_children=is_for_children,
    )  # fmt: skip
    facts = Facts(entries=list(said), bars=list(bars))
    return not any(rule(question, facts) for rule in contact.RULES)


def a_recipient(**more: Any) -> Recipient:
    """A company with everything in order, that is in no table."""
    usual: dict[str, Any] = {
        "pk": -1, "name": "nobody", "kind": Recipient.Kind.PROCESSOR, "group": Recipient.Group.PARTNER, "country": "DE",
        "purpose": "none", "fields": ["name"], "is_active": True, "agreement_until": FOR_EVER,
    }  # fmt: skip
    return Recipient(**(usual | more))


def may_give(now: datetime, to: Recipient, *fields: str, said: Iterable[Said] = (), bars: Iterable[Bar] = ()) -> bool:
    """Whether these fields of such a person would be handed over."""
    question = Share(data_subject=nobody(), recipient=to, fields=fields or ("name",), at=now)
    facts = Facts(entries=list(said), bars=list(bars))
    return not any(rule(question, facts) for rule in sharing.rules_for(to))
