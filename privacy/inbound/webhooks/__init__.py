"""Webhooks of mailing services: mail that came to them for us, and what became of mail that we sent through them."""

from .call import Mention, TooLarge, WebhookCall, mark_reviewed, receive
from .mailing_services import open_door
from .proof import Refused

__all__ = ["Mention", "Refused", "TooLarge", "WebhookCall", "mark_reviewed", "open_door", "receive"]
