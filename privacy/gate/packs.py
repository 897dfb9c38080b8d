"""What have we promised beyond the law? A pack's rule stands beside the law's, and its reason says whose it is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from .facts import Facts
from .words import translated as _

# By which name people know a pack that binds the gate further than the law does.
NAMES = {"connox": "Connox with SafeBuy"}


@dataclass(frozen=True)
class Promised:
    """One rule of one pack. It refuses only while the shop has taken the pack on (`PROMISE_PACKS`).

    Every rule is asked, so the strictest pack wins by itself; a pack can never allow what another refuses.
    """

    pack: str
    code: str
    rule: Callable[[Any, Facts], str | None]

    @property
    def __name__(self) -> str:
        """As a plain rule's."""
        return self.rule.__name__

    def __call__(self, question: Any, facts: Facts) -> str | None:
        """The reason against it, with the promise and the pack that it comes from."""
        return self.refuse(question, facts) if is_active(self.pack) else None

    def refuse(self, question: Any, facts: Facts) -> str | None:
        """The same, for whoever has looked already whether the pack is taken on."""
        reason = self.rule(question, facts)
        return reason and _("{reason} ({code}, {pack})").format(reason=reason, code=self.code, pack=NAMES[self.pack])


def in_force(rules: Iterable[Any]) -> list[tuple[str, Callable[[Any, Facts], str | None]]]:
    """Each rule that binds the shop, by name: the law's, and those of the packs that it has taken on."""
    bound = [rule for rule in rules if not isinstance(rule, Promised) or is_active(rule.pack)]
    return [(rule.__name__, rule.refuse if isinstance(rule, Promised) else rule) for rule in bound]


def is_active(pack: str) -> bool:
    """Whether the shop has taken this pack on."""
    return pack in settings.PROMISE_PACKS
