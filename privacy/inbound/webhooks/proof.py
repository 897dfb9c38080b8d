"""Who calls, is it fresh, and is it a call that we have? Asked before anything is stored."""

import hashlib
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from anymail.webhooks.base import AnymailBasicAuthMixin
from django.conf import settings
from django.http import HttpRequest

from ...encryption import keyed_hash
from .mailing_services import BASIC, INBOUND, Door
from .replica import Replica, TooMuch

logger = logging.getLogger(__name__)
SENDGRID_TIME = "x-twilio-email-event-webhook-timestamp"
MAILGUN_PROOF = ("timestamp", "token", "signature")


class Refused(Exception):
    """Not proven, or too old. Says nothing more, for its text could help whoever tries again."""


def prove_password(door: Door, request: HttpRequest) -> None:
    """Where the service has a password, it is checked before a body of megabytes is read."""
    if door.setting(BASIC):
        _run(door, request, only=AnymailBasicAuthMixin.validate_request)


def prove(door: Door, request: Replica, now: datetime) -> None:
    """By Anymail's own validators, all of them, and by the time that the service signed."""
    _run(door, request)
    signed_at = _read(_signed_at, door, request)
    if signed_at is not None and abs(now - signed_at) > timedelta(seconds=settings.WEBHOOK_MAX_AGE_SECONDS):
        raise Refused


def _run(door: Door, request: HttpRequest, only: Any = None) -> None:
    try:
        reader = door.make_reader()
        for validate in [only] if only else reader.validators:
            validate(reader, request)
    except Exception as error:  # whatever a stranger's bytes do to a check, they did not pass it
        logger.warning("a call of %s %s was refused: %s", door.service, door.kind, type(error).__name__)
        raise Refused from error


def _read(function: Any, door: Door, request: Replica) -> Any:
    try:
        return function(door, request)
    except (ValueError, KeyError, TypeError, OverflowError, OSError) as error:
        raise Refused from error


def _signed_at(door: Door, request: Replica) -> datetime | None:
    """When the service signed this delivery; None where its proof holds no time."""
    if door.service == "mailgun":
        return _seconds(_mailgun_proof(request)["timestamp"])
    if door.service == "amazon_ses":
        return datetime.fromisoformat(json.loads(request.body)["Timestamp"]).astimezone(UTC)
    if door.service == "resend" and (door.setting("INBOUND_SECRET" if door.kind == INBOUND else "SIGNING_SECRET")):
        return _seconds(request.headers["svix-timestamp"])
    if door.service == "sendgrid" and door.kind != INBOUND and door.setting("TRACKING_WEBHOOK_VERIFICATION_KEY"):
        return _seconds(request.headers[SENDGRID_TIME])
    return None


def _seconds(text: Any) -> datetime:
    return datetime.fromtimestamp(float(text), tz=UTC)


def _mailgun_proof(request: Replica) -> dict[str, Any]:
    if request.content_type == "application/json":
        proof: dict[str, Any] = json.loads(request.body)["signature"]
        return proof
    return {name: request.POST[name] for name in MAILGUN_PROOF}


def single_use(door: Door, request: Replica) -> str | None:
    """What proves one call only: Mailgun signs a token and not the body, so the token may not come with another."""
    return keyed_hash(str(_mailgun_proof(request)["token"]), use="webhook-token") if door.service == "mailgun" else None


def identity_of(door: Door, request: Replica) -> str:
    """The same for one call however often it is made: its id, or all it says but the proof, which is new each time."""
    said = b"\0".join([door.service.encode(), door.kind.encode(), *_what_it_says(door, request)])
    return keyed_hash(said, use="webhook")


def _what_it_says(door: Door, request: Replica) -> list[bytes]:
    if door.service == "resend" and (given := request.headers.get("svix-id")):
        return [b"id", given.encode()]
    if door.service == "amazon_ses":
        return [b"id", str(json.loads(request.body)["MessageId"]).encode()]
    if door.service == "mailgun" and request.content_type == "application/json":
        said = {name: value for name, value in json.loads(request.body).items() if name != "signature"}
        return [b"json", json.dumps(said, sort_keys=True).encode()]
    try:
        fields = _without_proof(door, request)
    except (ValueError, TooMuch):
        fields = []
    return fields or [request.body]


def _without_proof(door: Door, request: Replica) -> list[bytes]:
    """The fields of a form by name, as digests; of Mailgun's mails without their proof."""
    passed_over = MAILGUN_PROOF if (door.service, door.kind) == ("mailgun", INBOUND) else ()
    kept = sorted((f.name, hashlib.sha256(f.value).digest()) for f in request.fields if f.name not in passed_over)
    return [name.encode() + b"=" + digest for name, digest in kept]
