"""Outgoing mail as files: one .eml for each message, as it would be sent, for development and tests."""

import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


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
