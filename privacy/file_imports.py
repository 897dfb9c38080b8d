"""How does a file come in by a command? Row by row; the first bad ones are named by line, all are counted by reason."""

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
VALUES = re.compile(r"'[^']*'|“[^”]*”|\d[\d .:-]*\d|\d|\S+@\S+")
MOST_SHOWN = 50


class FileImport(CommandWhileOpen):
    """Reports rows on standard error, counts them and the reasons in JSON on standard output."""

    told = 0

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
        if not counts["rows"]:
            raise CommandError("The file has a header and no rows.")
        self._sum_up(counts)
        self.stdout.write(json.dumps(counts | {"reasons": dict(self.reasons.most_common())}))

    @abstractmethod
    def bring_in(self, table: csv_files.Table, *, actor: str, now: datetime, options: dict[str, Any]) -> dict[str, Any]:
        """Stores the good rows and counts; tells `report` of the others."""

    def report(self, line: int, why: str) -> None:
        """One row that did not come in, or not as it stood."""
        self.reasons[VALUES.sub("…", why)] += 1
        self.told += 1
        if self.told <= MOST_SHOWN:
            self.stderr.write(f"line {line}: {why}")

    def _sum_up(self, counts: dict[str, Any]) -> None:
        """For people: the lines that were not shown, how often each reason came up, and what became of the file."""
        if self.told > MOST_SHOWN:
            self.stderr.write(f"and {self.told - MOST_SHOWN:,} more lines")
        for why, count in self.reasons.most_common():
            self.stderr.write(f"{count:>9,}  {why}")
        refused = counts["refused"] + counts.get("dropped", 0)
        known = f", {counts['known']:,} known already" if counts.get("known") else ""
        self.stderr.write(f"Imported {counts['imported']:,}, refused {refused:,}{known}.")
