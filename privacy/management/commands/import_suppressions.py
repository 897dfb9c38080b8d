"""`import_suppressions FILE.csv`: addresses that must never be written to again, from any list."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from privacy import csv_files
from privacy.erasure_ledger import CommandWhileOpen
from privacy.gate import suppression_list


class Command(CommandWhileOpen):
    """Reports rows on standard error, counts them in JSON on standard output."""

    help = (
        "Imports suppressed addresses from a CSV file in UTF-8. Columns: address (an email address, or a phone number "
        "for sms and phone); for post name and postcode; channel, sender (both), service (tps, ctps, mps, eps, dnc, "
        "other), reason (preference_service), since (the day of the listing)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a CSV file in UTF-8 with a header")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with csv_files.opened(options["file"]) as table:
                counts = suppression_list.bring_in(
                    table, actor="command:import_suppressions", report=self._report, now=timezone.now()
                )
        except csv_files.WrongFile as error:
            raise CommandError(error) from error
        self.stdout.write(json.dumps(counts))

    def _report(self, line: int, why: str) -> None:
        self.stderr.write(f"line {line}: {why}")
