"""`purge`: removes what is due by the declarations; JSON per declaration on standard output."""

import json
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from privacy import erasure
from privacy.erasure_ledger import CommandWhileOpen


class Command(CommandWhileOpen):
    """Runs the nightly purge by hand; refuses past its brake unless somebody confirms by name."""

    help = "Deletes or anonymises everything whose retention is over, and prints per declaration what it did."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")
        parser.add_argument("--today", type=date.fromisoformat, help="as if it were this day, such as 2026-11-30")
        parser.add_argument("--confirm-large", action="store_true", help="pass the brake; needs --actor")
        parser.add_argument("--actor", metavar="EMAIL", help="the staff account that confirms")

    def handle(self, *args: Any, **options: Any) -> None:
        today, actor = options["today"] or timezone.localdate(), confirming(options)
        try:
            lines = erasure.purge(today=today, dry_run=options["dry_run"], confirmed_by=actor)
        except erasure.PurgeRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(json.dumps({line.model: line.as_json() for line in lines}))
        if options["dry_run"] and (reasons := erasure.brakes(today)):
            self.stderr.write(f"It would be refused: {reasons}.")
        if failed := [line.model for line in lines if line.error]:
            raise CommandError(f"Not everything was purged: {', '.join(failed)}; the others were.")


def confirming(options: dict[str, Any]) -> Any:
    """The account behind --confirm-large; empty without it."""
    if not options["confirm_large"]:
        return ""
    if not options["actor"]:
        raise CommandError("--confirm-large needs --actor EMAIL, the staff account that confirms.")
    account = get_user_model()._default_manager.filter(email=options["actor"], is_staff=True, is_active=True).first()
    if account is None:
        raise CommandError(f"{options['actor']} is no active staff account.")
    return account
