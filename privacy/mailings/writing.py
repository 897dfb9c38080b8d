"""How does an advertising mail get what it must carry? Asked of the gate first, then given its headers and its link."""

from datetime import datetime
from typing import Any

from django.core.mail import EmailAlternative, EmailMessage, EmailMultiAlternatives
from django.utils import timezone

from .. import tokens
from ..vocabulary import Sender
from . import headers
from .headers import Mark
from .leaving import MayNotLeave, refusals

PLACE = "{unsubscribe}"


def prepare(
    message: EmailMessage,
    person: Any,
    *,
    sender: str = Sender.OWN,
    content: str = Sender.OWN,
    is_for_children: bool = False,
    is_similar: bool = True,
    now: datetime | None = None,
) -> EmailMessage:
    """The message, ready to be sent now or later: headers set, the person's link where `{unsubscribe}` stood.

    MayNotLeave when the gate says no, or when something is missing that it must carry. The mail backend asks again.
    """
    now, sender = now or timezone.now(), Sender(sender)
    [token] = tokens.standing("unsubscribe", [person], now=now, sender=sender)
    mark = Mark(sender, Sender(content), is_for_children, is_similar)
    message.extra_headers |= {headers.MARK: str(mark), "Precedence": "bulk", **headers.way_out(token)}
    _put_in(message, headers.link(token))
    if reasons := refusals(message, now=now):
        raise MayNotLeave(reasons)
    return message


def _put_in(message: EmailMessage, link: str) -> None:
    message.body = str(message.body).replace(PLACE, link)
    if isinstance(message, EmailMultiAlternatives):
        for place, (content, kind) in enumerate(message.alternatives):
            message.alternatives[place] = EmailAlternative(str(content).replace(PLACE, link), kind)
