"""`import_customers FILE.csv`: customers from a file; a bad row is reported with its line and changes nothing."""

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from customers import importers
from privacy.csv_files import Table
from privacy.file_imports import FileImport


class Command(FileImport):
    """Customers."""

    help = (
        "Imports customers from a CSV file in UTF-8. Needed column: name. Known columns: "
        f"{', '.join(importers.KNOWN[1:])}. A yes in a consent column needs consent_on and consent_evidence."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--supplier", default="", help="whose list it is, if it is another company's")

    def bring_in(self, table: Table, *, actor: str, now: datetime, options: dict[str, Any]) -> dict[str, Any]:
        supplier = options["supplier"].strip()
        counts = importers.import_customers(table, actor=actor, report=self.report, now=now, supplier=supplier)
        return counts.in_numbers()
