"""Mail in over SMTP, each mail durable before its 250, beside aiosmtpd with one raw INSERT and commit a mail.

Ours also encrypts, finds repetitions and tells the workers. Both listeners run as processes of their own on the same
kind of database, take turns in the same run, and the median of the rounds stands. Then: small mails while a 10 MB mail
comes in, and how fast workers drain a backlog. DATABASE_URL chooses PostgreSQL.
python -m benchmarks.mail_intake [mails [intake] [beside] [drain]]
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).parent.parent
ROUNDS = 5
CONNECTIONS = 8
BODY = ("I was looking at lamps all evening and thought of writing.\r\n" * 80).encode()


def mail(number: int, body: bytes = BODY) -> bytes:
    """Some 5 KB by default, each with a name of its own."""
    head = f"From: Ann <ann{number}@example.com>\r\nTo: service@northlight.example\r\nSubject: Lamps\r\n"
    return f"{head}Message-ID: <{number}.{time.time_ns()}@example.com>\r\n\r\n".encode() + body


async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes, expect: bytes) -> None:
    """One command and its reply."""
    writer.write(line)
    while not (reply := await reader.readline()).startswith(expect + b" "):
        if not reply.startswith(expect):
            raise RuntimeError(reply.decode())


async def deliver(port: int, mails: list[bytes], *, keep_open: bool) -> list[float]:
    """Sends over one connection, or a new one for each mail; seconds each took."""
    seconds = []
    reader = writer = None
    for raw in mails:
        began = time.perf_counter()
        if reader is None or writer is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await reader.readline()
            await say(reader, writer, b"EHLO client.example\r\n", b"250")
        await say(reader, writer, b"MAIL FROM:<a@example.com>\r\n", b"250")
        await say(reader, writer, b"RCPT TO:<service@northlight.example>\r\n", b"250")
        await say(reader, writer, b"DATA\r\n", b"354")
        await say(reader, writer, raw + b".\r\n", b"250")
        seconds.append(time.perf_counter() - began)
        if not keep_open:
            writer.close()
            reader = writer = None
    if writer:
        writer.close()
    return seconds


async def rate(port: int, count: int, *, keep_open: bool) -> float:
    """Mails a second over several connections at once."""
    share = [mail(number) for number in range(count // CONNECTIONS)]
    began = time.perf_counter()
    await asyncio.gather(
        *(deliver(port, [mail(n) for n in range(len(share))], keep_open=keep_open) for _ in range(CONNECTIONS))
    )
    return len(share) * CONNECTIONS / (time.perf_counter() - began)


# --- the floor ---------------------------------------------------------------------------------------------


class Floor:
    """aiosmtpd's handler with one raw INSERT and commit for each mail."""

    def __init__(self, url: str) -> None:
        if url.startswith("sqlite"):
            import sqlite3

            self.connection: Any = sqlite3.connect(url.removeprefix("sqlite:///") + ".floor", isolation_level=None)
            self.connection.execute("PRAGMA journal_mode=WAL")
            self.connection.execute("PRAGMA synchronous=NORMAL")
            self.insert, kind = "INSERT INTO floor (sender, recipient, raw) VALUES (?, ?, ?)", "BLOB"
        else:
            import psycopg

            self.connection = psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True)
            self.insert, kind = "INSERT INTO floor (sender, recipient, raw) VALUES (%s, %s, %s)", "BYTEA"
        self.connection.execute(f"CREATE TABLE IF NOT EXISTS floor (sender TEXT, recipient TEXT, raw {kind})")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Durable, then 250."""
        self.connection.execute(self.insert, (envelope.mail_from, envelope.rcpt_tos[0], envelope.content))
        return "250 OK"


def run_floor(port: int, url: str) -> None:
    """The floor's listener, until it is killed."""
    from aiosmtpd.smtp import SMTP

    handler = Floor(url)

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", port)
        await asyncio.Event().wait()

    asyncio.run(serve())


# --- processes ---------------------------------------------------------------------------------------------


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


def free_port() -> int:
    """A port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def row(name: str, *cells: str) -> None:
    """One line of the table."""
    print(f"{name:<44}" + "".join(f"{cell:>14}" for cell in cells), flush=True)


def intake(ours: int, floor: int, count: int) -> None:
    """Both ways of connecting, ours and the floor in turns."""
    row("5 KB mails a second", "ours", "floor", "ratio")
    for name, keep_open in (("new connection per mail", False), ("connections kept open", True)):
        rates: dict[int, list[float]] = {ours: [], floor: []}
        for round_number in range(ROUNDS):
            for port in (ours, floor) if round_number % 2 else (floor, ours):
                rates[port].append(asyncio.run(rate(port, count, keep_open=keep_open)))
        mine, theirs = median(rates[ours]), median(rates[floor])
        ratio = median(a / b for a, b in zip(rates[ours], rates[floor], strict=True))
        row(f"{name}, {CONNECTIONS} at once", f"{mine:.0f}", f"{theirs:.0f}", f"{ratio:.2f}")


async def _beside(port: int) -> list[float]:
    big = mail(0, b"x" * 76 + b"\r\n" + (b"y" * 76 + b"\r\n") * (10 * 1024 * 1024 // 78))
    large = asyncio.create_task(deliver(port, [big] * 5, keep_open=True))
    seconds: list[float] = []
    while not large.done():
        seconds += await deliver(port, [mail(len(seconds))], keep_open=False)
    await large
    return seconds


def beside_big_ones(ours: int) -> None:
    """How long small mails take while 10 MB mails come in."""
    seconds = asyncio.run(_beside(ours))
    p99 = quantiles(seconds, n=100)[98] if len(seconds) > 1 else seconds[0]
    row("small mail beside 10 MB mails, 99th percentile", f"{p99 * 1000:.0f} ms", "", f"n={len(seconds)}")


def drain(env: dict[str, str], count: int) -> None:
    """How fast two workers read and carry out a backlog of mixed mails, receipts and ledger included."""
    import django

    os.environ.update(env, DJANGO_SETTINGS_MODULE="config.settings")
    django.setup()
    from customers.models import Customer, EmailAddress
    from privacy.inbound import mailbox
    from privacy.inbound.mailbox import InboundEmail, Letter

    known = [Customer.objects.create(display_name=f"Ann Lee {n}") for n in range(count // 5)]
    EmailAddress.objects.bulk_create(
        EmailAddress(customer=c, address=f"ann{n}@drain.example", is_primary=True) for n, c in enumerate(known)
    )
    InboundEmail.objects.update(job_state="done")
    letters = []
    for number in range(count):
        raw = mail(number)
        if number % 5 == 0:
            raw = raw.replace(b"@example.com>\r\nTo", b"@drain.example>\r\nTo").replace(
                b"ann%d@" % number, b"ann%d@" % (number // 5)
            )
            raw = raw.replace(b"Subject: Lamps", b"Subject: UNSUBSCRIBE").split(b"\r\n\r\n")[0] + b"\r\n\r\n"
        elif number % 5 == 1:
            raw = raw.replace(b"Subject: Lamps", b"Subject: Away\r\nAuto-Submitted: auto-replied")
        letters.append(Letter(raw, "service@northlight.example", "", "smtp"))
    for start in range(0, count, 500):
        mailbox.accept_all(letters[start : start + 500])
    argv = ["-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "WARNING"]
    with (
        process([*argv, "--without-gossip", "--without-mingle"], env),
        process(["-m", "celery", "-A", "config", "beat", "--pidfile="], env),
    ):
        waiting = InboundEmail.objects.filter(job_state__in=["new", "working"])
        while waiting.count() == count:
            time.sleep(0.05)
        began, first = time.perf_counter(), waiting.count()
        while left := waiting.count():
            time.sleep(0.05)
            if time.perf_counter() - began > 300:
                break
        seconds = time.perf_counter() - began
    acted = InboundEmail.objects.filter(command="unsubscribe", data_subject__isnull=False).count()
    row(f"backlog of {count} mixed mails, 2 workers", f"{(first - left) / seconds:.0f}/s", "", f"{acted} acted")


def main(count: int, parts: list[str]) -> None:
    """The whole table, or the parts named."""
    folder = Path(tempfile.mkdtemp(prefix="mail-", dir="/tmp"))
    sys.path.insert(0, str(ROOT))
    from config.family import broker_program
    from tests.servers import Broker

    url = os.environ.get("DATABASE_URL") or f"sqlite:///{folder}/mail.sqlite3"
    ours, lmtp, floor = free_port(), free_port(), free_port()
    env = os.environ | {
        "VAR_DIR": str(folder),
        "DATABASE_URL": url,
        "ENV_FILE": os.devnull,
        "SWEEP_SECONDS": "1",
        "LOG_LEVEL": "ERROR",
    }
    env |= {"SMTP_PORT": str(ours), "LMTP_PORT": str(lmtp), "EMAIL_URL": f"filemail:///{folder}/outbox"}
    manage = [sys.executable, "manage.py"]
    for words in (["migrate", "-v0"], ["createcachetable"]):
        subprocess.run([*manage, *words], cwd=ROOT, env=env, check=True, capture_output=True)
    broker = Broker(broker_program(), socket_path=folder / "broker.sock")
    broker.start()
    try:
        with ExitStack() as stack:
            stack.enter_context(process(["manage.py", "receive_mail"], env, ours, lmtp))
            stack.enter_context(process(["-m", "benchmarks.mail_intake", "--floor", str(floor), url], env, floor))
            if "intake" in parts:
                intake(ours, floor, count)
            if "beside" in parts:
                beside_big_ones(ours)
        if "drain" in parts:
            drain(env, count)
    finally:
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--floor"]:
        run_floor(int(sys.argv[2]), sys.argv[3])
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 2_000, sys.argv[2:] or ["intake", "beside", "drain"])
