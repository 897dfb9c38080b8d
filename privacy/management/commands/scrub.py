"""`scrub FILE.csv --channel C --sender S`: a mailing list in, the same rows out with `allowed` and `reasons`."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from privacy import csv_files, mailings
from privacy.erasure_ledger import CommandWhileOpen
from privacy.gate import ListFor, mailing_list
from privacy.recipients import Recipient
from privacy.vocabulary import Channel, Sender


class Command(CommandWhileOpen):
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
        parser.add_argument("--for-children", action="store_true", help="it is marked as suitable for children")
        parser.add_argument(
            "--other-goods", action="store_true", help="it offers other things than those that people bought"
        )
        parser.add_argument(
            "--recipient",
            default="",
            help="who gets the list, by its name in the register: asks whether it may, and writes each hand-over down",
        )
        parser.add_argument(
            "--links",
            action="store_true",
            help="adds list_unsubscribe, list_unsubscribe_post and unsubscribe_link for every row that may be used",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        how = {name: options[name] for name in ("channel", "sender", "content", "at")}
        if options["links"] and options["channel"] != Channel.EMAIL:
            raise CommandError("--links is for mailings by email.")
        how |= {"is_for_children": options["for_children"], "is_similar": not options["other_goods"]}
        to = self._to(options["recipient"]) if options["recipient"] else None
        links = mailings.Links(options["sender"], timezone.now()) if options["links"] else None
        try:
            with csv_files.opened(options["file"]) as table:
                counts = mailing_list.scrub(table, self.stdout, **how, more=links, to=to)
        except csv_files.WrongFile as error:
            raise CommandError(error) from error
        self.stderr.write(f"{counts.allowed} of {counts.rows} rows may be used.")
        for why, count in mailing_list.in_words(counts.refused_by):
            self.stderr.write(f"{count:>9,}  {why}")

    def _to(self, name: str) -> ListFor:
        recipient = Recipient.objects.for_lists().filter(name=name).first()
        if recipient is None:
            raise CommandError(
                f"No recipient of lists is called {name!r}: it must be on, no authority, and may get addresses."
            )
        now = timezone.now()
        return ListFor(recipient, f"mailing list of {now:%Y-%m-%d %H:%M:%S}", "system:scrub", now)
