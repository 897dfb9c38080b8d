"""What may the command line do on a restored database? Nothing that mails, imports, hands out or deletes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from .standing import look


class CommandWhileOpen(BaseCommand):
    """A command that refuses, in one line, until the erasures are replayed."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """As Django calls it, from the shell and from `call_command`."""
        if not (standing := look()).is_open:
            raise CommandError(str(standing))
        return super().execute(*args, **options)
