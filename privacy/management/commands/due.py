"""`due --jsonl`: many cases in, their due dates out, one JSON object a line."""

import json
import sys
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from privacy import deadlines


class Command(BaseCommand):
    """Answers when cases are due and why; a line that cannot be answered gets an error, the rest goes on."""

    help = "Reads cases as JSON lines from standard input and writes when each is due, and why."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--jsonl", action="store_true", required=True, help="one JSON object a line, in and out")

    def handle(self, *args: Any, **options: Any) -> None:
        for line in sys.stdin.buffer:
            if line.strip():
                self.stdout.write(json.dumps(answer(line)))


def answer(line: bytes) -> dict[str, Any]:
    """Answer one line, or say in one sentence what is wrong with it."""
    row: Any = None
    try:
        row = json.loads(line.decode("utf-8-sig"))
        running = [shown(clock) for clock in ask(row)]
        due = running[0]
        return {"id": row.get("id"), "due_on": due["due_on"], "reasons": due["reasons"], "clocks": running}
    except KeyError as missing:
        error = f"missing: {missing.args[0]}"
    except OverflowError:
        error = "the date lies outside of the years 1 to 9999"
    except (ValueError, RecursionError) as wrong:
        error = str(wrong)
    return {"id": row.get("id") if isinstance(row, dict) else None, "error": error}


def ask(row: Any) -> tuple[deadlines.Clock, ...]:
    """Ask the clock about one case; instants are dated in the shop's zone, elsewhere in that place's own.

    The packs that the shop has joined run beside its own law, unless the line names others.
    """
    jurisdiction = text(row, "jurisdiction")
    is_ours = jurisdiction == settings.SHOP["jurisdiction"]
    zone = settings.SHOP_TZ if is_ours else None

    def day(event: Any) -> date:
        return deadlines.local_date(jurisdiction, moment(event, "on"), time_zone=zone)

    events = [deadlines.Event(text(event, "type"), day(event)) for event in listed(row, "events")]
    ours = settings.SHOP_PACKS if is_ours else []
    packs = [str(pack) for pack in listed(row, "packs")] if "packs" in row else ours
    received_at = moment(row, "received_at")
    return deadlines.clocks(jurisdiction, text(row, "kind"), received_at, events, packs=packs, time_zone=zone)


def shown(clock: deadlines.Clock) -> dict[str, Any]:
    """One clock as JSON has it."""
    return {
        "name": clock.name,
        "label": clock.label,
        "due_on": clock.due_on.isoformat(),
        "reasons": list(clock.reasons),
        "is_legal": clock.is_legal,
        "met_on": clock.met_on.isoformat() if clock.met_on else None,
    }


def text(row: Any, name: str) -> str:
    """Take a text out of a JSON object, or say what is there instead."""
    if not isinstance(row, dict):
        raise ValueError(f"not a JSON object: {row!r}")  # noqa: TRY004
    if not isinstance(row[name], str):
        raise ValueError(f"{name} must be a text, not {row[name]!r}")  # noqa: TRY004
    return str(row[name])


def listed(row: Any, name: str) -> list[Any]:
    """Take a list out of a JSON object; absent means empty."""
    found = row.get(name) or []
    if not isinstance(found, list):
        raise ValueError(f"{name} must be a list, not {found!r}")  # noqa: TRY004
    return found


def moment(row: Any, name: str) -> date | datetime:
    """Take a date, or an instant with its zone, out of a JSON object."""
    written = text(row, name)
    try:
        if len(written) == len("2026-01-31"):
            return date.fromisoformat(written)
        return datetime.fromisoformat(written)
    except ValueError as wrong:
        raise ValueError(f"{name} is neither a date nor an instant: {wrong}") from wrong
