"""Processes of this project as children of a test, on the test's own database, broker and folder."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from config.processes import kill_session, start_process
from tests.servers import wait_until

ROOT = Path(__file__).parent.parent


def children_environ() -> dict[str, str]:
    """The test's own environment without what only its browser tests need."""
    return {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}


def environment(**more: object) -> dict[str, str]:
    """The environment in which a child sees what the test sees; further settings by name."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    email_url = f"filemail:///{settings.VAR / 'outbox'}"
    return (
        children_environ()
        | {"DATABASE_URL": url, "EMAIL_URL": email_url}
        | {name: str(value) for name, value in more.items()}
    )


class Child:
    """One running child and what it said."""

    def __init__(self, argv: list[str], env: dict[str, str], log: Path) -> None:
        """Start it; all that it prints goes to the log."""
        self.log = log
        with log.open("ab") as out:
            self.process = start_process(argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    @property
    def said(self) -> str:
        """What it printed so far."""
        return self.log.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        """Whether it is still there."""
        return self.process.poll() is None

    def wait_for(self, text: str, seconds: float = 30) -> None:
        """Wait until it printed the text; fail with its words when it ends before."""

        def there() -> bool:
            assert text in self.said or self.is_running, f"ended with {self.process.returncode}:\n{self.said}"
            return text in self.said

        wait_until(there, seconds, f"{text!r} in:\n{self.said}")

    def stop(self, seconds: float = 20) -> int:
        """Ask it to end and give its exit status; kill it when it does not."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        finally:
            kill_session(self.process)

    def kill(self) -> None:
        """The way of `kill -9`."""
        kill_session(self.process)


@contextmanager
def running(log: Path, *argv: str, **settings_by_name: object) -> Iterator[Child]:
    """A child for the length of a `with`."""
    child = Child([sys.executable, *argv], environment(**settings_by_name), log)
    try:
        yield child
    finally:
        child.kill()


def manage(*words: str, stdin: bytes = b"", **settings_by_name: object) -> subprocess.CompletedProcess[Any]:
    """Run one management command to its end."""
    argv = [sys.executable, "manage.py", *words]
    env = environment(**settings_by_name)
    return subprocess.run(argv, cwd=ROOT, env=env, input=stdin, capture_output=True, timeout=120, check=False)
