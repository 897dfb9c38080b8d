"""May we use this person's data for this purpose? One small function a rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ..purposes import Purpose
from ..vocabulary import LawfulBasis
from ..vocabulary import Purpose as BuiltIn
from .children import NEEDED, is_child, too_young_to_say_yes
from .facts import RESTRICTED, Answer, Asked, Facts, Said, erased_since, gather, instant
from .packs import Promised
from .words import on
from .words import translated as _

# What goes on while data is under restriction: keeping the books, and carrying out the person's own rights (Art. 18).
IN_SPITE_OF_RESTRICTION = frozenset({BuiltIn.LEGAL_DUTY, BuiltIn.PRIVACY_RIGHTS})


@dataclass(frozen=True, kw_only=True)
class Use:
    """One question."""

    data_subject: Any
    purpose: Purpose
    at: datetime


Rule = Callable[[Use, Facts], str | None]


def may_use(data_subject: Any, purpose: Purpose, at: date | datetime | None = None) -> Answer:
    """Whether this person's data may serve this purpose, such as choosing what she is shown (Art. 5(1)(b), 18, 21)."""
    return use_answers([Use(data_subject=data_subject, purpose=purpose, at=instant(at))])[0]


def use_answers(questions: Sequence[Use]) -> list[Answer]:
    """Many questions with two queries in all."""
    if not questions:
        return []
    purposes = {question.purpose.slug for question in questions}
    facts = gather([Asked(one.data_subject, one.at) for one in questions], purposes=purposes)
    return [_answer(question, known) for question, known in zip(questions, facts, strict=True)]


def _answer(question: Use, facts: Facts) -> Answer:
    refusals = [reason for rule in RULES if (reason := rule(question, facts))]
    return Answer(allowed=not refusals, reasons=refusals or _grounds(question, facts))


def not_erased(question: Use, facts: Facts) -> str | None:
    """Of whoever was erased there is nothing to use (Art. 17)."""
    return erased_since(question.data_subject)


def not_restricted(question: Use, facts: Facts) -> str | None:
    """Restricted data is stored; it is used only where the law insists or the person said yes later (Art. 18)."""
    if question.purpose.slug in IN_SPITE_OF_RESTRICTION:
        return None
    said = _said(question, facts)
    for bar in facts.bars:
        agreed_later = said is not None and said.is_yes and said.occurred_at > bar.since
        if bar.what == RESTRICTED and bar.stands(question.at) and not agreed_later:
            return _("Since {day} this person's data may be kept but not used (Art. 18).").format(day=on(bar.since))
    return None


def not_refused(question: Use, facts: Facts) -> str | None:
    """Where a person may say no, her no counts (Art. 21)."""
    said = _said(question, facts)
    if not question.purpose.can_be_refused or said is None or not said.is_no:
        return None
    return _("On {day} this person said no to this.").format(day=on(said.occurred_at))


def yes_where_needed(question: Use, facts: Facts) -> str | None:
    """What rests on consent needs a yes to exactly that; accepting a policy is none (Art. 6(1)(a), MAD-04)."""
    said = _said(question, facts)
    if question.purpose.lawful_basis != LawfulBasis.CONSENT or (said is not None and (said.is_yes or said.is_no)):
        return None
    if said is not None:
        return _("Accepting the privacy policy is not a yes to this.")
    return _("This person has never said yes to this.")


def yes_of_age(question: Use, facts: Facts) -> str | None:
    """A yes that this rests on was hers alone to give, or a guardian agreed (GDPR Art. 8)."""
    if question.purpose.lawful_basis != LawfulBasis.CONSENT:
        return None
    return too_young_to_say_yes(question.data_subject, _said(question, facts), facts, question.at)


def no_enticement_of_a_child(question: Use, facts: Facts) -> str | None:
    """No contest, draw or vote with a child of 16 or under (SafeBuy 8.3)."""
    if question.purpose.slug != BuiltIn.CONTEST or not is_child(question.data_subject, question.at):
        return None
    return _("This is a child of 16 or under, whom no contest or prize may draw in.")


def only_the_order_of_a_child(question: Use, facts: Facts) -> str | None:
    """Data of a child of 16 or under serves her order and nothing else (SafeBuy 8.2)."""
    if question.purpose.slug in NEEDED or not is_child(question.data_subject, question.at):
        return None
    return _("This is a child of 16 or under, whose data serves her order and nothing else.")


# What a use must pass; a new rule is one function and its line here.
RULES: tuple[Rule, ...] = (
    not_erased,
    not_restricted,
    not_refused,
    yes_of_age,
    yes_where_needed,
    Promised("connox", "SFB-31", no_enticement_of_a_child),
    Promised("connox", "SFB-30", only_the_order_of_a_child),
)


def _said(question: Use, facts: Facts) -> Said | None:
    return facts.latest(question.at, question.purpose.slug)


def _grounds(question: Use, facts: Facts) -> list[str]:
    said = _said(question, facts)
    if said is not None and said.is_yes:
        return [_("On {day} this person said yes to this.").format(day=on(said.occurred_at))]
    basis = LawfulBasis(question.purpose.lawful_basis).label
    return [_("{purpose}: {basis}.").format(purpose=question.purpose.label, basis=basis)]
