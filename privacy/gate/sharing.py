"""May this recipient be given these fields of this person? One small function a rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from ..recipients import AuthorityOrder, Recipient
from ..vocabulary import Purpose
from . import contested
from .children import is_child, too_young_to_say_yes
from .facts import RESTRICTED, Answer, Asked, Facts, Said, erased_since, gather, instant
from .packs import Promised
from .words import on
from .words import translated as _

PURPOSES = (Purpose.SHARING, Purpose.TRANSFER, Purpose.FURTHER_USE)


@dataclass(frozen=True, kw_only=True)
class Share:
    """One question."""

    data_subject: Any
    recipient: Recipient
    fields: Sequence[str]
    at: datetime
    # By name, such as customers.order:12, out of which records they come; unnamed they may come out of any.
    records: Sequence[str] = ()


Rule = Callable[[Share, Facts], str | None]


def may_share(
    data_subject: Any,
    recipient: Recipient,
    fields: Sequence[str],
    at: date | datetime | None = None,
    *,
    records: Sequence[str] = (),
) -> Answer:
    """Whether these fields may go to this recipient; whoever hands them over goes through `hand_over`, which asks."""
    question = Share(data_subject=data_subject, recipient=recipient, fields=fields, at=instant(at), records=records)
    return share_answers([question])[0]


def share_answers(questions: Sequence[Share]) -> list[Answer]:
    """Many questions with two queries in all."""
    if not questions:
        return []
    facts = known_of(questions)
    return [_answer(question, known) for question, known in zip(questions, facts, strict=True)]


def known_of(questions: Sequence[Share]) -> list[Facts]:
    """What the rules may look at, of each."""
    return gather(
        [Asked(one.data_subject, one.at, as_debtor=_is_agency(one.recipient)) for one in questions], purposes=PURPOSES
    )


def _answer(question: Share, facts: Facts) -> Answer:
    refusals = [reason for rule in rules_for(question.recipient) if (reason := rule(question, facts))]
    return Answer(allowed=not refusals, reasons=refusals or _grounds(question, facts))


def not_erased(question: Share, facts: Facts) -> str | None:
    """Of whoever was erased there is nothing to share (Art. 17)."""
    return erased_since(question.data_subject)


def not_restricted(question: Share, facts: Facts) -> str | None:
    """Data under restriction is stored and nothing else (Art. 18)."""
    for bar in facts.bars:
        if bar.what == RESTRICTED and bar.stands(question.at):
            return _("Since {day} this person's data may be kept but not used (Art. 18).").format(day=on(bar.since))
    return None


def nothing_of_a_restricted_record(question: Share, facts: Facts) -> str | None:
    """Of a contested record nothing leaves; others may go to whoever says that they are others (Art. 18)."""
    locks = contested.standing(facts, question.at)
    lock = contested.keeps_back(question.data_subject, locks, question.fields, question.records)
    return contested.why_kept_back(lock)


def recipient_is_active(question: Share, facts: Facts) -> str | None:
    """A recipient that staff have not switched on gets nothing."""
    if question.recipient.is_active:
        return None
    return _("{name} is switched off and may receive nothing.").format(name=question.recipient)


def recipient_has_an_agreement(question: Share, facts: Facts) -> str | None:
    """It must have promised in writing to keep the data to itself, and the promise must last (MAD-13, Art. 28)."""
    to = question.recipient
    if to.has_agreement(timezone.localdate(question.at)):
        return None
    if to.agreement_until is None:
        return _("There is no agreement with {name}.").format(name=to)
    return _("The agreement with {name} ended on {day}.").format(name=to, day=to.agreement_until.isoformat())


def no_authority_without_an_order(question: Share, facts: Facts) -> str | None:
    """Police and offices get data by a recorded order that a person has approved, never by request (MAD-11, CLZ-11)."""
    if _order(question):
        return None
    return _("An authority gets data only by a recorded order that a privacy officer has approved.")


def nobody_pays(question: Share, facts: Facts) -> str | None:
    """Data is not sold or rented out while a promise says so (CNX-03)."""
    return next(iter(question.recipient.vetoes()), None) if question.recipient.pays else None


def fields_are_on_the_list(question: Share, facts: Facts) -> str | None:
    """Specific bits only: a field that is not on the recipient's list goes to nobody (MAD-12)."""
    if not question.fields:
        return _("Name the fields: nothing can be shared as a whole.")
    others = sorted(set(question.fields) - set(question.recipient.fields))
    if not others:
        return None
    return _("{name} may not get: {fields}.").format(name=question.recipient, fields=", ".join(others))


def country_is_safe(question: Share, facts: Facts) -> str | None:
    """Outside countries with enough protection there must be a safeguard (LRD-13, Art. 44 to 46)."""
    to = question.recipient
    if to.is_adequate or to.safeguard:
        return None
    return _("{name} is in {country}, which does not protect data enough, and there is no safeguard.").format(
        name=to, country=to.country
    )


def transfer_is_not_refused(question: Share, facts: Facts) -> str | None:
    """A person may say that nothing leaves the European Economic Area, or the shop's own country (SFB-21)."""
    to, said = question.recipient, facts.latest(question.at, Purpose.TRANSFER)
    is_at_home = to.is_in_eea or to.country == settings.SHOP["jurisdiction"][:2]
    if is_at_home or said is None or not said.is_no:
        return None
    return _("On {day} this person said no to transfers outside the European Economic Area.").format(
        day=on(said.occurred_at)
    )


def group_use_is_not_refused(question: Share, facts: Facts) -> str | None:
    """A person may say no to further use inside the group of companies (SFB-20)."""
    said = facts.latest(question.at, Purpose.FURTHER_USE)
    if question.recipient.group != Recipient.Group.AFFILIATE or said is None or not said.is_no:
        return None
    return _("On {day} this person said no to further use within our group.").format(day=on(said.occurred_at))


def yes_to_this_recipient(question: Share, facts: Facts) -> str | None:
    """Who is not needed for an order gets data only after a yes to that; the later word counts (CLG-10, LRD-05)."""
    said, to = _choice(question, facts), question.recipient
    if said is not None and said.is_no:
        return _("On {day} this person said no to sharing with {name}.").format(day=on(said.occurred_at), name=to)
    if to.is_necessary or (said is not None and said.is_yes):
        return None
    if said is not None:
        return _("Accepting the privacy policy is not a yes to sharing with {name}.").format(name=to)
    return _("This person has never said yes to sharing with {name}.").format(name=to)


def yes_of_age(question: Share, facts: Facts) -> str | None:
    """A yes that this rests on was hers alone to give, or a guardian agreed (GDPR Art. 8)."""
    if question.recipient.is_necessary:
        return None
    return too_young_to_say_yes(question.data_subject, _choice(question, facts), facts, question.at)


def only_the_order_of_a_child(question: Share, facts: Facts) -> str | None:
    """Of a child of 16 or under nothing leaves that her order does not need, whoever said yes (SafeBuy 8.2)."""
    if question.recipient.is_necessary or not is_child(question.data_subject, question.at):
        return None
    return _("This is a child of 16 or under: {name} is not needed for the order.").format(name=question.recipient)


def only_for_an_order_in_advance(question: Share, facts: Facts) -> str | None:
    """A credit agency is asked about nobody but who has just ordered something to pay after delivery (CNX-16)."""
    if not _is_agency(question.recipient) or facts.is_delivered_in_advance(question.at):
        return None
    return _("No order of this person is to be paid after delivery: {name} is not asked.").format(
        name=question.recipient
    )


# What a hand-over must pass; a new rule is one function and its line here.
RULES: tuple[Rule, ...] = (
    not_erased,
    not_restricted,
    nothing_of_a_restricted_record,
    recipient_is_active,
    recipient_has_an_agreement,
    nobody_pays,
    fields_are_on_the_list,
    country_is_safe,
    transfer_is_not_refused,
    group_use_is_not_refused,
    yes_of_age,
    yes_to_this_recipient,
    Promised("connox", "SFB-30", only_the_order_of_a_child),
    Promised("connox", "CNX-16", only_for_an_order_in_advance),
)

# What an authority demands by law hangs neither on the person's word nor on a list of ours, but on an order that two
# of us have seen; and what may not be used at all stays here until somebody has decided about that.
RULES_FOR_AUTHORITIES: tuple[Rule, ...] = (
    not_erased,
    not_restricted,
    nothing_of_a_restricted_record,
    recipient_is_active,
    no_authority_without_an_order,
    country_is_safe,
)


def rules_for(recipient: Recipient) -> tuple[Rule, ...]:
    """What a hand-over to this recipient must pass."""
    return RULES_FOR_AUTHORITIES if recipient.kind == Recipient.Kind.AUTHORITY else RULES


def _is_agency(recipient: Recipient) -> bool:
    return recipient.kind == Recipient.Kind.CREDIT_REFERENCE


def _order(question: Share) -> AuthorityOrder | None:
    """The order by which an authority may have this."""
    asked = (question.data_subject, question.recipient, question.fields, question.at)
    return AuthorityOrder.objects.covering(*asked).first()


def _choice(question: Share, facts: Facts) -> Said | None:
    """The last word about this recipient; a "no" to all that are not needed for an order counts for it too."""
    own = facts.latest(question.at, Purpose.SHARING, recipient=question.recipient.pk)
    to_all = facts.latest(question.at, Purpose.SHARING)
    if question.recipient.is_necessary or to_all is None or not to_all.is_no:
        return own
    return to_all if own is None or own.occurred_at <= to_all.occurred_at else own


def _grounds(question: Share, facts: Facts) -> list[str]:
    said, to = _choice(question, facts), question.recipient
    if to.kind == Recipient.Kind.AUTHORITY and (order := _order(question)):
        words = _("{name} demands it by {law}, file {file}; two of us have agreed.")
        return [words.format(name=to, law=order.legal_basis, file=order.reference)]
    if said is not None and said.is_yes:
        return [_("On {day} this person said yes to sharing with {name}.").format(day=on(said.occurred_at), name=to)]
    return [_("{name} needs this for the order: {purpose}").format(name=to, purpose=to.purpose)]
