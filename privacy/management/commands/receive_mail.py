"""`receive_mail`: the SMTP and LMTP listener, in the foreground."""

import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from privacy.inbound import smtp


class Command(BaseCommand):
    """Listens on SMTP_PORT and LMTP_PORT until Ctrl-C or SIGTERM."""

    help = "Receives mail over SMTP (SMTP_PORT) and LMTP (LMTP_PORT); Ctrl-C stops it."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        host, ports = settings.MAIL_LISTEN_HOST, (settings.SMTP_PORT, settings.LMTP_PORT)
        say = "Receiving mail on {} port {} (SMTP) and {} (LMTP)."
        try:
            asyncio.run(smtp.serve(host, *ports, when_up=lambda: self.stderr.write(say.format(host, *ports))))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host} ports {ports[0]} and {ports[1]}: {error.strerror or error}"
            ) from error
