"""A real Postfix for tests, from Debian, that hands mail on to where a test says; and swaks, which hands mail in."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from grp import getgrnam
from pathlib import Path

from config.processes import start_process
from tests.children import ROOT
from tests.servers import answers, free_port, stop_server, wait_until

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/postfix/sbin"
DAEMONS = Path("/usr/lib/postfix/sbin")
OUR_DOMAIN = "northlight.example"
# Who runs programs for Postfix, which does not do that as root or as itself.
PIPE_USER = "nobody"

# It comes again after a second. Whoever hands mail in counts as somebody outside: a neighbour's mail would be given the
# Date that it lacks.
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
meta_directory = /etc/postfix
daemon_directory = {daemons}
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mx.{domain}
mydomain = {domain}
myorigin = {domain}
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
relay_domains = {domain} example.com dead.example
relay_recipient_maps =
transport_maps = hash:{folder}/transport
relayhost = [127.0.0.1]:1
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks reject
smtpd_client_restrictions =
smtpd_peername_lookup = no
local_header_rewrite_clients =
smtp_dns_support_level = disabled
inet_interfaces = loopback-only
inet_protocols = ipv4
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
transport_retry_time = 1s
{more}
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
showq unix n - n - - showq
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
smtp unix - - n - - smtp {flags}
relay unix - - n - - smtp {flags}
lmtp unix - - n - - lmtp {flags}
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
{more}
"""


def missing() -> str:
    """What stands in the way of a Postfix of our own, or nothing."""
    if not (DAEMONS / "master").exists() or shutil.which("swaks") is None:
        return "Postfix or swaks is not installed: apt-get install postfix swaks"
    return "" if os.getuid() == 0 else "Postfix starts as root only"


class Postfix:
    """A mail server with a queue of its own in a temporary folder.

    `transport` says where mail to each domain goes, as in the table of that name; `flags` which headers it writes
    above a mail that it hands on (D Delivered-To, O X-Original-To, R Return-Path).
    """

    def __init__(self, transport: dict[str, str], *, flags: str = "", main: str = "", master: str = "") -> None:
        """Makes the folder and its configuration; `start` starts it."""
        self.port, self.transport = free_port(), transport
        self.folder = Path(tempfile.mkdtemp(prefix="postfix-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.process: subprocess.Popen[bytes] | None = None
        names = {"folder": self.folder, "daemons": DAEMONS, "domain": OUR_DOMAIN, "port": self.port}
        flags = f"flags={flags}" if flags else ""
        (self.folder / "main.cf").write_text(MAIN.format(more=main, **names))
        (self.folder / "master.cf").write_text(MASTER.format(more=master, flags=flags, **names))
        (self.folder / "transport").write_text("".join(f"{name} {goal}\n" for name, goal in transport.items()))
        self._make_queue()
        self._run("postmap", f"hash:{self.folder / 'transport'}")

    def _make_queue(self) -> None:
        owner, group = pwd.getpwnam("postfix").pw_uid, getgrnam("postdrop").gr_gid
        (self.folder / "queue" / "pid").mkdir(parents=True)
        private = "active bounce corrupt defer deferred flush hold incoming private saved trace".split()
        for name in [*(f"queue/{name}" for name in private), "data"]:
            (self.folder / name).mkdir(mode=0o700)
            os.chown(self.folder / name, owner, -1)
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            (path := self.folder / "queue" / name).mkdir()
            path.chmod(mode)
            os.chown(path, owner, group)

    def _run(self, program: str, *words: str) -> str:
        argv = [str(shutil.which(program, path=PATH)), "-c", str(self.folder), *words]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, f"{program}: {done.stderr}"
        return done.stdout

    def start(self) -> None:
        """Start it in the foreground and wait until it answers."""
        argv = [str(DAEMONS / "master"), "-c", str(self.folder), "-d"]
        with (self.folder / "printed").open("ab") as printed:
            self.process = start_process(argv, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed)

        def is_up() -> bool:
            assert self.process and self.process.poll() is None, (self.folder / "printed").read_text() + self.said
            return answers(self.port)

        wait_until(is_up, 20, "Postfix answers")

    def remove(self) -> None:
        """Stop it with all that it started, and take its folder away."""
        if self.process:
            stop_server(self.process)
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def said(self) -> str:
        """Its log so far."""
        log = self.folder / "log"
        return log.read_text(errors="replace") if log.exists() else ""

    def wait_for(self, text: str, times: int = 1, seconds: float = 20) -> None:
        """Wait until its log says the text so often."""
        try:
            wait_until(lambda: self.said.count(text) >= times, seconds)
        except AssertionError:
            raise AssertionError(f"Postfix did not say {text!r} {times} times:\n{self.said}") from None

    @property
    def queue(self) -> list[dict[str, str]]:
        """What it still has to deliver, each mail once, though it moves between two folders while they are listed."""
        listed = map(json.loads, self._run("postqueue", "-j").splitlines())
        return list({str(mail["queue_id"]): mail for mail in listed}.values())

    @property
    def under_way(self) -> int:
        """How many mails it has in hand."""
        return sum(mail["queue_name"] == "active" for mail in self.queue)

    def flush(self) -> None:
        """Have it try again at once what it could not deliver."""
        self._run("postqueue", "-f")

    def deliver_all(self, seconds: float = 20) -> None:
        """Wait until it has nothing left, and have it try again meanwhile."""

        def is_empty() -> bool:
            if self.queue:
                self.flush()
            return not self.queue

        wait_until(is_empty, seconds, f"all delivered; it said:\n{self.said}")


def swaks(port: int, sender: str, *recipients: str, raw: bytes = b"", more: tuple[str, ...] = ()) -> str:
    """Hand a mail in with swaks, its bytes as they are or made by swaks itself; gives what both sides said."""
    argv = ["swaks", "--server", f"127.0.0.1:{port}", "--helo", "client.example", "--from", sender or "<>"]
    argv += ["--to", ",".join(recipients), "--timeout", "20", *more]
    if raw:
        # It is told to change nothing, and so the dots that end and escape are ours to set.
        raw = raw.replace(b"\r\n.", b"\r\n..") + b".\r\n"
        argv += ["--data", "-", "--no-data-fixup", "--suppress-data"]
    done = subprocess.run(argv, input=raw, capture_output=True, timeout=60, check=False)
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert done.returncode == 0, said
    return said


def python_for_others(folder: Path) -> tuple[str, dict[str, str]]:
    """A Python of this project that the user of the pipe can start, and what it needs in its environment.

    The project's own, or a copy where it lies in somebody's private folder.
    """
    packages, real = Path(sysconfig.get_paths()["purelib"]), Path(sys.executable).resolve()
    if _is_open(real):
        return sys.executable, {}
    assert _is_open(packages), f"{packages} cannot be read by {PIPE_USER}"
    copy = folder / "python"
    library = Path(sysconfig.get_paths()["stdlib"])
    shutil.copytree(library, copy / "lib" / library.name, ignore=shutil.ignore_patterns("site-packages", "test", "*.a"))
    (copy / "bin").mkdir()
    shutil.copy2(real, copy / "bin" / "python")
    # Where Python itself is a shared library, the system may have another of that name.
    for shared in Path(str(sysconfig.get_config_var("LIBDIR"))).glob("libpython3*.so*"):
        shutil.copy2(shared, copy / "lib")
    needed = {"PYTHONHOME": copy, "PYTHONPATH": packages, "LD_LIBRARY_PATH": copy / "lib"}
    return str(copy / "bin" / "python"), {name: str(value) for name, value in needed.items()}


def can_pipe() -> bool:
    """Whether the user of the pipe can read this project."""
    return _is_open(ROOT / "manage.py")


def _is_open(path: Path) -> bool:
    """Whether everybody can walk to it."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def pipe_of_readme(python: str, needed: dict[str, str], env_file: Path) -> dict[str, str]:
    """What README says for main.cf and master.cf, with this checkout in the place of a server's."""
    names = {"/srv/privacy/.venv/bin/python": python, "/srv/privacy": str(ROOT), "user=privacy": f"user={PIPE_USER}"}
    master = readme_line("privacy unix")
    for name, ours in names.items():
        assert name in master, f"README no longer says {name}"
        master = master.replace(name, ours)
    exported = readme_line("export_environment").replace("/etc/privacy/env", str(env_file))
    exported += "".join(f" {name}={value}" for name, value in needed.items())
    return {"main": f"{exported}\n{readme_line('privacy_destination_recipient_limit')}", "master": master}


def readme_line(start: str) -> str:
    """The one line of README that begins so."""
    [line] = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith(start)]
    return line


@contextmanager
def owned_by(name: str, folder: Path) -> Iterator[None]:
    """The folder and what is in it, as on a server where one user runs everything."""

    def give(uid: int) -> None:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, -1, follow_symlinks=False)

    give(pwd.getpwnam(name).pw_uid)
    yield
    give(os.getuid())
