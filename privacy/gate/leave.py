"""Which yes of a child counts only while a parent or guardian agrees, and does one? Of many people at once."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from ..consent import Choice
from ..vocabulary import Purpose
from .ages import born_on
from .children import is_child, needs_a_guardian
from .facts import GUARDIAN, Asked, Facts, Said, gather
from .packs import is_active

ADVERTISING = (Purpose.MARKETING, Purpose.PARTNER_OFFERS)


class Leave(NamedTuple):
    """Whether a parent or guardian agrees, and since when the yes counts or does not."""

    stands: bool
    since: datetime


def leaves(people: Collection[Any], purposes: Collection[str], at: datetime) -> dict[tuple[Any, Choice], Leave]:
    """By person and choice; not of choices for which nobody else need agree."""
    young = [person for person in people if born_on(person) is not None]
    found: dict[tuple[Any, Choice], Leave] = {}
    known = gather([Asked(person, at) for person in young], purposes=purposes) if young else []
    for person, facts in zip(young, known, strict=True):
        for choice, said in _in_force(facts).items():
            if _needs_leave(person, said, facts, at):
                found[person.pk, choice] = _leave(said, facts, at)
    return found


def _in_force(facts: Facts) -> dict[Choice, Said]:
    found: dict[Choice, Said] = {}
    for said in facts.entries:
        found.setdefault(Choice(said.purpose, said.channel, said.sender, said.recipient), said)
    return found


def _needs_leave(person: Any, said: Said, facts: Facts, at: datetime) -> bool:
    """By the law where she was too young for a yes of her own, by promise for any advertising to a child (SFB-32)."""
    is_promised = said.purpose in ADVERTISING and is_active("connox") and is_child(person, at)
    return said.is_yes and (is_promised or needs_a_guardian(person, said, facts) is not None)


def _leave(said: Said, facts: Facts, at: datetime) -> Leave:
    agreed = [one for one in facts.bearings if one.what == GUARDIAN and one.since <= at]
    standing = [one.since for one in agreed if one.stands(at)]
    ends = [one.until for one in agreed if one.until is not None and one.until <= at]
    moments = [min(standing)] if standing else ends
    return Leave(bool(standing), max([said.occurred_at, *moments]))
