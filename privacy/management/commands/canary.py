"""`canary`: shows now, on a customer who is nobody, that every promise is kept; exit status 1 where one is not."""

import json
import secrets
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from privacy.canary import CanaryRun, CanaryStep, start
from privacy.canary.starting import follow, latest_steps


class Command(BaseCommand):
    """Runs the nightly self-test in the foreground."""

    help = "Runs the nightly self-test now and says of each step whether its promise was kept; 1 where one was not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one object at the end, on standard output")
        parser.add_argument("--here", action="store_true", help="do the work of mail listener and workers here too")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        road = CanaryRun.Road.HERE if options["here"] else CanaryRun.Road.REAL
        run = follow(start(now, occasion=f"asked-{now:%Y%m%d%H%M%S}-{secrets.token_hex(4)}", road=road), self._tell)
        if options["json"]:
            self.stdout.write(json.dumps({"outcome": run.outcome, "steps": latest_steps(run)}))
        if run.outcome != CanaryRun.Outcome.KEPT:
            sys.exit(1)

    def _tell(self, row: CanaryStep) -> None:
        self.stderr.write(f"{row.get_outcome_display():<9} {row.seconds or 0:6.1f} s  {row.title}: {row.line}")
