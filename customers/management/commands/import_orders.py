"""`import_orders FILE.csv`: orders of known customers from a file; a bad row is reported with its line."""

from datetime import datetime
from typing import Any

from customers.importers import orders
from privacy.csv_files import Table
from privacy.file_imports import FileImport


class Command(FileImport):
    """Orders."""

    help = (
        "Imports orders from a CSV file in UTF-8. Needed columns: number, placed_on, total, and customer or email. "
        f"Known columns: {', '.join(sorted(set(orders.KNOWN) - set(orders.NEEDED)))}, a row for each article."
    )

    def bring_in(self, table: Table, *, actor: str, now: datetime, options: dict[str, Any]) -> dict[str, Any]:
        counts = orders.import_orders(table, actor=actor, report=self.report, now=now)
        return {"rows": counts.rows, "imported": counts.imported, "refused": counts.refused}
