"""How is a recipient's machine told? One signed POST to the very address that was checked, within limits (F38)."""

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from django.utils import timezone
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError

from ..jobs import CannotSucceed
from ..recipients import signing_key
from .hosts import looked_up, split
from .notice import State

CONNECT_SECONDS = 5
WHOLE_SECONDS = 15
LARGEST_ANSWER = 64 * 1024
LONGEST_REASON = 500
COME_AGAIN = {408, 409, 425, 429}
ANSWERS = {
    "done": State.DONE, "accepted": State.ACCEPTED, "refused": State.REFUSED, "not_held": State.NOT_HELD,
}  # fmt: skip


class NotReached(Exception):
    """No answer, or one that says "come again"."""


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
    parts = split(url)
    host, port = str(parts.hostname), parts.port or 443
    timestamp = str(int(timezone.now().timestamp()))
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Idempotency-Key": key,
        "webhook-id": key,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(secret, key, timestamp, body),
    }
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        status, content = _exchange(looked_up(host, port), host, port, path, headers, body)
    except (HTTPError, HTTPException, OSError) as error:
        raise NotReached from error
    return _understood(status, content)


def _exchange(address: str, host: str, port: int, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """Connects to `address` and asks for the certificate of `host`."""
    connection = HTTPSConnection(
        address, port, timeout=CONNECT_SECONDS, server_hostname=host, ssl_context=ssl.create_default_context()
    )
    try:
        with _cut_off(connection) as sockets:
            connection.connect()
            sockets.append(connection.sock)
            connection.request("POST", path, body=body, headers=headers, preload_content=False, decode_content=False)
            response = connection.getresponse()
            return response.status, response.read(LARGEST_ANSWER + 1, decode_content=False)
    finally:
        connection.close()


@contextmanager
def _cut_off(connection: Any) -> Iterator[list[Any]]:
    """Ends the exchange after its time, however slowly the other side speaks; a timeout counts each pause alone.

    The socket goes into the list once it is connected: the connection lets go of it when the answer begins.
    """
    sockets: list[Any] = []

    def shut() -> None:
        with suppress(OSError, TypeError):
            socket.socket.shutdown(sockets[0] if sockets else connection.sock, socket.SHUT_RDWR)

    timer = threading.Timer(WHOLE_SECONDS, shut)
    timer.daemon = True
    timer.start()
    try:
        yield sockets
    finally:
        timer.cancel()


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
