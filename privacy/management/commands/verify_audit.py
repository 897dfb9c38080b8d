"""`verify_audit`: recomputes the chain of the audit log; exit status 1 when an entry was changed or is missing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy import audit


class Command(BaseCommand):
    """Says "intact, N entries, head H", or which entry is the first broken one."""

    help = "Recomputes the audit log's chain of hashes and says whether it is intact."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", metavar="H", help="a head noted elsewhere, which the log must still hold")

    def handle(self, *args: Any, **options: Any) -> None:
        found = audit.verify(options["head"])
        if not found.is_intact:
            raise CommandError(str(found))
        self.stdout.write(str(found))
