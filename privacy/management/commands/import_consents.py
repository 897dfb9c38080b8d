"""`import_consents FILE.csv`: choices of known people from a file, a yes with its proof, into the ledger."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from privacy import consent_lists, csv_files
from privacy.erasure_ledger import CommandWhileOpen


class Command(CommandWhileOpen):
    """Reports rows on standard error, counts them in JSON on standard output."""

    help = (
        "Imports choices from a CSV file in UTF-8. Needed columns: decision (yes, no), and customer or email. Known "
        f"columns: {', '.join(consent_lists.KNOWN[3:])}. A yes needs decided_on and wording."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a CSV file in UTF-8 with a header")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with csv_files.opened(options["file"]) as table:
                counts = consent_lists.bring_in(
                    table, actor="command:import_consents", report=self._report, now=timezone.now()
                )
        except csv_files.WrongFile as error:
            raise CommandError(error) from error
        self.stdout.write(json.dumps(asdict(counts)))

    def _report(self, line: int, why: str) -> None:
        self.stderr.write(f"line {line}: {why}")
