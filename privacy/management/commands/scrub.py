"""`scrub FILE.csv --channel C --sender S`: a mailing list in, the same rows out with `allowed` and `reasons`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy import csv_files
from privacy.gate import mailing_list
from privacy.vocabulary import Channel, Sender


class Command(BaseCommand):
    """Asks the gate about every row of a mailing list."""

    help = "Writes a mailing list again with 'allowed' and 'reasons' in every row; needs a column email or customer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a CSV file in UTF-8 with a column 'email' or 'customer'")
        parser.add_argument("--channel", required=True, choices=Channel.values)
        parser.add_argument("--sender", required=True, choices=Sender.values)
        parser.add_argument(
            "--content", default="", choices=Sender.values, help="whose offers it brings (the sender's)"
        )
        parser.add_argument("--at", default="", help="a date or an instant (now)")

    def handle(self, *args: Any, **options: Any) -> None:
        how = {name: options[name] for name in ("channel", "sender", "content", "at")}
        try:
            with csv_files.opened(options["file"]) as table:
                counts = mailing_list.scrub(table, self.stdout, **how)
        except csv_files.WrongFile as error:
            raise CommandError(error) from error
        self.stderr.write(f"{counts['allowed']} of {counts['rows']} rows may be used.")
