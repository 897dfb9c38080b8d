"""What did they choose, and where did they take part? Consents, newsletters, contests, visits, messages."""

from collections.abc import Iterator
from datetime import datetime

from django.db import models

from customers.models import (
    BrowsingRecord,
    ChatLog,
    ContestEntry,
    Customer,
    Enquiry,
    NewsletterSubscription,
    PrizeDrawEntry,
    ProductVote,
    SavedBasket,
)
from privacy.consent import ConsentEntry
from privacy.guardians import GuardianConsent
from privacy.policies import NoticeShown, PolicyVersion
from privacy.recipients import Recipient
from privacy.vocabulary import Channel, Decision, LawfulBasis, Occasion, Purpose, Sender, Source

from .orders import ARTICLES, CROWD
from .people import CHILDREN, PLAIN_LIVES, Person

ACTOR = "system:demo"
WORDINGS = {
    (Channel.EMAIL, Sender.OWN): "Northlight may email me its own offers and news.",
    (Channel.SMS, Sender.OWN): "Northlight may text me its own offers and news.",
    (Channel.PHONE, Sender.OWN): "Northlight may call me about its own offers.",
    (Channel.POST, Sender.OWN): "Northlight may write to me by post about its own offers.",
    (Channel.EMAIL, Sender.THIRD_PARTY): "Northlight may email me offers of other companies.",
}
LIKELIHOOD = {
    (Channel.EMAIL, Sender.OWN): 0.6, (Channel.SMS, Sender.OWN): 0.15, (Channel.PHONE, Sender.OWN): 0.08,
    (Channel.POST, Sender.OWN): 0.25, (Channel.EMAIL, Sender.THIRD_PARTY): 0.12,
}  # fmt: skip
SPONSOR = "Moorland Outdoor Magazine"
PAGES = ("northlight.example/checkout", "northlight.example/newsletter", "northlight.example/account")
SEARCHES = ("winter boots", "vegan shoes", "blaue Jacke", "κουβέρτα", "ロングコート", "lamp with dimmer", "size 36")
QUESTIONS = (
    (
        "My parcel",
        "Hello, the parcel has not come yet. Could you look where it is?",
        "It is on its way and comes tomorrow.",
    ),
    ("Exchange", "The boots are one size too small. May I exchange them?", "Gladly. The label is in your account."),
    ("Washing the blanket", "Can I wash the wool blanket at 30 degrees?", "By hand, please, with wool soap."),
    ("Invoice", "Please send the invoice once more, to my new address.", "Here it is, with the new address."),
)
CHATS = (
    "Visitor: Does the armchair come in blue?\nSam: Only green this year.\nVisitor: Pity, thank you.",
    "Visitor: Wann ist mein Paket da?\nSam: Morgan, my colleague, says on Thursday.\nVisitor: Danke!",
    "Visitor: 靴のサイズを教えてください。\nSam: EU 38 is 24 cm.\nVisitor: ありがとう。",
)


def rows(
    person: Person, customer: Customer, recipients: dict[str, Recipient], policies: list[PolicyVersion]
) -> Iterator[models.Model]:
    """Everything else the shop knows of this person; little of those in the crowd."""
    if person.index in CHILDREN:
        yield GuardianConsent(
            data_subject=customer, guardian=f"Robin {customer.family_name}", relation=GuardianConsent.Relation.PARENT,
            contact="+44 1632 960456", evidence="Signed letter, called back the same day.", recorded_by=ACTOR,
            given_at=person.joined_at, recorded_at=person.joined_at,
        )  # fmt: skip
    yield from consents(person, customer, policies)
    if person.luck.random() < 0.25:
        at = person.since(person.joined_at)
        yield NewsletterSubscription(
            customer=customer, newsletter="Northlight weekly", address=person.email, requested_at=at, confirmed_at=at,
            ip_address="198.51.100.0",
        )  # fmt: skip
    if person.index < CROWD:
        yield from _notices(person, customer, policies)
        if person.index not in CHILDREN:
            yield from _participation(person, customer, recipients)
        yield from _visits(person, customer)
        yield from _messages(person, customer)


def consents(person: Person, customer: Customer, policies: list[PolicyVersion]) -> Iterator[ConsentEntry]:
    """The history of choices: mostly yes to some, now and then a later no; the first people end with yes to email."""
    if person.index in CHILDREN:
        return
    for (channel, sender), likelihood in LIKELIHOOD.items():
        is_first = person.index < PLAIN_LIVES and (channel, sender) == (Channel.EMAIL, Sender.OWN)
        if is_first or person.luck.random() < likelihood:
            yes_at = person.since(person.joined_at, least=30)
            yield _entry(person, customer, policies, channel, sender, Decision.GRANTED, yes_at)
            if not is_first and person.luck.random() < 0.15:
                no_at = person.since(yes_at, least=1)
                yield _entry(person, customer, policies, channel, sender, Decision.WITHDRAWN, no_at)
    if person.index < CROWD:
        yield from _special_choices(person, customer, policies)


def _entry(
    person: Person,
    customer: Customer,
    policies: list[PolicyVersion],
    channel: Channel,
    sender: Sender,
    decision: Decision,
    at: datetime,
) -> ConsentEntry:
    is_no = decision == Decision.WITHDRAWN
    page = "" if is_no else person.luck.choice(PAGES)
    return ConsentEntry(
        data_subject=customer, purpose=Purpose.MARKETING, channel=channel, sender=sender, decision=decision,
        wording="Unsubscribe" if is_no else WORDINGS[channel, sender], page=page,
        source=person.luck.choice((Source.ONE_CLICK, Source.EMAIL, Source.PHONE)) if is_no else Source.WEB,
        actor=ACTOR, occurred_at=at, recorded_at=at, policy=in_force(policies, at),
        occasion=Occasion.SALE if page == PAGES[0] else None,
    )  # fmt: skip


def in_force(policies: list[PolicyVersion], at: datetime) -> PolicyVersion | None:
    """The version that applied then; the list is newest first."""
    return next((policy for policy in policies if policy.effective_on <= at.date()), None)


def _special_choices(person: Person, customer: Customer, policies: list[PolicyVersion]) -> Iterator[ConsentEntry]:
    """A yes drawn from accepting a policy, which counts for nothing (MAD-04); a soft opt-in; a yes to profiling."""
    at = person.since(person.joined_at, least=20)
    common = {
        "data_subject": customer,
        "actor": ACTOR,
        "occurred_at": at,
        "recorded_at": at,
        "policy": in_force(policies, at),
    }
    email = {"purpose": Purpose.MARKETING, "channel": Channel.EMAIL, "sender": Sender.OWN, "decision": Decision.GRANTED}
    if person.index > PLAIN_LIVES and person.index % 13 == 9:
        yield ConsentEntry(
            **common, **email, source=Source.POLICY_ACCEPTANCE, page=PAGES[0], wording="I accept the privacy policy."
        )
    if person.index > PLAIN_LIVES and person.index % 11 == 5:
        words = "We may tell you about things like those you buy. Tick here if not."
        yield ConsentEntry(
            **common, **email, source=Source.WEB, page=PAGES[0], wording=words,
            lawful_basis=LawfulBasis.LEGITIMATE_INTERESTS, occasion=Occasion.SALE,
        )  # fmt: skip
    if person.index % 5 == 0:
        words = "Northlight may use what I bought and looked at to choose what to show me."
        yield ConsentEntry(
            **common,
            purpose=Purpose.PROFILING,
            decision=Decision.GRANTED,
            source=Source.WEB,
            page=PAGES[2],
            wording=words,
        )


def _notices(person: Person, customer: Customer, policies: list[PolicyVersion]) -> Iterator[NoticeShown]:
    shown = in_force(policies, person.active_at)
    if shown and person.has_login:
        yield NoticeShown(data_subject=customer, policy=shown, shown_at=person.active_at)


def _participation(person: Person, customer: Customer, recipients: dict[str, Recipient]) -> Iterator[models.Model]:
    luck, at = person.luck, person.days_ago(person.luck.randrange(5, 230))
    if luck.random() < 0.2:
        yield ContestEntry(
            customer=customer, contest="Show us your walk", entered_at=at, sponsor=recipients[SPONSOR],
            entry="A photograph of my boots on the hill behind our house.",
        )  # fmt: skip
    if luck.random() < 0.2:
        yield PrizeDrawEntry(
            customer=customer, draw="Autumn armchair", name=person.display_name, customer_number=customer.number,
            address=person.written_address(), email=person.email, entered_at=at,
        )  # fmt: skip
    if luck.random() < 0.25:
        yield ProductVote(customer=customer, product=luck.choice(ARTICLES)[0], comment="Keeps me warm.", voted_at=at)


def _visits(person: Person, customer: Customer) -> Iterator[models.Model]:
    """What the browser did; some of it before she ever signed in, without a customer."""
    visitor, luck = f"v{person.index:07}{person.luck.randrange(16**6):06x}", person.luck
    for _ in range(luck.randrange(0, 6)):
        kind = luck.choices(BrowsingRecord.Kind.values, (70, 10, 20))[0]
        what = {"page": f"/{luck.choice(ARTICLES)[0].lower().replace(' ', '-')}", "ad": "autumn sale banner"}
        yield BrowsingRecord(
            customer=customer if luck.random() < 0.8 else None, visitor_id=visitor, kind=kind, ip_address="203.0.113.0",
            what=what.get(kind) or luck.choice(SEARCHES), at=person.days_ago(luck.randrange(0, 420)),
        )  # fmt: skip
    if luck.random() < 0.3:
        articles = [{"article": luck.choice(ARTICLES)[0], "quantity": 1}]
        yield SavedBasket(
            customer=customer, visitor_id=visitor, articles=articles, saved_at=person.days_ago(luck.randrange(0, 110))
        )


def _messages(person: Person, customer: Customer) -> Iterator[models.Model]:
    luck = person.luck
    if luck.random() < 0.35:
        subject, body, answer = luck.choice(QUESTIONS)
        at = person.days_ago(luck.randrange(0, 800))
        yield Enquiry(
            customer=customer, received_at=at, subject=subject, body=body, answer=answer if luck.random() < 0.9 else ""
        )
    if luck.random() < 0.15:
        yield ChatLog(
            customer=customer, visitor_id=f"v{person.index:07}", started_at=person.days_ago(luck.randrange(0, 380)),
            transcript=luck.choice(CHATS),
        )  # fmt: skip
