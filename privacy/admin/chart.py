"""A small bar chart as SVG attributes: no script, no inline style; the numbers stand beside it as a table."""

from dataclasses import dataclass
from datetime import date
from typing import Any

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 240, 36, 28, 12
SERIES = ("received", "closed", "overdue")
GAP = 0.3


@dataclass(frozen=True)
class Week:
    """One week's numbers, from its Monday."""

    day: date
    received: int
    closed: int
    overdue: int


def drawn(weeks: list[Week]) -> dict[str, Any]:
    """Bars, lines and labels with their places, for the template to write down."""
    top = _round_up(max(max(week.received, week.closed, week.overdue) for week in weeks))
    slot = (WIDTH - LEFT) / len(weeks)
    height = HEIGHT - TOP - BOTTOM
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "base": HEIGHT - BOTTOM,
        "weeks": weeks,
        "is_empty": not any(week.received or week.closed or week.overdue for week in weeks),
        "bars": [bar for i, week in enumerate(weeks) for bar in _bars(week, LEFT + i * slot, slot, height / top)],
        "labels": [
            {"x": round(LEFT + (i + 0.5) * slot, 1), "y": HEIGHT - 8, "day": week.day}
            for i, week in enumerate(weeks)
            if (len(weeks) - 1 - i) % 2 == 0
        ],
        "lines": [
            {"y": round(HEIGHT - BOTTOM - part * height / 2, 1), "value": round(part * top / 2)} for part in (0, 1, 2)
        ],
    }


def _bars(week: Week, x: float, slot: float, scale: float) -> list[dict[str, Any]]:
    width = slot * (1 - GAP) / len(SERIES)
    bars = []
    for i, name in enumerate(SERIES):
        tall = getattr(week, name) * scale
        at = x + slot * GAP / 2 + i * width
        bars.append({
            "name": name, "x": round(at, 1), "y": round(HEIGHT - BOTTOM - tall, 1), "width": round(width - 1.5, 1),
            "height": round(tall, 1),
        })  # fmt: skip
    return bars


def _round_up(value: int) -> int:
    """The next even, round number, so that the middle line has a whole one."""
    step = 2
    while step * 10 < value:
        step *= 10
    return max(step, -(-value // step) * step)
