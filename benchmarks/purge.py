"""The nightly purge of many people beside batched raw SQL that does the same.

Each person has an email and a postal address, a newsletter, an order past its six years and a consent, and was warned
two months ago; one in twenty was active lately and stays, one in a hundred is held. Both ways leave the same evidence,
take turns, each in a process of its own on a database filled alike; the median stands.
python -m benchmarks.purge [people ...] [--engine sqlite]
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks._running import as_in_a_shop

ROOT = Path(__file__).parent.parent
SIZES = (1_000, 10_000, 100_000)
ROUNDS = 3
TODAY = date(2026, 11, 30)
WARNED = datetime(2026, 10, 1, tzinfo=UTC)
BATCH = 2_000
BASE = 1_000_000
HELD = (
    "EXISTS (SELECT 1 FROM privacy_restriction r "
    "WHERE r.data_subject_id = {who} AND r.scope = '' AND r.lifted_at IS NULL)"
)
WAS_WARNED = (
    "EXISTS (SELECT 1 FROM privacy_inactivitywarning w WHERE w.data_subject_id = {person}.id "
    "AND w.left_at < '2026-10-31' AND w.written_at > {person}.last_active_at)"
)


# --- a database of many ----------------------------------------------------------------------------------


def fill(people: int) -> None:
    """One row of each kind, then copies of it, by the database itself."""
    from django.core.management import call_command
    from django.db import connection

    from customers.models import Address, Customer, EmailAddress, NewsletterSubscription, Order
    from privacy.consent import ConsentEntry
    from privacy.purge import InactivityWarning
    from privacy.restrictions import Restriction
    from tests import make, purging

    call_command("migrate", verbosity=0)
    mary = make.customer(last_active_at=make.LONG_AGO)
    make.address(mary), make.newsletter(mary), make.order(mary), make.grant(mary), make.restriction(mary)
    make.inactivity_warning(mary, written_at=WARNED, left_at=WARNED)
    long_ago = "datetime('2020-03-15 12:00:00', '+' || n || ' seconds')"
    lately = f"CASE WHEN n % 20 = 0 THEN '2026-11-01 12:00:00' ELSE {long_ago} END"
    if connection.vendor == "postgresql":
        long_ago = "timestamptz '2020-03-15 12:00:00+00' + n * interval '1 second'"
        lately = f"CASE WHEN n % 20 = 0 THEN timestamptz '2026-11-01 12:00:00+00' ELSE {long_ago} END"
    copies: list[tuple[Any, dict[str, str], str]] = [
        (Customer, {"number": "'c' || n", "last_active_at": lately}, ""),
        (EmailAddress, {"address": "'p' || n || '@example.com'"}, ""),
        (Address, {}, ""),
        (NewsletterSubscription, {}, ""),
        (Order, {"number": "'o' || n"}, ""),
        (ConsentEntry, {}, ""),
        (Restriction, {"lifted_at": "NULL", "lifted_by": "''"}, "AND n % 100 = 1"),
        (InactivityWarning, {}, ""),
    ]
    with connection.cursor() as cursor:
        for model, changes, only in copies:
            cursor.execute(copy_of(connection.vendor, model, changes, only, people))
        cursor.execute("ANALYZE")
    purging.agreed(TODAY)


def copy_of(vendor: str, model: Any, changes: dict[str, str], only: str, people: int) -> str:
    """The statement that copies a model's one row for each person."""
    changes = {"id": f"{BASE} + n", "customer_id": f"{BASE} + n", "data_subject_id": f"{BASE} + n"} | changes
    columns = [column.column for column in model._meta.concrete_fields]
    values = ", ".join(changes.get(name, f't."{name}"') for name in columns)
    names, table = ", ".join(f'"{name}"' for name in columns), model._meta.db_table
    first = f"(SELECT * FROM {table} ORDER BY id LIMIT 1) t"
    if vendor == "postgresql":
        numbers = f"generate_series(1, {people}) n"
        return f"INSERT INTO {table} ({names}) SELECT {values} FROM {first}, {numbers} WHERE TRUE {only}"
    numbers = f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {people})"
    return f"INSERT INTO {table} ({names}) {numbers} SELECT {values} FROM {first}, s WHERE TRUE {only}"


# --- two ways --------------------------------------------------------------------------------------------

OF_INACTIVE = "JOIN customers_customer c ON c.id = t.customer_id"
LONG = f"c.last_active_at < '2023-11-30' AND {WAS_WARNED.format(person='c')}"
DRAWN = {"postgresql": "replace(gen_random_uuid()::text, '-', '')", "sqlite": "lower(hex(randomblob(16)))"}
BLANK_CUSTOMER = (
    "number = 'erased-' || {drawn}, display_name = '', given_name = '', family_name = '', phone = '', "
    "date_of_birth = NULL, sex = '', size = '', health_note = '', source = ''"
)
BLANK_ORDER = "number = 'erased-' || {drawn}, bill_to = '', ship_to = '', ip_address = NULL, gift_message = ''"
BLANKS = (BLANK_ORDER, BLANK_CUSTOMER)
STEPS = [
    ("customers_emailaddress", OF_INACTIVE, LONG, "t.customer_id", "DELETE FROM customers_emailaddress"),
    ("customers_address", OF_INACTIVE, LONG, "t.customer_id", "DELETE FROM customers_address"),
    ("customers_newslettersubscription", "", "t.requested_at < '2023-11-30'", "t.customer_id",
     "DELETE FROM customers_newslettersubscription"),
    ("customers_order", "", "t.placed_on < '2020-11-30' AND t.number NOT LIKE 'erased-%%'", "t.customer_id",
     f"UPDATE customers_order SET {BLANK_ORDER}"),
    ("customers_customer", "", "t.last_active_at < '2023-11-30' AND t.number NOT LIKE 'erased-%%' AND "
     + WAS_WARNED.format(person="t"), "t.id",
     f"UPDATE customers_customer SET {BLANK_CUSTOMER}"),
    ("privacy_consententry", "JOIN customers_customer c ON c.id = t.data_subject_id",
     "t.occurred_at < '2020-11-30' AND c.number LIKE 'erased-%%'", "t.data_subject_id",
     "DELETE FROM privacy_consententry"),
]  # fmt: skip


def raw() -> None:
    """Statements by hand, batch by batch along the primary key, holds in the statement, evidence in the transaction."""
    from django.db import connection, transaction

    from privacy.append_only import end_of_retention
    from privacy.consent import ConsentEntry
    from privacy.purge import PurgeLine, PurgeRun

    run = PurgeRun.objects.create(today=TODAY)
    for table, join, due, who, blank in STEPS:
        line, after = PurgeLine.objects.create(run=run, model=table), 0
        action = blank.replace("{drawn}", DRAWN[connection.vendor])
        rows = f"SELECT t.id FROM {table} t {join} WHERE t.id > %s AND {due}"
        while after is not None:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SELECT MAX(id) FROM ({rows} ORDER BY t.id LIMIT {BATCH}) q", [after])
                (last,) = cursor.fetchone()
                if last is not None:
                    victims = f"{rows} AND t.id <= %s AND NOT {HELD.format(who=who)}"
                    if table == ConsentEntry._meta.db_table:
                        with end_of_retention(ConsentEntry):
                            cursor.execute(f"{action} WHERE id IN ({victims})", [after, last])
                    else:
                        cursor.execute(f"{action} WHERE id IN ({victims})", [after, last])
                    gone = cursor.rowcount
                    cursor.execute(
                        "INSERT INTO privacy_purgebatch (line_id, at, removed) VALUES (%s, CURRENT_TIMESTAMP, %s)",
                        [line.pk, gone],
                    )
                after = last


def ours() -> None:
    """The purge as every night, brakes included, which two people have let it pass."""
    from privacy.purge import purge

    lines = purge(today=TODAY)
    assert not [line.model for line in lines if line.error]


def left() -> dict[str, int]:
    """What is still there, to see that both ways did the same."""
    from django.db import connection

    counts = {}
    with connection.cursor() as cursor:
        for table in [step[0] for step in STEPS]:
            blank = "WHERE number NOT LIKE 'erased-%%'" if table in ("customers_order", "customers_customer") else ""
            cursor.execute(f"SELECT COUNT(*) FROM {table} {blank}", [])
            counts[table] = cursor.fetchone()[0]
    return counts


def measure(way: str, people: int) -> dict[str, Any]:
    """Fills, measures one way, and counts what is left."""
    as_in_a_shop()
    fill(people)
    begun, worked = time.monotonic(), time.process_time()
    {"raw": raw, "ours": ours}[way]()
    seconds, cpu = time.monotonic() - begun, time.process_time() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "cpu": cpu, "mb": memory, "left": left()}


# --- the table -------------------------------------------------------------------------------------------


@contextmanager
def databases(engine: str) -> Iterator[Any]:
    """Gives a function that makes the environment of a fresh, empty database."""
    with tempfile.TemporaryDirectory() as folder:
        common = os.environ | {
            "VAR_DIR": folder,
            "ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "ERROR",
        }

        def own(number: int) -> dict[str, str]:
            """A ledger for each: a database beside the ledger of another would be a restored one."""
            return common | {"ERASURE_LEDGER_FILE": f"{folder}/ledger{number}/erasures.log"}

        if engine == "sqlite":
            yield lambda number: own(number) | {"DATABASE_URL": f"sqlite:///{folder}/{number}.sqlite3"}
            return
        import psycopg

        from tests.servers import PostgreSQL

        server = PostgreSQL()
        server.start()

        def fresh(number: int) -> dict[str, str]:
            with psycopg.connect(server.url, autocommit=True) as administrator:
                administrator.execute(f"CREATE DATABASE purge{number}".encode())
            return own(number) | {"DATABASE_URL": server.url.rsplit("/", 1)[0] + f"/purge{number}"}

        try:
            yield fresh
        finally:
            server.remove()


def in_own_process(way: str, people: int, environment: dict[str, str]) -> dict[str, Any]:
    """One measurement."""
    argv = [sys.executable, "-m", "benchmarks.purge", "--one", way, str(people)]
    done = subprocess.run(argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def compare(engine: str, people: int, fresh: Any, counter: Iterator[int]) -> None:
    """Both ways in turn, and one line of the table."""
    results: dict[str, list[dict[str, Any]]] = {"raw": [], "ours": []}
    for _ in range(ROUNDS if people < 100_000 else 2 if people < 1_000_000 else 1):
        for way, found in results.items():
            found.append(in_own_process(way, people, fresh(next(counter))))
    assert results["raw"][0]["left"] == results["ours"][0]["left"], "both ways must leave the same"
    hand, full = (statistics.median(r["seconds"] for r in results[way]) for way in ("raw", "ours"))
    # On SQLite all the work is this process's own, and its processor time does not mind who else is busy.
    raw_cpu, our_cpu = (statistics.median(r["cpu"] for r in results[way]) for way in ("raw", "ours"))
    work = f"{our_cpu / raw_cpu:>7.2f}" if engine == "sqlite" else f"{'':>7}"
    mb = max(r["mb"] for r in results["ours"])
    print(
        f"{engine:<11}{people:>9,}{hand:>9.2f}{full:>9.2f}{full / hand:>7.2f}{work}{people / full:>11,.0f}{mb:>7.0f}",
        flush=True,
    )


def main() -> None:
    """Every engine and size asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("people", nargs="*", type=int, default=list(SIZES))
    parser.add_argument("--engine", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--one", choices=["raw", "ours"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one, options.people[0])))
        return
    print("engine        people  raw, s  ours, s  ratio    cpu   people/s     MB")
    for engine in ("postgresql", "sqlite") if options.engine == "both" else (options.engine,):
        with databases(engine) as fresh:
            counter = iter(range(1_000))
            for people in options.people:
                compare(engine, people, fresh, counter)


if __name__ == "__main__":
    main()
