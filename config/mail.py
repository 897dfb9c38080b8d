"""Outgoing mail: through one gate, then as files (for development and tests) or to a mail server."""

import logging
import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address
from django.db import DatabaseError
from django.utils.module_loading import import_string

from privacy import erasure_ledger, mailings

logger = logging.getLogger(__name__)


class GatedBackend(BaseEmailBackend):
    """Advertising leaves only with what it must carry, and to whom it may go at that moment, whoever sends it (MAD-07).

    `EMAIL_TRANSPORT` carries what may leave. One message that may not does not hold up the others.
    """

    def __init__(self, fail_silently: bool = False, **options: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self.transport = import_string(settings.EMAIL_TRANSPORT)(fail_silently=fail_silently, **options)

    def open(self) -> bool | None:
        """The transport's connection."""
        answer: bool | None = self.transport.open()
        return answer

    def close(self) -> None:
        """The transport's connection."""
        self.transport.close()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Sends what may leave, each asked about right before; the number sent. MayNotLeave at the end for the rest.

        SiteClosed, before anything is sent, while a restored database still holds people who were erased.
        """
        erasure_ledger.require_open()
        sent, reasons = 0, dict[str, None]()
        is_new = self.open() if email_messages else None
        try:
            for message in email_messages:
                if against := mailings.refusals(message):
                    reasons |= dict.fromkeys(against)
                elif self._is_to_nobody(message):
                    sent += 1
                elif taken := self.transport.send_messages([message]):
                    sent += taken
                    self._note(message)
        finally:
            if is_new:
                self.close()
        if reasons:
            logger.warning("advertising refused: %d of %d sent", sent, len(email_messages))
            if not self.fail_silently:
                raise mailings.MayNotLeave(list(reasons))
        return sent

    def _note(self, message: EmailMessage) -> None:
        """It has left: were that an error now, it would be sent a second time."""
        try:
            mailings.note_left(message)
        except DatabaseError:
            logger.exception("advertising has left and was not counted")

    def _is_to_nobody(self, message: EmailMessage) -> bool:
        """A letter to the customer of the nightly self-test: a file may be written, a mail server is not asked."""
        domains = {address.rpartition("@")[2].strip("> ").lower() for address in message.recipients()}
        return domains == {settings.CANARY_MAIL_DOMAIN} and not isinstance(self.transport, EmlFileBackend)


class SmtpBackend(EmailBackend):
    """Django's, but what a machine writes leaves with the null return path, so that nothing answers it (RFC 3834)."""

    def _send(self, email_message: EmailMessage) -> bool:
        """From stays who wrote it; only the envelope's sender is empty."""
        mime = email_message.message()
        if str(mime.get("Auto-Submitted", "no")).strip().lower() == "no":
            return bool(super()._send(email_message))  # type: ignore[misc]
        encoding = email_message.encoding or settings.DEFAULT_CHARSET
        to = [sanitize_address(address, encoding) for address in email_message.recipients()]
        if self.connection and to:
            self.connection.sendmail("", to, mime.as_bytes(linesep="\r\n"))  # type: ignore[call-arg]
        return bool(to)


class EmlFileBackend(BaseEmailBackend):
    """Writes each message into `EMAIL_FILE_PATH`; names sort by time, and a reader never sees half a file."""

    def __init__(self, *args: Any, file_path: str | None = None, **options: Any) -> None:
        """The folder is made on first use."""
        super().__init__(*args, **options)
        self.folder = Path(file_path or settings.EMAIL_FILE_PATH)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write them all; the number written."""
        written = 0
        for message in email_messages:
            if not message.recipients():
                continue
            try:
                self._write(message.message().as_bytes(linesep="\r\n"))  # type: ignore[call-arg]
            except OSError:
                if not self.fail_silently:
                    raise
            else:
                written += 1
        return written

    def _write(self, raw: bytes) -> None:
        """The bytes under a temporary name, then the final one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns()}-{secrets.token_hex(4)}"
        unfinished = self.folder / f".{name}.tmp"
        with unfinished.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self.folder / f"{name}.eml")
