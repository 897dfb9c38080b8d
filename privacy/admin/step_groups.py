"""In which order are the steps of a case offered? What comes next, open; all others in a few groups, folded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

GROUPS: dict[str, str | Promise] = {
    "who": _("Who asks"), "wait": _("Ask and wait"), "answer": _("Answer"), "team": _("Colleagues and papers"),
    "end": _("End it"),
}  # fmt: skip
AT_MOST_NEXT = 2


@dataclass
class Group:
    """Steps that a colleague looks for in one place; open where a form in it must be corrected."""

    title: str | Promise
    shown: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it holds the form that was filled in wrongly."""
        return any(one["open"] for one in self.shown)


@dataclass
class Offered:
    """What a case offers: the one or two main steps, then the rest."""

    next: list[dict[str, Any]]
    groups: list[Group]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        yield from self.next
        for group in self.groups:
            yield from group.shown


def of(shown: Iterable[dict[str, Any]]) -> Offered:
    """The steps sorted; within a group they keep their order."""
    offered = list(shown)
    ahead = [one for one in offered if one["is_next"]][:AT_MOST_NEXT]
    groups = {name: Group(title) for name, title in GROUPS.items()}
    coming = {one["step"].name for one in ahead}
    for one in offered:
        if one["step"].name not in coming:
            groups[one["step"].group].shown.append(one)
    return Offered(ahead, [group for group in groups.values() if group.shown])
