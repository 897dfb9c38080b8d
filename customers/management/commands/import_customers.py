"""`import_customers FILE.csv`: customers from a file; a bad row is reported with its line and changes nothing."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from customers import importers
from privacy import csv_files
from privacy.erasure_ledger import CommandWhileOpen


class Command(CommandWhileOpen):
    """Reports rows on standard error, counts them in JSON on standard output."""

    help = (
        "Imports customers from a CSV file in UTF-8. Needed column: name. Known columns: "
        f"{', '.join(importers.KNOWN[1:])}. A yes in a consent column needs consent_on and consent_evidence."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a CSV file in UTF-8 with a header")
        parser.add_argument("--supplier", default="", help="whose list it is, if it is another company's")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with csv_files.opened(options["file"]) as table:
                counts = importers.import_customers(
                    table,
                    actor="command:import_customers",
                    report=lambda line, why: self.stderr.write(f"line {line}: {why}"),
                    now=timezone.now(),
                    supplier=options["supplier"],
                )
        except csv_files.WrongFile as error:
            raise CommandError(error) from error
        self.stdout.write(json.dumps(asdict(counts)))
