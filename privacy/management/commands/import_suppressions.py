"""`import_suppressions FILE.csv`: addresses that must never be written to again, from any list."""

from datetime import datetime
from typing import Any

from privacy.csv_files import Table
from privacy.file_imports import FileImport
from privacy.gate import suppression_list


class Command(FileImport):
    """Addresses."""

    help = (
        "Imports suppressed addresses from a CSV file in UTF-8. Columns: address (an email address, or a phone number "
        "for sms and phone); for post name and postcode; channel, sender (both), service (tps, ctps, mps, eps, dnc, "
        "other), reason (preference_service), since (the day of the listing)."
    )

    def bring_in(self, table: Table, *, actor: str, now: datetime, options: dict[str, Any]) -> dict[str, Any]:
        return suppression_list.bring_in(table, actor=actor, report=self.report, now=now)
