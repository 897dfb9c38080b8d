"""What does a service mean by its words: is an address gone for good, and did its owner complain?

Anymail calls a full mailbox and a dead one "bounced", and calls "complained" what says that a mail was no spam.
"""

from collections.abc import Mapping
from typing import Any

from anymail.signals import AnymailTrackingEvent

# Where the word stands in the service's own event, and which words mean for good. Postal has no such word.
WORDS: dict[str, list[tuple[tuple[str, ...], set[Any]]]] = {
    "amazon_ses": [(("bounce", "bounceType"), {"Permanent"})],
    "brevo": [(("event",), {"hard_bounce", "invalid_email"})],
    "sendinblue": [(("event",), {"hard_bounce", "invalid_email"})],
    "mailersend": [(("data", "type"), {"hard_bounced"})],
    "mailgun": [(("event-data", "reason"), {"bounce", "suppress-bounce"})],
    "mailjet": [(("hard_bounce",), {True})],
    "mailtrap": [(("event",), {"bounce"})],
    "mandrill": [(("event",), {"hard_bounce"})],
    "postmark": [(("Type",), {"HardBounce"}), (("SuppressionReason",), {"HardBounce"})],
    "resend": [(("data", "bounce", "type"), {"Permanent"})],
    "sendgrid": [(("type",), {"bounce"})],
    "sparkpost": [(("bounce_class",), {"10", "30"})],
    "unisender_go": [(("status",), {"hard_bounced"})],
}
# What some say in a sentence or a code alone.
BEGINNINGS: dict[str, list[tuple[tuple[str, ...], str]]] = {
    "mailgun": [(("code",), "5.1."), (("code",), "550")],
    "resend": [(("data", "bounce", "message"), "The recipient's email provider sent a hard bounce")],
}

# Words of a feedback report that are no objection of the person (RFC 5965 and its registry).
REPORTS: dict[str, tuple[str, ...]] = {"amazon_ses": ("complaint", "complaintFeedbackType"), "sparkpost": ("fbtype",)}
NO_OBJECTION = {"not-spam", "auth-failure", "virus", "dmarc"}


def is_objection(service: str, event: AnymailTrackingEvent) -> bool:
    """Whether a complaint says that the person wants no such mail."""
    return _at(_inside(event.esp_event), REPORTS.get(service, ())) not in NO_OBJECTION


def is_hard(service: str, event: AnymailTrackingEvent) -> bool:
    """Whether a bounce means that there is no such address."""
    said = _inside(event.esp_event)
    named = any(_at(said, path) in words for path, words in WORDS.get(service, ()))
    return named or any(str(_at(said, path)).startswith(text) for path, text in BEGINNINGS.get(service, ()))


def _inside(said: Any) -> Any:
    """SparkPost wraps each event twice."""
    if isinstance(said, Mapping) and isinstance(said.get("msys"), Mapping):
        return next(iter(said["msys"].values()), {})
    return said


def _at(said: Any, path: tuple[str, ...]) -> Any:
    """The value at the end of a path; an empty text where it breaks or is no plain value."""
    for name in path:
        said = said.get(name) if isinstance(said, Mapping) else None
    return said if isinstance(said, str | bool) else ""
