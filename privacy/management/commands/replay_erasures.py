"""`replay_erasures`: after a restore, erases again whoever was erased since the backup; then the site opens."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from privacy import erasure, erasure_ledger

from .erase import two_colleagues


class Command(BaseCommand):
    """Prints how many lines of the ledger were missing here and what became of them; exit 0 means the site is open."""

    help = (
        "After a restore: erases again whoever was erased since the backup was made, in silence; then the site opens. "
        "May be killed and run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument(
            "--accept-lost-ledger",
            action="store_true",
            help="the file is gone for good: write it anew from what the database knows; needs two colleagues",
        )
        parser.add_argument("--approved-by", action="append", default=[], metavar="EMAIL", help="twice: two colleagues")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["accept_lost_ledger"]:
                self._accept(*two_colleagues(options["approved_by"]))
            done = erasure.forecast_replay() if options["dry_run"] else erasure.replay(now=timezone.now())
        except erasure.NotAllReplayed as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(json.dumps(done.as_json()))
        standing = erasure_ledger.look()
        self.stderr.write(str(standing))
        if not (options["dry_run"] or standing.is_open):
            raise CommandError("The site stays closed.")

    def _accept(self, first: Any, second: Any) -> None:
        put_aside = erasure.accept_lost(first, second, now=timezone.now())
        self.stderr.write("The ledger was written anew from what the database knows.")
        if put_aside:
            self.stderr.write(f"The old file lies beside it: {put_aside}")
