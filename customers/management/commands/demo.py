"""`demo`: fills the invented shop Northlight, once, and prints who may sign in."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from customers.demo import shop, staff


class Command(BaseCommand):
    """Fills demo data: idempotent, the same every time, in bulk."""

    help = "Fills the invented shop Northlight; a second run adds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=int, default=60, help="how many customers there shall be (60)")
        parser.add_argument("--requests", type=int, default=25, help="how many privacy requests there shall be (25)")
        parser.add_argument("--json", action="store_true", help="print the logins as JSON")
        parser.add_argument("--yes", action="store_true", help="also where DEBUG is off")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEBUG or options["yes"]):
            raise CommandError("This fills in invented people. If you mean it here, add --yes.")
        if min(options["customers"], options["requests"]) < 0:
            raise CommandError("How many? A number from 0 on.")
        now = timezone.now()
        added = shop.fill(options["customers"], options["requests"], now=now, say=self.stderr.write)
        logins = staff.logins(shop.numbers(options["customers"], now))
        staff.write_down(logins)
        self.stderr.write(f"Demo: {added['customers']} customers and {added['requests']} requests added.")
        if options["json"]:
            self.stdout.write(json.dumps(logins, ensure_ascii=False))
