"""`processing_record --format json|pdf`: the record of processing activities (Art. 30)."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy import processing_record


class Command(BaseCommand):
    """Writes the record to standard output, or to a file."""

    help = "The record of processing activities (Art. 30), generated from the declarations and the recipients."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", required=True, choices=["json", "pdf"])
        parser.add_argument("--out", type=Path, metavar="FILE", help="a file instead of standard output")

    def handle(self, *args: Any, out: Path | None, **options: Any) -> None:
        record = processing_record.record()
        as_pdf = options["format"] == "pdf"
        text = b"" if as_pdf else (json.dumps(record, ensure_ascii=False, indent=2, default=str) + "\n").encode()
        content = processing_record.pdf(record) if as_pdf else text
        if out is None and not as_pdf:
            self.stdout.write(text.decode(), ending="")
        elif out is None:
            sys.stdout.buffer.write(content)
        else:
            _write(out, content)


def _write(out: Path, content: bytes) -> None:
    try:
        out.write_bytes(content)
    except OSError as error:
        raise CommandError(f"Nothing was written to {out}: {error.strerror}.") from error
