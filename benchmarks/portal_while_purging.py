"""How slow do the portal's pages get while 100,000 people are purged? Beside one raw transaction that does the same.

On a PostgreSQL of its own: a signed-in customer asks for her pages, at most fifty times a second, first while nothing
else runs, then while the purge does. The 99th percentile may be twice that of the quiet time; both ways start from a
database filled alike. python -m benchmarks.portal_while_purging [people]
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from itertools import count, cycle
from statistics import quantiles
from typing import Any

from benchmarks import purge
from benchmarks._running import as_in_a_shop, free_port, process, row

PEOPLE = 100_000
QUIET_SECONDS = 20
PACE_SECONDS = 0.02
PAGES = ("/account/", "/account/preferences/", "/account/requests/", "/account/sharing/")
TARGET = 2.0


def prepare(people: int) -> None:
    """Fills the database and prints the cookie of a customer who stays."""
    as_in_a_shop()
    from django.core.management import call_command

    from customers.models import Session
    from tests import make
    from tests.portal import sign_in

    purge.fill(people)
    call_command("createcachetable")
    browser = sign_in(make.customer(login=True))
    Session.objects.update(expire_date=datetime(2030, 1, 1, tzinfo=UTC))  # the purge's day lies ahead of the clock's
    print(json.dumps({morsel.key: morsel.value for morsel in browser.cookies.values()}))


def in_one_transaction() -> None:
    """What a script by hand would do: every statement over all rows, committed together."""
    from django.db import connection, transaction

    from privacy.append_only import end_of_retention
    from privacy.consent import ConsentEntry

    with transaction.atomic(), connection.cursor() as cursor, end_of_retention(ConsentEntry):
        for table, join, due, who, blank in purge.STEPS:
            action = blank.replace("{drawn}", purge.DRAWN[connection.vendor])
            free = f"{due} AND NOT {purge.HELD.format(who=who)}"
            cursor.execute(f"{action} WHERE id IN (SELECT t.id FROM {table} t {join} WHERE {free})", [])


WAYS: dict[str, Callable[[], None]] = {"ours": purge.ours, "one raw transaction": in_one_transaction}


def run_way(name: str) -> None:
    """One way, in this process."""
    as_in_a_shop()
    WAYS[name]()


def asked(port: int, cookie: str, goes_on: Callable[[], bool]) -> list[float]:
    """How long each answer took, in milliseconds, one after the other."""
    took: list[float] = []
    for page in cycle(PAGES):
        if not goes_on():
            return took
        begun = time.perf_counter()
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", page, headers={"Cookie": cookie, "Host": "localhost"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == 200, f"{page}: {answer.status}"
        took.append((time.perf_counter() - begun) * 1000)
        time.sleep(max(0.0, PACE_SECONDS - took[-1] / 1000))
    return took


def percentiles(took: list[float]) -> tuple[float, float]:
    """The middle and the 99th of a hundred."""
    cuts = quantiles(took, n=100)
    return cuts[49], cuts[98]


def seconds_from_now(seconds: float) -> Callable[[], bool]:
    """True until then."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def compare(name: str, people: int, environment: dict[str, str]) -> None:
    """Quiet, then beside the purge; one line of the table."""
    argv = [sys.executable, "-m", "benchmarks.portal_while_purging"]
    filled = subprocess.check_output([*argv, "--prepare", str(people)], cwd=purge.ROOT, env=environment, text=True)
    cookie = "; ".join(f"{key}={value}" for key, value in json.loads(filled.splitlines()[-1]).items())
    port = free_port()
    web = ["-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--no-control-socket"]
    with process(web, environment, port):
        asked(port, cookie, seconds_from_now(5))
        quiet = asked(port, cookie, seconds_from_now(QUIET_SECONDS))
        begun = time.monotonic()
        with subprocess.Popen([*argv, "--way", name], cwd=purge.ROOT, env=environment) as child:
            busy = asked(port, cookie, lambda: child.poll() is None)
        seconds = time.monotonic() - begun
    assert child.returncode == 0, f"{name} ended with {child.returncode}"
    (middle, slow), (middle_busy, slow_busy) = percentiles(quiet), percentiles(busy)
    figures = [f"{value:.1f}" for value in (middle, slow, middle_busy, slow_busy)]
    row(name, f"{seconds:.0f}", *figures, f"{slow_busy / slow:.2f}")


def databases() -> Iterator[dict[str, str]]:
    """The environment of one fresh database after the other."""
    with purge.databases("postgresql") as fresh:
        for number in count():
            yield fresh(number)


def main() -> Any:
    """Both ways, or one part in a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("people", nargs="?", type=int, default=PEOPLE)
    parser.add_argument("--prepare", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        return prepare(options.prepare)
    if options.way:
        return run_way(options.way)
    row("milliseconds; the ratio may be 2", "purge, s", "quiet p50", "quiet p99", "busy p50", "busy p99", "ratio")
    for name, environment in zip(WAYS, databases(), strict=False):
        compare(name, options.people, environment | {"DEBUG": os.environ.get("DEBUG", "1")})
    return None


if __name__ == "__main__":
    main()
