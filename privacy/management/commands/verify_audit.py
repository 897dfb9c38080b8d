"""`verify_audit`: recomputes the chain of the audit log; exit status 1 when an entry was changed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy import audit


class Command(BaseCommand):
    """Says "intact, N entries, head H", or which entry is the first broken one."""

    help = "Recomputes the audit log's chain of hashes and says whether it is intact."

    def handle(self, *args: Any, **options: Any) -> None:
        found = audit.verify()
        if found.broken is not None:
            raise CommandError(str(found))
        self.stdout.write(str(found))
