"""`explain_mail`: what would happen to a message, by the code that does it; changes nothing."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from privacy.inbound import addresses, judgement


class Command(BaseCommand):
    """Explains one message, or with --jsonl many."""

    help = "Says what would happen to a message from standard input, and why; changes nothing."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", metavar="ADDRESS", help="the address that it came to")
        parser.add_argument("--sender", default="", help='the envelope sender; "<>" when it is empty')
        parser.add_argument("--jsonl", action="store_true", help='lines of {"id", "to", "eml"} instead of one message')

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["jsonl"]:
            if not options["to"]:
                raise CommandError("Which address did it come to? Give --to ADDRESS.", returncode=2)
            if not addresses.recipient(options["to"]).is_ours:
                self.stderr.write(f"{options['to']} is none of our addresses; explained as if it were.")
            self.stdout.write(json.dumps(explain(sys.stdin.buffer.read(), options["to"], options["sender"])))
            return
        for line in sys.stdin.buffer:
            if line.strip():
                self.stdout.write(json.dumps(explain_line(line)))


def explain(raw: bytes, to: str, sender: str = "") -> dict[str, Any]:
    return judgement.judge(raw, to, sender, timezone.now()).explained()


def explain_line(line: bytes) -> dict[str, Any]:
    row: Any = None
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {"id": None, "error": "not a line of JSON"}
    if not isinstance(row, dict):
        return {"id": None, "error": "not a JSON object"}
    wrong = [name for name in ("id", "to", "eml") if name not in row]
    wrong += [name for name in ("to", "eml") if name in row and not isinstance(row[name], str)]
    if wrong:
        return {"id": row.get("id"), "error": f"missing or no text: {', '.join(wrong)}"}
    return {"id": row["id"], **explain(row["eml"].encode("utf-8", "surrogatepass"), row["to"])}
