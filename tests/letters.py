"""Mails as people and machines write them, for the tests of the inbound room."""

from email.message import EmailMessage
from typing import Any

from privacy import jobs
from privacy.inbound import mailbox
from privacy.inbound.mailbox import InboundEmail

REMOVE = "remove@northlight.example"
PRIVACY = "privacy@northlight.example"


def letter(
    sender: str = "", subject: str | None = "UNSUBSCRIBE", body: str = "", to: str = REMOVE, **headers: str
) -> bytes:
    """One mail as bytes, with CRLF; underscores in header names stand for hyphens."""
    message = EmailMessage()
    if sender:
        message["From"] = sender
    message["To"] = to
    if subject is not None:
        message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def received(raw: bytes, to: str = REMOVE, sender: str = "", **values: Any) -> InboundEmail:
    """The mail, accepted and worked on at once."""
    row = mailbox.accept(raw, to, sender, "pipe", **values)
    jobs.work(row._meta.label_lower, row.pk)
    row.refresh_from_db()
    return row


def outcome(raw: bytes, to: str = REMOVE, sender: str = "") -> tuple[str, str, str]:
    """What became of a mail: outcome, command, rung."""
    row = received(raw, to, sender)
    return row.outcome, row.command, row.matched_by
