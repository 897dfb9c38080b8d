"""Which yes hangs on something else, and does that stand? A child's on a guardian, a soft opt-in on its sale."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from ..consent import Choice
from ..vocabulary import Purpose
from . import contested
from .children import is_child, needs_a_guardian
from .facts import GUARDIAN, Asked, Bar, Facts, Said, gather
from .packs import is_active

ADVERTISING = (Purpose.MARKETING, Purpose.PARTNER_OFFERS)


class Leave(NamedTuple):
    """Whether what the yes hangs on stands, and since when it counts or does not."""

    stands: bool
    since: datetime


def leaves(people: Collection[Any], purposes: Collection[str], at: datetime) -> dict[tuple[Any, Choice], Leave]:
    """By person and choice, of many people at once; not of choices that hang on nothing else."""
    found: dict[tuple[Any, Choice], Leave] = {}
    asked = list(people)
    known = gather([Asked(person, at) for person in asked], purposes=purposes) if asked else []
    for person, facts in zip(asked, known, strict=True):
        for choice, said in _in_force(facts).items():
            if lock := _lock(person, said, facts, at):
                found[person.pk, choice] = Leave(False, max(said.occurred_at, lock.since))
            elif _needs_leave(person, said, facts, at):
                found[person.pk, choice] = _leave(said, facts, at)
    return found


def _lock(person: Any, said: Said, facts: Facts, at: datetime) -> Bar | None:
    """The contested record on which a yes to advertising rests (Art. 18)."""
    bars = contested.standing(facts, at) if said.is_yes and said.purpose in ADVERTISING else []
    return contested.beneath(person, said.channel, None, said, bars)


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
