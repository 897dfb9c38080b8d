"""`import_orders FILE.csv`: orders of known customers from a file; a bad row is reported with its line."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from customers.importers import orders
from privacy import csv_files
from privacy.erasure_ledger import CommandWhileOpen


class Command(CommandWhileOpen):
    """Reports rows on standard error, counts them in JSON on standard output."""

    help = (
        "Imports orders from a CSV file in UTF-8. Needed columns: number, placed_on, total, and customer or email. "
        f"Known columns: {', '.join(sorted(set(orders.KNOWN) - set(orders.NEEDED)))}, a row for each article."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a CSV file in UTF-8 with a header")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with csv_files.opened(options["file"]) as table:
                counts = orders.import_orders(
                    table, actor="command:import_orders", report=self._report, now=timezone.now()
                )
        except csv_files.WrongFile as error:
            raise CommandError(error) from error
        said = {"rows": counts.rows, "imported": counts.imported, "refused": counts.refused}
        self.stdout.write(json.dumps(said))

    def _report(self, line: int, why: str) -> None:
        self.stderr.write(f"line {line}: {why}")
