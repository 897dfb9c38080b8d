"""How does a file come in by a command? Row by row, each bad one named by its line, and the reasons counted."""

import json
import re
from abc import abstractmethod
from collections import Counter
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from . import csv_files
from .erasure_ledger import CommandWhileOpen

# What differs from row to row in one and the same reason.
VALUES = re.compile(r"'[^']*'|\d[\d .:-]*\d|\d|\S+@\S+")


class FileImport(CommandWhileOpen):
    """Reports rows on standard error, counts them and the reasons in JSON on standard output."""

    def add_arguments(self, parser: CommandParser) -> None:
        """The file."""
        parser.add_argument("file", help="a CSV file in UTF-8 with a header")

    def handle(self, *args: Any, **options: Any) -> None:
        """Brings in what can be, and says what could not; CommandError for a file from which nothing can be read."""
        self.reasons: Counter[str] = Counter()
        actor = f"command:{type(self).__module__.rsplit('.', 1)[-1]}"
        try:
            with csv_files.opened(options["file"]) as table:
                counts = self.bring_in(table, actor=actor, now=timezone.now(), options=options)
        except csv_files.WrongFile as error:
            raise CommandError(error) from error
        for why, count in self.reasons.most_common():
            self.stderr.write(f"{count:>9,}  {why}")
        self.stdout.write(json.dumps(counts | {"reasons": dict(self.reasons.most_common())}))

    @abstractmethod
    def bring_in(self, table: csv_files.Table, *, actor: str, now: datetime, options: dict[str, Any]) -> dict[str, Any]:
        """Stores the good rows and counts; tells `report` of the others."""

    def report(self, line: int, why: str) -> None:
        """One row that did not come in, or not as it stood."""
        self.reasons[VALUES.sub("…", why)] += 1
        self.stderr.write(f"line {line}: {why}")
