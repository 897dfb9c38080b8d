"""How is a server called? Once, at the very address that was checked, within limits, following nothing (F38)."""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.parse import SplitResult

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from .hosts import looked_up

CONNECT_SECONDS = 5
WHOLE_SECONDS = 15
LARGEST_ANSWER = 64 * 1024
PORTS = {"http": 80, "https": 443}


class NotReached(Exception):
    """No answer, or one that says "come again"."""


class Answer(NamedTuple):
    """What came back; of a long answer its beginning and one byte more."""

    status: int
    location: str
    content: bytes


def call(method: str, parts: SplitResult, *, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
    """One exchange; NotReached where nobody answers whole and in time, Inside where the host is one of ours."""
    host, port = str(parts.hostname), parts.port or PORTS[parts.scheme]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = _connection(parts.scheme, looked_up(host, port), host, port)
        with _closing_in_time(connection) as sockets:
            connection.connect()
            sockets.append(connection.sock)
            named = {"Host": parts.netloc, **headers}
            connection.request(method, path, body=body, headers=named, preload_content=False, decode_content=False)
            response = connection.getresponse()
            content = response.read(LARGEST_ANSWER + 1, decode_content=False)
            return Answer(response.status, response.headers.get("Location", ""), content)
    except (HTTPError, HTTPException, OSError) as error:
        raise NotReached from error


def _connection(scheme: str, address: str, host: str, port: int) -> HTTPConnection:
    """To `address`; the certificate must be that of `host`."""
    if scheme == "http":
        return HTTPConnection(address, port, timeout=CONNECT_SECONDS)
    context = ssl.create_default_context()
    return HTTPSConnection(address, port, timeout=CONNECT_SECONDS, server_hostname=host, ssl_context=context)


@contextmanager
def _closing_in_time(connection: Any) -> Iterator[list[Any]]:
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
        connection.close()
