"""How does each promise stand? As its last look found it, for the page, the office and the command alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .finding import State
from .promise import Promise, PromiseCheck


@dataclass(frozen=True)
class Standing:
    """A promise with its last look, if anybody has looked yet."""

    promise: Promise
    last: PromiseCheck | None

    @property
    def state(self) -> str:
        """The word of the contract; before the first look what it rests on."""
        if self.last is not None:
            return self.last.state
        return State.MANUAL if self.promise.is_manual else State.NO_EVIDENCE

    def as_json(self) -> dict[str, Any]:
        """As the contract says it."""
        return {
            "id": self.promise.code,
            "state": str(self.state),
            "evidence": self.last.evidence if self.last else "",
            "checked_at": self.last.checked_at.isoformat() if self.last else None,
        }


def standings() -> list[Standing]:
    """Every active promise, by code; two statements."""
    promises = list(Promise.objects.active().with_last_look())
    checks = PromiseCheck.objects.in_bulk([one.last_check for one in promises if one.last_check])
    return [Standing(one, checks.get(one.last_check)) for one in promises]


def broken_count() -> int:
    """How many promises were found broken by their last look."""
    found: int = Promise.objects.active().with_last_look().filter(last_state=State.BROKEN).count()
    return found


def by_topic(rows: list[Standing]) -> Iterator[tuple[str, list[Standing]]]:
    """In the order in which topics stand on the page; those without any are left out."""
    for topic in Promise._meta.get_field("topic").choices or ():
        mine = [row for row in rows if row.promise.topic == topic[0]]
        if mine:
            yield str(topic[1]), mine
