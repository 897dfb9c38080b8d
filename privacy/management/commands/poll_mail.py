"""`poll_mail`: fetches mail from a folder at a mail server over IMAP, in the foreground."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy.inbound import addresses, poller


class Command(BaseCommand):
    """Fetches from IMAP_URL until Ctrl-C or SIGTERM; with --once what lies there now."""

    help = "Fetches mail from the folder of IMAP_URL; Ctrl-C stops it. A mail is marked as read once it is stored."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="fetch what is there, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IMAP:
            raise CommandError("IMAP_URL is not set: there is no folder to fetch mail from.")
        if not addresses.recipient(settings.IMAP_RECIPIENT).is_ours:
            self.stderr.write("IMAP_RECIPIENT is none of our mailboxes; mail is stored all the same.")
        say = "Fetching mail from {host} port {port}, folder {folder}.".format(**settings.IMAP)
        try:
            done = poller.poll(once=options["once"], when_up=lambda: self.stderr.write(say))
        except poller.NotFetched as error:
            raise CommandError(f"Mail could not be fetched: {error}.") from error
        if options["once"]:
            self.stderr.write(f"{done.taken} taken, {len(done.left)} left in the folder.")
