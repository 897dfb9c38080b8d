"""What does Amazon's mail service report, which writes JSON where others write RFC 3464?"""

import json
import re
from typing import Any

TEXT_LIMIT = 64 * 1024
# Mail servers break lines beyond 990 characters with an exclamation mark and go on in the next line after a blank.
SPLIT = re.compile(r"!\r?\n ")


def bounces(text: str) -> list[dict[str, str]]:
    """The recipients of a bounce notice with what was said of each, in the names of RFC 3464."""
    bounce = _notice(text, "Bounce").get("bounce")
    recipients = bounce.get("bouncedRecipients") if isinstance(bounce, dict) else None
    is_final = isinstance(bounce, dict) and bounce.get("bounceType") == "Permanent"
    return [
        {
            "address": address,
            "action": "failed" if is_final else "delayed",
            "status": str(recipient.get("status", "")),
            "diagnostic": str(recipient.get("diagnosticCode", "")),
        }
        for recipient, address in _addressed(recipients)
    ]


def complainers(text: str) -> list[str]:
    """Who marked a mail as spam, by a complaint notice."""
    complaint = _notice(text, "Complaint").get("complaint")
    recipients = complaint.get("complainedRecipients") if isinstance(complaint, dict) else None
    return [address for _, address in _addressed(recipients)]


def _addressed(recipients: Any) -> list[tuple[dict[str, Any], str]]:
    listed = recipients if isinstance(recipients, list) else []
    found = [(one, one.get("emailAddress")) for one in listed if isinstance(one, dict)]
    return [(one, address.strip().lower()) for one, address in found if isinstance(address, str) and "@" in address]


def _notice(text: str, kind: str) -> dict[str, Any]:
    """The notice, taken out of its envelope; empty when it is none or of another kind."""
    said = _object(text)
    if isinstance(said.get("Message"), str):
        said = _object(said["Message"])
    return said if kind in (said.get("notificationType"), said.get("eventType")) else {}


def _object(text: str) -> dict[str, Any]:
    start = SPLIT.sub("", text[:TEXT_LIMIT]).lstrip()
    if not start.startswith("{"):
        return {}
    try:
        said, _ = json.JSONDecoder().raw_decode(start)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
