"""`deliver_mail --to ADDRESS < message.eml`: one message from a pipe, for Postfix, Exim and Dovecot."""

import json
import logging
import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from privacy import jobs
from privacy.inbound import addresses, mailbox

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Stores the message and exits 0; on any trouble exits 75, so that the mail server keeps it and comes again."""

    help = "Stores one message from standard input; exit 75 asks the mail server to try again."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", required=True, metavar="ADDRESS", help="the address that it came to")
        parser.add_argument("--sender", default="", help='the envelope sender; "<>" when it is empty')
        parser.add_argument("--wait", action="store_true", help="process it at once and print what was done as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            row = mailbox.accept(
                sys.stdin.buffer.read(), options["to"], options["sender"], mailbox.InboundEmail.Road.PIPE
            )
            answer = self._processed(row) if options["wait"] else None
        except Exception as error:
            logger.debug("not stored", exc_info=True)
            self.stderr.write(f"Not stored, try again later: {type(error).__name__}")
            sys.exit(os.EX_TEMPFAIL)
        if not addresses.recipient(options["to"]).is_ours:
            self.stderr.write(
                f"{options['to']} is none of our addresses; stored all the same, so that nothing is lost."
            )
        if answer is not None:
            self.stdout.write(json.dumps(answer))

    @staticmethod
    def _processed(row: mailbox.InboundEmail) -> dict[str, Any]:
        jobs.work(row._meta.label_lower, row.pk)
        return mailbox.answer(row.pk)
