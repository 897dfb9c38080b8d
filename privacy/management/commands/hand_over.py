"""`hand_over --jsonl`: the shop's machines say what they are about to pass on; each is asked, and written down."""

import json
import sys
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from privacy.erasure_ledger import CommandWhileOpen
from privacy.gate import asking
from privacy.gate.handing_over import hand_over_all

ACTOR = "system:hand_over"


class Command(CommandWhileOpen):
    """Notes hand-overs that the gate allows; what it refuses gets the reasons, and must not leave."""

    help = "Reads hand-overs as JSON lines from standard input: customer, recipient, fields, records, reference."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--jsonl", action="store_true", required=True, help="one JSON object a line, in and out")

    def handle(self, *args: Any, **options: Any) -> None:
        for answer in hand_over_all(asking.rows(sys.stdin.buffer), actor=ACTOR, now=timezone.now()):
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
