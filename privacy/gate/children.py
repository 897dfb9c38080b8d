"""What may not be done with the data of a child? Rules that several gates share, each by the age on the day."""

from datetime import datetime
from typing import Any

from ..vocabulary import LawfulBasis, Purpose
from .ages import CHILD_UNDER, age_at, digital_age
from .facts import Facts, Said
from .words import translated as _

# What an order of a child needs, and what keeps her safe; everything else is not hers to allow (SafeBuy 8.2).
NEEDED = frozenset(
    {Purpose.ORDER, Purpose.SERVICE, Purpose.LEGAL_DUTY, Purpose.PRIVACY_RIGHTS, Purpose.SECURITY,
     Purpose.FRAUD_PREVENTION}
)  # fmt: skip


def is_child(person: Any, at: datetime) -> bool:
    """Of 16 or under on that day, as far as we know."""
    age = age_at(person, at)
    return age is not None and age < CHILD_UNDER


def needs_a_guardian(person: Any, said: Said, facts: Facts) -> tuple[int, str] | None:
    """For a yes that was not hers alone to give, from which age it would have been, by whose law (GDPR Art. 8(1))."""
    if not said.is_yes or said.lawful_basis != LawfulBasis.CONSENT:
        return None
    if (age := age_at(person, said.occurred_at)) is None:
        return None
    limit, country = digital_age(facts.countries)
    return None if age >= limit else (limit, country)


def too_young_to_say_yes(person: Any, said: Said | None, facts: Facts, at: datetime) -> str | None:
    """Whether a yes needed a parent or guardian when it was said, and has none (GDPR Art. 8(1))."""
    law = needs_a_guardian(person, said, facts) if said is not None else None
    if law is None or facts.has_guardian(at):
        return None
    limit, country = law
    return _("By the law of {country} a child under {age} needs the yes of a parent or guardian too (Art. 8).").format(
        country=country, age=limit
    )
