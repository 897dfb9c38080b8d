"""A small bar chart as SVG attributes: no script, no inline style; the numbers stand beside it as a table."""

from typing import Any

from ..figures import Month

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 240, 36, 28, 12
SERIES = ("received", "closed", "overdue")
GAP = 0.3
MOST_LABELS = 7


def drawn(months: list[Month]) -> dict[str, Any]:
    """Bars, lines and labels with their places, for the template to write down."""
    top = _round_up(max(max(month.received, month.closed, month.overdue) for month in months))
    slot = (WIDTH - LEFT) / len(months)
    height = HEIGHT - TOP - BOTTOM
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "base": HEIGHT - BOTTOM,
        "months": months,
        "is_empty": not any(month.received or month.closed or month.overdue for month in months),
        "bars": [bar for i, month in enumerate(months) for bar in _bars(month, LEFT + i * slot, slot, height / top)],
        "labels": [
            {"x": round(LEFT + (i + 0.5) * slot, 1), "y": HEIGHT - 8, "day": month.day}
            for i, month in enumerate(months)
            if (len(months) - 1 - i) % -(-len(months) // MOST_LABELS) == 0
        ],
        "lines": [
            {"y": round(HEIGHT - BOTTOM - part * height / 2, 1), "value": round(part * top / 2)} for part in (0, 1, 2)
        ],
    }


def _bars(month: Month, x: float, slot: float, scale: float) -> list[dict[str, Any]]:
    width = slot * (1 - GAP) / len(SERIES)
    bars = []
    for i, name in enumerate(SERIES):
        tall = getattr(month, name) * scale
        at = x + slot * GAP / 2 + i * width
        bars.append({
            "name": name, "x": round(at, 1), "y": round(HEIGHT - BOTTOM - tall, 1),
            "width": round(max(width - 1.5, width / 2), 1), "height": round(tall, 1),
        })  # fmt: skip
    return bars


def _round_up(value: int) -> int:
    """The next even, round number, so that the middle line has a whole one."""
    step = 2
    while step * 10 < value:
        step *= 10
    return max(step, -(-value // step) * step)
