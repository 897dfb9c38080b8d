"""Mail in over SMTP, each mail durable before its 250, beside aiosmtpd with one raw INSERT and commit a mail.

Ours also encrypts, finds repetitions and tells the workers. Both listeners run as processes of their own on the same
database, a PostgreSQL of the benchmark's own unless DATABASE_URL names one; they take turns in the same run, and the
median of the rounds stands. Then: small mails while 10 MB mails come in, from the 250 to the effect when idle, mails
judged in one process, and how fast two workers carry out a backlog of mixed mails until its last receipt has left.
python -m benchmarks.mail_intake [mails [intake] [beside] [idle] [judged] [drain]]
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks import _drain, _mails
from benchmarks._running import ROOT, free_port, process, row

ROUNDS = 5
CONNECTIONS = 8
PARTS = ["intake", "beside", "idle", "judged", "drain"]


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
    first = time.time_ns()
    shares = [
        [_mails.small(first + n * CONNECTIONS + c) for n in range(count // CONNECTIONS)] for c in range(CONNECTIONS)
    ]
    began = time.perf_counter()
    await asyncio.gather(*(deliver(port, share, keep_open=keep_open) for share in shares))
    return sum(map(len, shares)) / (time.perf_counter() - began)


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
    large = asyncio.create_task(deliver(port, [_mails.small(time.time_ns(), 10 * 1024)] * 5, keep_open=True))
    small = [_mails.small(time.time_ns() + n) for n in range(5000)]
    seconds: list[float] = []
    while not large.done():
        seconds += await deliver(port, [small.pop()], keep_open=False)
    await large
    return seconds


def beside_big_ones(ours: int, floor: int) -> None:
    """How long small mails take while 10 MB mails come in."""
    times = [asyncio.run(_beside(port)) for port in (ours, floor)]
    cells = [f"{quantiles([*seconds, *seconds], n=100)[98] * 1000:.0f} ms" for seconds in times]
    row("small mail beside 10 MB mails, 99th percentile", *cells, f"n={len(times[0])}")


def main(count: int, parts: list[str]) -> None:
    """The whole table, or the parts named."""
    folder = Path(tempfile.mkdtemp(prefix="mail-", dir="/tmp"))
    sys.path.insert(0, str(ROOT))
    from config.family import broker_program
    from tests.servers import Broker

    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        url = os.environ.get("DATABASE_URL") or _postgresql(stack) or f"sqlite:///{folder}/mail.sqlite3"
        print(f"database: {url.partition(':')[0]}", flush=True)
        ours, lmtp, floor = free_port(), free_port(), free_port()
        env = os.environ | {"VAR_DIR": str(folder), "DATABASE_URL": url, "ENV_FILE": os.devnull, "LOG_LEVEL": "ERROR"}
        env |= {"SMTP_PORT": str(ours), "LMTP_PORT": str(lmtp), "EMAIL_URL": f"filemail:///{folder}/outbox"}
        for words in (["migrate", "-v0"], ["createcachetable"]):
            subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=env, check=True, capture_output=True)
        broker = Broker(broker_program(), socket_path=folder / "broker.sock")
        stack.callback(broker.stop)
        broker.start()
        listener = stack.enter_context(ExitStack())
        listener.enter_context(process(["manage.py", "receive_mail"], env, ours, lmtp))
        listener.enter_context(process(["-m", "benchmarks.mail_intake", "--floor", str(floor), url], env, floor))
        if "intake" in parts:
            intake(ours, floor, min(count, 2000))
        if "beside" in parts:
            beside_big_ones(ours, floor)
        if {"idle", "judged", "drain"} & set(parts):
            _with_django(env, ours, count, parts, listener)


def _postgresql(stack: ExitStack) -> str:
    """A server of our own that waits for the disk at every commit; empty where there is none."""
    from tests.servers import PostgreSQL

    try:
        server = PostgreSQL()
    except FileNotFoundError:
        return ""
    stack.callback(server.remove)
    server.start(durable=True)
    return server.url


def _with_django(env: dict[str, str], ours: int, count: int, parts: list[str], listener: ExitStack) -> None:
    import django

    os.environ.update(env, DJANGO_SETTINGS_MODULE="config.settings")
    django.setup()
    known = max(count // 4, 20)
    _drain.nothing_waits()
    _drain.customers(known)
    mails = _mails.backlog(count, known)
    if "idle" in parts:
        with _drain.workers(env):
            time.sleep(5)
            _drain.until_effect(deliver, ours)
    listener.close()
    if "judged" in parts:
        _drain.judged(mails)
    if "drain" in parts:
        _drain.drain(env, mails)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--floor"]:
        run_floor(int(sys.argv[2]), sys.argv[3])
    else:
        main(
            int(sys.argv[1]) if sys.argv[1:] else 10_000,
            sys.argv[2:] or ["intake", "beside", "idle", "judged", "drain"],
        )
