"""Counts the figures of the office's start page anew, and holds every stored next promise against its clocks."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ... import figures
from ...subject_requests import promises


class Command(BaseCommand):
    """count_figures"""

    help = "Counts the office's monthly figures and every case's next promise anew, as is done each night."

    def add_arguments(self, parser: CommandParser) -> None:
        """How far back."""
        parser.add_argument("--months", type=int, help="How many months, this one included (13, or all the first time)")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line about each."""
        months = options["months"]
        if months is not None and not 1 <= months <= 1200:
            raise CommandError("--months is a number from 1 to 1200.")
        self.stdout.write(f"figures: {figures.count(timezone.now(), months=months)} numbers kept")
        self.stdout.write(f"next promises: {promises.rebuild()} were not those of their clocks")
