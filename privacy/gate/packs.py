"""What have we promised beyond the law? A pack's rule stands beside the law's, and its reason says whose it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from .facts import Facts

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
        if not is_active(self.pack):
            return None
        reason = self.rule(question, facts)
        return reason and _("{reason} ({code}, {pack})").format(reason=reason, code=self.code, pack=NAMES[self.pack])


def is_active(pack: str) -> bool:
    """Whether the shop has taken this pack on."""
    return pack in settings.PROMISE_PACKS
