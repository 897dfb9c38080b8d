"""May we advertise to this person, on this channel, for this sender, with this content? One small function a rule."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from ..suppression import Suppression
from ..vocabulary import Channel, LawfulBasis, Occasion, Purpose, Sender
from . import contested
from .ages import CHILD_UNDER, age_at, born_on
from .children import is_child, too_young_to_say_yes
from .facts import RESTRICTED, Answer, Asked, Facts, Said, erased_since, gather, instant
from .listings import outweighs
from .packs import Promised, in_force, is_active
from .question import Contact
from .words import about, label, on, one_place
from .words import translated as _

PURPOSES = (Purpose.MARKETING, Purpose.PARTNER_OFFERS)
SOFT_OPT_IN_CHANNELS = (Channel.EMAIL, Channel.SMS)


Rule = Callable[[Contact, Facts], str | None]


def may_contact(
    data_subject: Any,
    channel: str,
    sender: str = Sender.OWN,
    content: str = "",
    at: date | datetime | None = None,
    *,
    address: str = "",
    is_for_children: bool = False,
    is_similar: bool = True,
) -> Answer:
    """Whether advertising may go to this person; letters about an order or a request need no leave (PECR reg. 22).

    Without a word about the content it is the sender's.
    """
    question = Contact(
        data_subject=data_subject,
        channel=Channel(channel),
        sender=Sender(sender),
        content=Sender(content or sender),
        at=instant(at),
        addresses=[address] if address else None,
        is_for_children=is_for_children,
        is_similar=is_similar,
    )
    return answers([question])[0]


def answers(questions: Sequence[Contact]) -> list[Answer]:
    """Many questions with two queries in all, plus one a person whose addresses are not given."""
    if not questions:
        return []
    needs_sale, capped = is_active("connox"), settings.MARKETING_CAPS
    asked = [
        Asked(
            one.data_subject,
            one.at,
            one.hashes(),
            needs_sale and one.channel == Channel.EMAIL,
            one.channel if one.channel in capped else "",
        )
        for one in questions
    ]
    facts = gather(asked, purposes=PURPOSES)
    rules = in_force(RULES)
    of_full_age = [(name, rule) for name, rule in rules if name not in OF_CHILDREN]
    with one_place():
        return [
            _answer(question, known, rules if born_on(question.data_subject) else of_full_age)
            for question, known in zip(questions, facts, strict=True)
        ]


def _answer(question: Contact, facts: Facts, rules: Sequence[tuple[str, Rule]]) -> Answer:
    refusals: dict[str, str] = {}
    for name, refuse in rules:
        if reason := refuse(question, facts):
            refusals.setdefault(reason, name)
    if not refusals:
        return Answer(True, _grounds(question, facts))
    return Answer(False, list(refusals), tuple(dict.fromkeys(refusals.values())))


def not_erased(question: Contact, facts: Facts) -> str | None:
    """Whoever was erased is nobody whom we could write to (Art. 17)."""
    return erased_since(question.data_subject)


def not_restricted(question: Contact, facts: Facts) -> str | None:
    """Data under restriction is stored and nothing else (Art. 18)."""
    for bar in facts.bars:
        if bar.what == RESTRICTED and bar.stands(question.at):
            return _("Since {day} this person's data may be kept but not used (Art. 18).").format(day=on(bar.since))
    return None


def not_resting_on_what_is_restricted(question: Contact, facts: Facts) -> str | None:
    """A contested record carries no advertising: not its address, nor a soft opt-in from that sale (Art. 18)."""
    if not (locks := contested.standing(facts, question.at)):
        return None
    asked = question.data_subject, question.channel, question.addresses, _choice(question, facts)
    return contested.why_not_beneath(contested.beneath(*asked, locks))


def not_suppressed(question: Contact, facts: Facts) -> str | None:
    """An address on our list stays unwritten to, whatever else anybody says (PECR, "suppress, don't delete")."""
    for bar in facts.bars:
        if bar.what == RESTRICTED or bar.sender not in _senders(question) or not bar.stands(question.at):
            continue
        if not bar.service:
            why = label(Suppression.Reason, bar.what)
            return _("Since {day} this address is on the list of those we never write to: {why}.").format(
                day=on(bar.since), why=why
            )
        said = facts.latest(question.at, Purpose.MARKETING, channel=question.channel, sender=bar.sender)
        if not outweighs(said, bar, caller=question.sender):
            return _("Since {day} a listing with a preference service counts for this address: {why}.").format(
                day=on(bar.since), why=label(Suppression.Service, bar.service)
            )
    return None


def not_under_twelve(question: Contact, facts: Facts) -> str | None:
    """Nothing but what an order needs goes to a child under 12 (SafeBuy 8.5), by the age on that day."""
    age = age_at(question.data_subject, question.at)
    return _("This is a child under 12, who gets no advertising.") if age is not None and age < 12 else None


def only_what_suits_children(question: Contact, facts: Facts) -> str | None:
    """From 12 to 16 only what is marked as suitable (SafeBuy 8.5)."""
    age = age_at(question.data_subject, question.at)
    if age is None or not 12 <= age < CHILD_UNDER or question.is_for_children:
        return None
    return _("This is a child of 12 to 16, who gets only messages marked as suitable for children.")


def guardian_agreed(question: Contact, facts: Facts) -> str | None:
    """Of 16 or under and without a guardian's consent we should hold nothing at all (SafeBuy 8.1, 8.4)."""
    if not is_child(question.data_subject, question.at) or facts.has_guardian(question.at):
        return None
    return _("This is a child of 16 or under, and no parent or guardian has agreed.")


def yes_and_sale(question: Contact, facts: Facts) -> str | None:
    """Advertising by email needs a yes, and details that we got in a sale (SafeBuy 7.5)."""
    said = _choice(question, facts)
    if question.channel != Channel.EMAIL or said is None or not said.is_yes:
        return None
    if said.lawful_basis != LawfulBasis.CONSENT:
        return _("Details from a sale are not enough for email: this person must have said yes too.")
    bought = facts.has_bought(question.at) and contested.bought_otherwise(question.data_subject, facts, question.at)
    return None if bought else _("A yes is not enough for email: there must be a sale too.")


def yes_of_age(question: Contact, facts: Facts) -> str | None:
    """A yes that this rests on was hers alone to give, or a guardian agreed (GDPR Art. 8)."""
    return too_young_to_say_yes(question.data_subject, _choice(question, facts), facts, question.at)


def yes_to_channel_and_sender(question: Contact, facts: Facts) -> str | None:
    """A yes to exactly this channel and this sender, not taken back (PECR reg. 22; CLG-08)."""
    said = _choice(question, facts)
    if said is None or not said.is_yes:
        return _why_not(said, question.channel, question.sender)
    if said.lawful_basis == LawfulBasis.LEGITIMATE_INTERESTS:
        return _beyond_soft_opt_in(question, said)
    return None


def yes_to_content_of_others(question: Contact, facts: Facts) -> str | None:
    """Offers of other companies need a yes of their own, and the later word counts (CLZ-10, SFB-24)."""
    if question.content != Sender.THIRD_PARTY:
        return None
    latest = max(_about_others(question, facts), key=lambda said: (said.occurred_at, said.is_no), default=None)
    return None if latest and latest.is_yes else _why_not(latest, question.channel, Sender.THIRD_PARTY)


def not_too_often(question: Contact, facts: Facts) -> str | None:
    """No more within so many days than the shop has set (`MARKETING_CAPS`), counted from what really left."""
    if not facts.capped or question.channel not in settings.MARKETING_CAPS:
        return None
    most, days = settings.MARKETING_CAPS[question.channel]
    got = facts.adverts(question.channel, question.at, days)
    words = {"got": got, "channel": label(Channel, question.channel), "days": days, "most": most}
    if got < most:
        return None
    return _("This person got {got} by {channel} within {days} days; more than {most} are not sent.").format(**words)


# What advertising must pass; a new rule is one function and its line here.
RULES: tuple[Rule, ...] = (
    not_erased,
    not_restricted,
    not_resting_on_what_is_restricted,
    not_suppressed,
    yes_of_age,
    yes_to_channel_and_sender,
    yes_to_content_of_others,
    not_too_often,
    Promised("connox", "SFB-33", not_under_twelve),
    Promised("connox", "SFB-33", only_what_suits_children),
    Promised("connox", "SFB-32", guardian_agreed),
    Promised("connox", "SFB-23", yes_and_sale),
)


# Those that can refuse only somebody whose day of birth is known; nobody else is put through them.
OF_CHILDREN = {rule.__name__ for rule in (yes_of_age, not_under_twelve, only_what_suits_children, guardian_agreed)}


def _senders(question: Contact) -> set[str]:
    """On whose list an address must not stand: the sender's, and for offers of others theirs too."""
    return {question.sender, question.content}


def _choice(question: Contact, facts: Facts) -> Said | None:
    if facts.asked is not question:
        said = facts.latest(question.at, Purpose.MARKETING, channel=question.channel, sender=question.sender)
        facts.asked, facts.chosen = question, said
    return facts.chosen


def _about_others(question: Contact, facts: Facts) -> list[Said]:
    """What the person said about other companies' offers: on this channel, or in general."""
    at, channel = question.at, question.channel
    found = (
        facts.latest(at, Purpose.MARKETING, channel=channel, sender=Sender.THIRD_PARTY),
        facts.latest(at, Purpose.PARTNER_OFFERS, channel=channel),
        facts.latest(at, Purpose.PARTNER_OFFERS),
    )
    return [said for said in found if said]


def _why_not(said: Said | None, channel: str, sender: str) -> str:
    if said is None:
        return about(gettext_noop("This person has never said yes to {channel} {sender}."), channel, sender)
    if said.is_bundled:
        return about(gettext_noop("Accepting the privacy policy is not a yes to {channel} {sender}."), channel, sender)
    no = gettext_noop("On {day} this person said no to {channel} {sender}.")
    return about(no, channel, sender, said.occurred_at)


def _beyond_soft_opt_in(question: Contact, said: Said) -> str | None:
    """Details from a sale, or from asking about one, allow the shop's own similar offers (PECR reg. 22(3))."""
    if question.channel not in SOFT_OPT_IN_CHANNELS or (question.sender, question.content) != (Sender.OWN, Sender.OWN):
        return _("Details from a sale allow only our own offers, by email or text message.")
    if not question.is_similar:
        return _("Details from a sale allow only offers of things like those that were bought.")
    if said.occasion not in _occasions():
        return _("It is not recorded that these details were given in a sale.")
    if not said.is_worded:
        return _("It is not recorded that this person could refuse when she gave these details.")
    return None


def _occasions() -> tuple[Occasion, ...]:
    """A sale, and where the law says so asking about one; in Germany only a sale (UWG s.7(3))."""
    return (Occasion.SALE,) if settings.SHOP["jurisdiction"] == "DE" else (Occasion.SALE, Occasion.NEGOTIATION)


def _grounds(question: Contact, facts: Facts) -> list[str]:
    said = _choice(question, facts)
    if said is None:
        return []
    if said.lawful_basis == LawfulBasis.LEGITIMATE_INTERESTS:
        offered = gettext_noop(
            "Since a sale on {day} this person was offered to refuse {channel} {sender}, and has not."
        )
        return [about(offered, question.channel, question.sender, said.occurred_at)]
    yes = gettext_noop("On {day} this person said yes to {channel} {sender} ({source}).")
    return [about(yes, question.channel, question.sender, said.occurred_at, said.source)]
