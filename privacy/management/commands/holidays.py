"""`holidays`: which days the clock takes for public holidays, and who says so."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ... import deadlines


class Command(BaseCommand):
    """holidays"""

    help = "Prints the public holidays that the clock counts in a year, and where each comes from."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which year, and whose."""
        parser.add_argument("--year", type=int, help="this year, unless said otherwise")
        parser.add_argument("--jurisdiction", help="that of the shop, unless said otherwise")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line a day; a wrong year or place is said in one line."""
        where = options["jurisdiction"] or settings.SHOP["jurisdiction"]
        year = timezone.localdate().year if options["year"] is None else options["year"]
        try:
            found = deadlines.holidays(where, year)
        except (ValueError, deadlines.UnknownJurisdiction) as error:
            raise CommandError(str(error)) from error
        if not found:
            self.stdout.write(f"{where}: no public holidays are known, only weekends are free")
        for one in found:
            what = f"{one.name} (cancelled: a working day)" if one.is_cancelled else one.name
            self.stdout.write(f"{one.day:%Y-%m-%d %a}  {what}  [{one.source}]")
