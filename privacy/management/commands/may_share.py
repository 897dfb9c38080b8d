"""`may_share --jsonl`: many questions in, yes or no with the reasons out, one JSON object a line."""

import json
import sys
from typing import Any

from django.core.management.base import CommandParser

from privacy.erasure_ledger import CommandWhileOpen
from privacy.gate import asking


class Command(CommandWhileOpen):
    """Answers whether recipients may get fields; a line that cannot be answered gets an error, the rest goes on."""

    help = "Reads questions as JSON lines from standard input: customer, recipient, fields, records, at."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--jsonl", action="store_true", required=True, help="one JSON object a line, in and out")

    def handle(self, *args: Any, **options: Any) -> None:
        for answer in asking.shares(asking.rows(sys.stdin.buffer)):
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
