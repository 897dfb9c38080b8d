"""`import_consents FILE.csv`: choices of known people from a file, a yes with its proof, into the ledger."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from privacy import consent_lists
from privacy.csv_files import Table
from privacy.file_imports import FileImport


class Command(FileImport):
    """Choices."""

    help = (
        "Imports choices from a CSV file in UTF-8. Needed columns: decision (yes, no), and customer or email. Known "
        f"columns: {', '.join(consent_lists.KNOWN[3:])}. A yes needs decided_on and wording."
    )

    def bring_in(self, table: Table, *, actor: str, now: datetime, options: dict[str, Any]) -> dict[str, Any]:
        return asdict(consent_lists.bring_in(table, actor=actor, report=self.report, now=now))
