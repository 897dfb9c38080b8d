"""How is a recipient's machine told? One signed POST to the very address that was checked, within limits (F38)."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

from django.utils import timezone

from ..jobs import CannotSucceed
from ..outgoing_calls import NotReached, call, split
from ..outgoing_calls.exchange import LARGEST_ANSWER
from ..recipients import signing_key
from .notice import State

LONGEST_REASON = 500
COME_AGAIN = {408, 409, 425, 429}
ANSWERS = {
    "done": State.DONE, "accepted": State.ACCEPTED, "refused": State.REFUSED, "not_held": State.NOT_HELD,
}  # fmt: skip


class Redirected(CannotSucceed):
    """The recipient's server sends us elsewhere; where, nobody here has checked."""


class TurnedAway(CannotSucceed):
    """The recipient's server refuses the call itself (4xx)."""


@dataclass(frozen=True)
class Said:
    """What the recipient's machine answered; no state when it merely took the call."""

    state: str = ""
    reason: str = ""


def signature(secret: bytes, key: str, timestamp: str, body: bytes) -> str:
    """As Standard Webhooks asks for: HMAC-SHA256 over id, time and body."""
    signed = b".".join([key.encode(), timestamp.encode(), body])
    return f"v1,{base64.b64encode(hmac.new(signing_key(secret.decode()), signed, hashlib.sha256).digest()).decode()}"


def post(url: str, secret: bytes, body: bytes, *, key: str) -> Said:
    """Calls once, follows no redirect, reads a short answer; NotReached where another try may help."""
    timestamp = str(int(timezone.now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Idempotency-Key": key,
        "webhook-id": key,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(secret, key, timestamp, body),
    }
    answer = call("POST", split(url), headers=headers, body=body)
    return _understood(answer.status, answer.content)


def _understood(status: int, content: bytes) -> Said:
    if 300 <= status < 400:
        raise Redirected
    if status >= 500 or status in COME_AGAIN or status < 200:
        raise NotReached
    if status >= 400:
        raise TurnedAway
    return _said(content)


def _said(content: bytes) -> Said:
    """A 2xx means that the notice was taken; only what it says beyond that is an answer."""
    try:
        found = json.loads(content) if len(content) <= LARGEST_ANSWER else None
    except (ValueError, RecursionError):
        found = None
    word = found.get("status") if isinstance(found, dict) else None
    state = ANSWERS.get(word, "") if isinstance(word, str) else ""
    reason = str(found.get("reason") or "")[:LONGEST_REASON] if isinstance(found, dict) else ""
    return Said(state, reason or ("no reason given" if state == State.REFUSED else ""))
