"""What would the gate say today? Asked with the rules that are in force, about a person who is nobody, and no row."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.utils import timezone

from ...gate import contact, sharing, using
from ...gate.contact import Contact
from ...gate.facts import ADVERT, GUARDIAN, IN_ADVANCE, SALE, Bar, Facts, Said
from ...gate.sharing import Share
from ...gate.using import Use
from ...purposes import Purpose as Purposes
from ...recipients import Recipient
from ...vocabulary import Decision, LawfulBasis, Purpose, Sender, Source

FOR_EVER = date(9999, 12, 31)
LONG = timedelta(days=3650)


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
    bars: Iterable[Bar] = (), born_on: date | None = None, is_for_children: bool = False, has_bought: bool = True,
    has_guardian: bool = True, got: int = 0,
) -> bool:  # fmt: skip
    """Whether advertising goes to such a person: a customer, as a child with a guardian's yes, who `got` so many."""
    question = Contact(
        data_subject=nobody(born_on), channel=channel, sender=sender, content=content, at=now, addresses=[],
        is_for_children=is_for_children,
    )  # fmt: skip
    bearings = [_sale(now)] * has_bought + [_guardian(now)] * has_guardian + [_advert(now, channel)] * got
    facts = Facts(list(said), list(bars), bearings)
    return not any(rule(question, facts) for rule in contact.RULES)


def _sale(now: datetime) -> Bar:
    return Bar("0", SALE, "", now - LONG, None, "", (now - LONG).date())


def _advert(now: datetime, channel: str) -> Bar:
    return Bar("0", ADVERT, "", now, None, channel)


def _in_advance(now: datetime) -> Bar:
    return Bar("0", IN_ADVANCE, "", now, None, "", timezone.localdate(now, settings.SHOP_TZ))


def _guardian(now: datetime) -> Bar:
    return Bar("0", GUARDIAN, "", now - LONG, None)


def a_recipient(**more: Any) -> Recipient:
    """A company with everything in order, that is in no table."""
    usual: dict[str, Any] = {
        "pk": -1, "name": "nobody", "kind": Recipient.Kind.PROCESSOR, "group": Recipient.Group.PARTNER, "country": "DE",
        "purpose": "none", "fields": ["name"], "is_active": True, "agreement_until": FOR_EVER,
    }  # fmt: skip
    return Recipient(**(usual | more))


def may_give(
    now: datetime, to: Recipient, *fields: str, said: Iterable[Said] = (), bars: Iterable[Bar] = (),
    born_on: date | None = None, pays_later: bool = False,
) -> bool:  # fmt: skip
    """Whether these fields of such a person would be handed over, who has ordered now, perhaps to pay later."""
    question = Share(data_subject=nobody(born_on), recipient=to, fields=fields or ("name",), at=now)
    facts = Facts(list(said), list(bars), [_guardian(now)] + [_in_advance(now)] * pays_later)
    return not any(rule(question, facts) for rule in sharing.rules_for(to))


def may_serve(now: datetime, purpose: str, *, said: Iterable[Said] = (), born_on: date | None = None) -> bool:
    """Whether the data of such a person may serve this purpose, one that she may refuse."""
    wanted = Purposes(slug=purpose, lawful_basis=LawfulBasis.CONSENT, can_be_refused=True)
    question = Use(data_subject=nobody(born_on), purpose=wanted, at=now)
    facts = Facts(list(said), [], [_guardian(now)])
    return not any(rule(question, facts) for rule in using.RULES)
