"""`find_traces`: every place where a text still stands, one JSON object a line; nothing printed means none."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy import traces


class Command(BaseCommand):
    """Looks through database, files, logs, queue, caches and sessions."""

    help = "Prints every place in database, files, logs, queue and caches where one of the texts still stands."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("text", nargs="+")

    def handle(self, *args: Any, **options: Any) -> None:
        if not all(text.strip() for text in options["text"]):
            raise CommandError("Which text? An empty one stands everywhere.", returncode=2)
        for trace in traces.find(*options["text"]):
            self.stdout.write(json.dumps(asdict(trace)))
