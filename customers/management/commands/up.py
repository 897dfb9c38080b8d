"""Starts everything in the foreground: broker (where none is configured), web, worker, scheduler, mail listener."""

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import family
from config.processes import Family, FamilyError, Killed
from privacy import erasure_ledger


class Command(BaseCommand):
    """`manage.py up`: Ctrl-C stops all of it in order, a second one at once."""

    help = "Starts broker, web, worker, scheduler, mail listener and poller in the foreground; Ctrl-C stops them."

    def handle(self, *args: Any, **options: Any) -> None:
        members = family.members()
        names = {member.name for member in members}
        stop_order = [name for name in family.STOP_ORDER if name in names]
        try:
            family.refuse_what_is_taken()
            Family(members, stop_order, self._say).run(self._welcome)
        except FamilyError as error:
            raise CommandError(error) from error
        except Killed:
            self._say("Killed.")
            sys.exit(130)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _welcome(self) -> None:
        """Where it is and who can sign in."""
        self._say(f"\n  shop    {settings.SITE_URL}/")
        self._say(f"  office  {settings.SITE_URL}/admin/")
        self._say(f"  mail in smtp://{settings.MAIL_LISTEN_HOST}:{settings.SMTP_PORT}")
        self._say(f"          lmtp://{settings.MAIL_LISTEN_HOST}:{settings.LMTP_PORT}")
        if settings.IMAP:
            self._say("          imap://{host}:{port}/{folder}".format(**settings.IMAP))
        for line in self._logins():
            self._say(f"  {line}")
        standing = erasure_ledger.current()
        self._say("\nAll is up. Ctrl-C stops it." if standing.is_open else f"\n{standing}")

    @staticmethod
    def _logins() -> list[str]:
        """The logins that `demo` wrote down; none without a demo."""
        written = settings.VAR / "demo-logins.json"
        if not written.is_file():
            return []
        logins = json.loads(written.read_text())
        people = [("customer " + login["number"], login) for login in logins["customers"][:3]]
        people += [(login["role"], login) for login in logins["staff"]]
        return ["", *(f"{who:<22} {login['email']:<34} {login['password']}" for who, login in people)]
