"""`processing_record --format json|csv|pdf`: the record of processing activities (Art. 30)."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy import processing_record


class Command(BaseCommand):
    """Writes the record to standard output, or to a file."""

    help = "The record of processing activities (Art. 30), generated from the declarations and the recipients."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", required=True, choices=["json", "csv", "pdf"])
        parser.add_argument("--out", type=Path, metavar="FILE", help="a file instead of standard output")

    def handle(self, *args: Any, out: Path | None, **options: Any) -> None:
        record = processing_record.record()
        if options["format"] == "pdf":
            content = processing_record.pdf(record)
        else:
            content = _text(record, options["format"]).encode()
        if out is not None:
            _write(out, content)
        elif options["format"] == "pdf":
            sys.stdout.buffer.write(content)
        else:
            self.stdout.write(content.decode(), ending="")


def _text(record: dict[str, Any], form: str) -> str:
    return processing_record.json_text(record) if form == "json" else processing_record.csv_text(record)


def _write(out: Path, content: bytes) -> None:
    try:
        out.write_bytes(content)
    except OSError as error:
        raise CommandError(f"Nothing was written to {out}: {error.strerror}.") from error
