"""How many came, were closed, were late, and how long did it take? Counted by month and kept; numbers only."""

from .counting import count
from .reading import Month, Spread, answers, by_kind, counted_at, effects, lengths, months
from .rows import Measure, MonthFigure, month_of, months_before

__all__ = [
    "Measure", "Month", "MonthFigure", "Spread", "answers", "by_kind", "count", "counted_at", "effects", "lengths",
    "month_of", "months", "months_before",
]  # fmt: skip
