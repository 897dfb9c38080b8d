"""`export --customer NUMBER --out DIR`: the copy of one person's data, written to a folder."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from privacy import data_subjects, export
from privacy.erasure_ledger import CommandWhileOpen


class Command(CommandWhileOpen):
    """Writes the files of a copy, all of them or none."""

    help = "Writes the copy of one customer's data (Art. 15): JSON, PDF, a CSV file for each category, manifest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customer", required=True, metavar="NUMBER", help="the customer number, as printed")
        parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="the folder to write to")
        parser.add_argument("--portability", action="store_true", help="only what the person provided, JSON and CSV")

    def handle(self, *args: Any, customer: str, out: Path, portability: bool, **options: Any) -> None:
        person = data_subjects.by_number(customer)
        if person is None:
            raise CommandError(f"There is no customer with the number {customer!r}.")
        try:
            written = export.export_to(person, out, actor="system:export", only_provided=portability)
        except OSError as error:
            raise CommandError(f"Nothing was written to {out}: {error.strerror}.") from error
        files = [{"name": name, **about} for name, about in written.items()]
        self.stdout.write(json.dumps({"customer": person.number, "files": files}))
