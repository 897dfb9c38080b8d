"""How does each promise stand? As its last look found it, for the page, the office and the command alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery

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
    promises = list(_with_last())
    checks = PromiseCheck.objects.in_bulk([one.last_check for one in promises if one.last_check])
    return [Standing(one, checks.get(one.last_check)) for one in promises]


def broken_count() -> int:
    """How many promises were found broken by their last look."""
    state = PromiseCheck.objects.filter(pk=OuterRef("last_check")).values("state")
    return _with_last().annotate(last_state=Subquery(state)).filter(last_state=State.BROKEN).count()


def _with_last() -> Any:
    newest = PromiseCheck.objects.filter(promise=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    return Promise.objects.active().annotate(last_check=Subquery(newest))


def by_topic(rows: list[Standing]) -> Iterator[tuple[str, list[Standing]]]:
    """In the order in which topics stand on the page; those without any are left out."""
    for topic in Promise._meta.get_field("topic").choices or ():
        mine = [row for row in rows if row.promise.topic == topic[0]]
        if mine:
            yield str(topic[1]), mine
