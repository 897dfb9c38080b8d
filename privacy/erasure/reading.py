"""Is it gone? Read again after the last step: what stays, and how many rows should be gone and are still there."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from .plan import Line, about_people, plan, rows_that_go


@dataclass(frozen=True)
class Reading:
    """What one reading of every kind of record counted; a certificate repeats it."""

    lines: list[Line]
    kinds: int
    left: dict[str, int]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is there that should be gone."""
        return not self.left

    @property
    def should_be_gone(self) -> int:
        """How many rows should be gone."""
        return sum(self.left.values())


def read_again(data_subject: Any, today: date) -> Reading:
    """Counts anew, from the tables; what a kept row points at stays and is no leftover."""
    lines = plan(data_subject, today)
    counts = {x.model: rows_that_go(x.declaration, data_subject, today).count() for x in lines if x.goes}
    return Reading(lines, len(about_people()), {model: count for model, count in counts.items() if count})
