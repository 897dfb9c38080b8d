"""Due dates a second: one deadline, one with a history, all clocks of a case, and lines of the command `due`.

The floor is the bare arithmetic without a word of why: add a month, step over weekends and holidays. Processor seconds:
once over cases that are all different (six places, ten years), then the median of three over those of one shop (three
years, many on the same day); 100,000 due dates a second is the target. python -m benchmarks.clock [cases]
"""

import io
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import islice, product
from statistics import median
from typing import Any

CASES = 100_000
TARGET = 100_000
FIRST = date(2024, 1, 1)
PLACES = ("GB", "DE", "FR", "SG", "US-CA", "IE")
KINDS = ("access", "erasure", "rectification", "complaint", "enquiry")


def cases(count: int, places: tuple[str, ...] = PLACES, years: int = 10) -> list[tuple[str, str, date]]:
    """So many cases: days of receipt, places and kinds in turn."""
    days = (FIRST + timedelta(number) for number in range(365 * years))
    every = [(place, kind, day) for day, place, kind in product(days, places, KINDS)]
    return (every * (count // len(every) + 1))[:count]


def bare(asked: list[tuple[str, str, date]]) -> None:
    """A month later, then the next day that is neither weekend nor holiday."""
    import holidays
    from dateutil.relativedelta import relativedelta

    free = {place: holidays.country_holidays(place[:2], years=range(2024, 2036)) for place in PLACES}
    month, day = relativedelta(months=1), timedelta(1)
    for place, _kind, received in asked:
        due, closed = received + month, free[place]
        while due.weekday() > 4 or due in closed:
            due += day


def ways() -> dict[str, Callable[[list[tuple[str, str, date]]], Any]]:
    """What is measured, by name."""
    import django

    django.setup()
    from privacy.deadlines import Event, clocks, deadline
    from privacy.management.commands.due import answer

    def with_history(asked: list[tuple[str, str, date]]) -> None:
        for place, kind, received in asked:
            steps = zip(("id_asked", "id_received"), (received, received + timedelta(8)), strict=True)
            deadline(place, kind, received, [Event(*step) for step in steps])

    def by_line(asked: list[tuple[str, str, date]]) -> None:
        out = io.StringIO()
        for place, kind, received in asked:
            row = {"id": 1, "jurisdiction": place, "kind": kind, "received_at": received.isoformat()}
            out.write(json.dumps(answer(json.dumps(row).encode())))

    return {
        "floor: date and holidays alone": bare,
        "one due date": lambda asked: [deadline(*one) for one in asked],
        "one due date, reasons read": lambda asked: [deadline(*one).reasons for one in asked],
        "with identity asked and answered": with_history,
        "every clock, with SafeBuy": lambda asked: [clocks(*one, packs=("SafeBuy",)) for one in asked],
        "lines of due --jsonl": by_line,
    }


def seconds(way: Callable[[list[tuple[str, str, date]]], Any], asked: list[tuple[str, str, date]]) -> float:
    """Processor seconds of one run."""
    begun = time.process_time()
    way(asked)
    return time.process_time() - begun


def main(arguments: list[str]) -> None:
    """Measures and prints one table."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    count = int(next(islice(arguments, 1), CASES))
    different, of_one_shop = cases(count), cases(count, PLACES[:1], 3)
    print(f"{count:,} cases, target {TARGET:,} due dates a second")
    print(f"{'what':<34} {'different /s':>14} {'one shop /s':>14}  of the target")
    for name, way in ways().items():
        once = count / seconds(way, different)
        rate = count / median(seconds(way, of_one_shop) for _ in range(3))
        print(f"{name:<34} {once:>14,.0f} {rate:>14,.0f}  {rate / TARGET:.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
