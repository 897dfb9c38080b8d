"""Is a call signed by Svix, as those of Resend are? HMAC-SHA256 over its id, its time and its body."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from anymail.exceptions import AnymailWebhookValidationFailure
from django.utils.crypto import constant_time_compare


def check(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """AnymailWebhookValidationFailure unless one of its signatures is right; how old it is, is judged elsewhere."""
    signed = f"{headers['svix-id']}.{headers['svix-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256))
    offered = [version_and_value.split(",", 1) for version_and_value in headers["svix-signature"].split(" ")]
    right = [constant_time_compare(value[-1], expected) for value in offered if value[0] == "v1"]
    if not any(right):
        raise AnymailWebhookValidationFailure("Svix signature is wrong")


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))
