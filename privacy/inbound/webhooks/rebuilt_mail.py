"""A mail that a service gives in pieces, put together again: the same pieces make the same bytes."""

from email import policy
from typing import Any

from anymail.signals import AnymailInboundEvent

from .raw_mail import Posted, sendgrid_envelope
from .replica import Replica

ATTACHMENTS_LIMIT = 500
AS_SENT = policy.SMTP.clone(max_line_length=0)


class TooMuch(ValueError):
    """More attachments than any mail has."""


def check(request: Replica) -> None:
    """Mailgun's count of attachments is what Anymail counts to, whatever number stands there."""
    count = request.POST.get("attachment-count", "")
    if count.isdigit() and (len(count) > 5 or int(count) > ATTACHMENTS_LIMIT):
        raise TooMuch("attachment-count")


def rebuild(event: AnymailInboundEvent, service: str, request: Replica, mark: str) -> Posted:
    """The mail of one event. `mark` tells its parts apart; whoever wrote the mail could not know it."""
    message: Any = event.message
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        if part.get_content_maintype() == "multipart":
            part.set_boundary(f"=_{mark}_{number}")
    to = [message.envelope_recipient] if message.envelope_recipient else []
    if service == "sendgrid":
        to = list(sendgrid_envelope(request).get("to") or to)
    return Posted(message.as_bytes(policy=AS_SENT), message.envelope_sender, tuple(to), event.timestamp)
