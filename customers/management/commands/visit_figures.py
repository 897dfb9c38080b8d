"""`visit_figures MONTH`: how many people saw which page and searched which words, as CSV; nobody can be found in it."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers import visit_figures
from privacy import csv_files


class Command(BaseCommand):
    """Numbers of many, for measuring and for partners."""

    help = "Prints how many people saw what in one month; groups of fewer than ten people are left out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", help="such as 2026-10")
        parser.add_argument("--least", type=int, default=visit_figures.LEAST, help="people in the smallest group, 10")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            month = date.fromisoformat(f"{options['month']}-01")
        except ValueError:
            raise CommandError("Write the month as 2026-10.") from None
        try:
            rows = list(visit_figures.figures(month, options["least"]))
        except ValueError as error:
            raise CommandError(str(error)) from error
        for line in csv_files.lines([list(visit_figures.COLUMNS), *map(list, rows)]):
            self.stdout.write(line, ending="")
