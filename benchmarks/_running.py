"""Children that listen, and lines of a table."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent


@contextmanager
def process(argv: list[str], env: dict[str, str], *ports: int) -> Iterator[subprocess.Popen[bytes]]:
    """A child that listens, for the length of a `with`."""
    child = subprocess.Popen(
        [sys.executable, *argv], cwd=ROOT, env=env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        for port in ports:
            while socket.socket().connect_ex(("127.0.0.1", port)):
                if child.poll() is not None:
                    raise RuntimeError(f"{argv} ended with {child.returncode}")
                time.sleep(0.05)
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()


def as_in_a_shop() -> None:
    """Sets Django up with DEBUG off: while somebody develops, it remembers every statement with all of its values."""
    import django

    django.setup()
    from django.conf import settings

    settings.DEBUG = False


def free_port() -> int:
    """A port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def row(name: str, *cells: str) -> None:
    """One line of the table."""
    print(f"{name:<44}" + "".join(f"{cell:>14}" for cell in cells), flush=True)
