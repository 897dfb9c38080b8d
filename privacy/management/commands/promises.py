"""`promises`: looks at every promise now and says how it stands; with `--last` as the last look found it."""

import json
from collections import Counter
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from privacy import promises
from privacy.erasure_ledger import CommandWhileOpen


class Command(CommandWhileOpen):
    """Checks the promises of the active packs."""

    help = "Looks at every promise of the active packs and prints how it stands; changes nothing but the history."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one list of objects on standard output")
        parser.add_argument("--jsonl", action="store_true", help="one object a line")
        parser.add_argument("--last", action="store_true", help="as the last look found it, without looking again")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["last"]:
            promises.check(timezone.now())
        found = promises.standings()
        if options["json"]:
            self.stdout.write(json.dumps([one.as_json() for one in found], ensure_ascii=False))
            return
        if options["jsonl"]:
            for one in found:
                self.stdout.write(json.dumps(one.as_json(), ensure_ascii=False))
            return
        for one in found:
            self.stdout.write(f"{one.promise.code:<8} {one.state:<12} {one.last.evidence if one.last else ''}")
        counts = Counter(str(one.state) for one in found)
        self.stderr.write(", ".join(f"{count} {state}" for state, count in sorted(counts.items())))
