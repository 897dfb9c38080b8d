"""The erasure of one person among many, with few rows or thousands, beside the statements that somebody writes by hand.

"by hand" is one transaction of them, each by index, for the seven tables in which the benchmark has put something, with
the suppression and one line of evidence. "all tables" is the same for every table that may hold something of somebody,
which is what a shop has to write. "same promises" adds to it what an erasure promises besides: the ledger outside the
database, on the disk before anything goes; the last letter; a second reading of every table; on SQLite nothing left in
its log. They take turns with ours in one warm process, the median stands. Then where the time goes, and which big
table was read from end to end, which none may be.
python -m benchmarks.erasure [people ...] [--engine sqlite]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from benchmarks._running import as_in_a_shop
from benchmarks.purge import BASE, BLANKS, DRAWN, TODAY, databases, fill

ROOT = Path(__file__).parent.parent
SIZES = (1_000, 100_000, 1_000_000)
ROWS = (0, 50, 5_000)
WARM, ROUNDS = 8, 15
# What the project set itself: ours of "by hand" for a person of few rows, seconds for one of so many.
TARGETS = {0: "at most 2 x by hand", 50: "0.02 s", 5_000: "0.1 s"}
PARTS = {
    "job": ("plan", "carry_out_for", "_close", "empty_the_write_ahead_log"),
    "job.farewell": ("known_by", "suppress", "tell_recipients", "write_letter", "note", "remove_mail_of"),
    "job.export": ("discard_files",),
}


def by_hand(person: Any) -> None:
    """Her rows, each table by index, in one transaction, with the suppression and one line of evidence."""
    from django.db import connection, transaction

    from privacy import audit, suppression

    blank_order, blank_customer = (text.replace("{drawn}", DRAWN[connection.vendor]) for text in BLANKS)
    with transaction.atomic(), connection.cursor() as cursor:
        suppression.suppress("someone@example.com", reason="erasure")
        for table in ("emailaddress", "address", "newslettersubscription", "browsingrecord"):
            cursor.execute(f"DELETE FROM customers_{table} WHERE customer_id = %s", [person.pk])
        cursor.execute(f"UPDATE customers_order SET {blank_order} WHERE customer_id = %s", [person.pk])
        cursor.execute(f"UPDATE customers_customer SET {blank_customer} WHERE id = %s", [person.pk])
        audit.record("erasure.done", actor="system:benchmark")


def all_tables(person: Any) -> None:
    """The same for every table that may hold something of her, without knowing which do."""
    from django.db import transaction

    from privacy import audit, suppression
    from privacy.append_only import end_of_retention
    from privacy.consent import ConsentEntry

    with transaction.atomic(), end_of_retention(ConsentEntry):
        suppression.suppress("someone@example.com", reason="erasure")
        for statement in _written("removal"):
            statement.run(person)
        audit.record("erasure.done", actor="system:benchmark")


@cache
def _written(what: str) -> list[Any]:
    """One plain statement for each table, or one to count what is left in it; none asks for holds or references."""
    from django.db.models import Count

    from privacy import data_subjects, one_person
    from privacy.erasure.conditions import is_over, outlives_a_wish
    from privacy.personal_data import Anonymise, declarations

    person, found = data_subjects.model(), []
    for said in declarations():
        if said.data_subject:
            rows = said.of(one_person.stand_in(person)).order_by()
            rows = rows.filter(is_over(said, TODAY)) if outlives_a_wish(said) else rows
            if what == "count":
                found.append(one_person.asked(person, [one_person.written(rows.annotate(n=Count("pk")).values("n"))]))
            elif isinstance(said.final(), Anonymise):
                found.append(one_person.overheard(person, partial(_blank, said, rows)))
            else:
                found.append(one_person.overheard(person, partial(_delete, rows)))
    return found


def _blank(said: Any, rows: Any, _nobody: Any) -> None:
    rows.update(**said.blanks())


def _delete(rows: Any, _nobody: Any) -> None:
    rows._raw_delete(rows.db)


def same_promises(person: Any) -> None:
    """The same, and what must be true before and after."""
    from django.db import connection

    from privacy import erasure_ledger, notices

    now, number = datetime.now(UTC), f"benchmark-{person.pk}"
    erasure_ledger.note(erasure_ledger.Erased(number), erasure=number, now=now)
    context = {"kept": [], "held": False, "goes": True, "certified": False, "told": []}
    notices.send("erasure_done", f"{number}@example.com", key=number, context=context, now=now)
    all_tables(person)
    for question in _written("count"):
        question.rows(person)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def ours(person: Any) -> None:
    """The whole erasure: plan, letter, ledger, files, every declaration, second reading, report."""
    from privacy import erasure

    erasure.erase(person, today=TODAY, actor="system:benchmark")


WAYS: dict[str, Callable[[Any], None]] = {
    "by hand": by_hand, "all tables": all_tables, "same promises": same_promises, "ours": ours,
}  # fmt: skip


def people(count: int) -> Iterator[Any]:
    """People of the crowd who may be erased: neither held nor used before, each with so many visits."""
    from customers.models import BrowsingRecord, Customer
    from tests import make

    taken = _taken
    while True:
        taken[0] += 2 if taken[0] % 100 == 0 else 1  # the one after each hundred is held
        person = Customer.objects.get(pk=BASE + taken[0])
        BrowsingRecord.objects.bulk_create(
            BrowsingRecord(customer=person, visitor_id=f"v{i}", kind="search", what="winter boots", at=make.LONG_AGO)
            for i in range(count)
        )
        yield person


_taken = [0]


@contextmanager
def clocks(spent: dict[str, float]) -> Iterator[None]:
    """Adds up how long each part of ours takes."""
    from privacy.erasure import job

    undo = []
    for owner_name, names in PARTS.items():
        owner: Any = job
        for step in owner_name.split(".")[1:]:
            owner = getattr(owner, step)
        for name in names:
            real = getattr(owner, name)

            def timed(*given: Any, _real: Any = real, _name: str = name, **named: Any) -> Any:
                begun = time.perf_counter()
                try:
                    return _real(*given, **named)
                finally:
                    spent[_name] += time.perf_counter() - begun

            setattr(owner, name, timed)
            undo.append((owner, name, real))
    try:
        yield
    finally:
        for owner, name, real in undo:
            setattr(owner, name, real)


def read_from_end_to_end(person: Any, count: int) -> list[str]:
    """Tables of at least so many rows that ours does not go into by an index."""
    from django.db import connection

    if connection.vendor == "postgresql":
        before = _scans(count)
        ours(person)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_force_next_flush()")
        return sorted(table for table, scans in _scans(count).items() if scans > before.get(table, 0))
    said: list[str] = []
    connection.connection.set_trace_callback(said.append)
    ours(person)
    connection.connection.set_trace_callback(None)
    return _scanned_by_sqlite(said, count)


def _scans(count: int) -> dict[str, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT relname, seq_scan FROM pg_stat_user_tables WHERE n_live_tup >= %s", [count])
        return dict(cursor.fetchall())


def _scanned_by_sqlite(said: list[str], count: int) -> list[str]:
    from django.db import connection

    found = set()
    with connection.cursor() as cursor:
        for sql in said:
            if sql.split(" ", 1)[0] in ("SELECT", "DELETE", "UPDATE"):
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}".replace("%", "%%"), [])
                found |= {row[3].split()[1] for row in cursor.fetchall() if row[3].startswith("SCAN ")}
        tables = {name for name in connection.introspection.table_names(cursor) if name in found}
        return sorted(t for t in tables if cursor.execute(f"SELECT COUNT(*) FROM {t}").fetchone()[0] >= count)


def measure(count: int) -> dict[str, Any]:
    """Fills, warms up, measures."""
    as_in_a_shop()
    fill(count)
    result: dict[str, Any] = {"ways": {}}
    for rows in ROWS:
        crowd, took = people(rows), defaultdict(list)
        spent: dict[str, float] = defaultdict(float)
        for number in range(-(WARM if rows == 0 else 2), ROUNDS if rows < 1_000 else 7):
            for way, verb in WAYS.items():
                person = next(crowd)
                with clocks(spent if way == "ours" and number >= 0 else defaultdict(float)):
                    begun = time.perf_counter()
                    verb(person)
                    took[way].append((number, time.perf_counter() - begun))
        taken = {way: [seconds for number, seconds in all_ if number >= 0] for way, all_ in took.items()}
        result["ways"][rows] = {way: statistics.median(seconds) for way, seconds in taken.items()}
        result[f"parts {rows}"] = {name: total / len(taken["ours"]) for name, total in spent.items()}
        result[f"mean {rows}"] = statistics.mean(taken["ours"])
    result["scanned"] = read_from_end_to_end(next(people(0)), max(count, 1_000) * 9 // 10)
    return result


def show(engine: str, count: int, result: dict[str, Any]) -> None:
    """Its lines of the table."""
    for rows, ways in result["ways"].items():
        full = ways["ours"]
        took = "".join(f"{ways[way] * 1000:>10.1f}" for way in WAYS)
        shares = "".join(f"{full / ways[way]:>7.2f}" for way in WAYS if way != "ours")
        print(f"{engine:<11}{count:>10,}{rows:>7}{took}{shares}   {TARGETS[int(rows)]}")
        parts = sorted(result[f"parts {rows}"].items(), key=lambda part: -part[1])
        whole = result[f"mean {rows}"]
        print("            of it: " + ", ".join(f"{name} {seconds / whole:.0%}" for name, seconds in parts))
    print(f"            read from end to end: {', '.join(result['scanned']) or 'none of the big tables'}", flush=True)


def main() -> None:
    """Every engine and size asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("people", nargs="*", type=int, default=list(SIZES))
    parser.add_argument("--engine", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.people[0])))
        return
    print("engine         people   rows   by hand all tables  promises  ours, ms, and ours of each   target")
    for engine in ("postgresql", "sqlite") if options.engine == "both" else (options.engine,):
        with databases(engine) as fresh:
            for number, count in enumerate(options.people):
                environment = fresh(number) | {"CELERY_BROKER_URL": "memory://"}
                environment["ERASURE_LEDGER_FILE"] = f"{environment['VAR_DIR']}/ledger{number}/erasures.log"
                argv = [sys.executable, "-m", "benchmarks.erasure", "--one", str(count)]
                done = subprocess.run(argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
                show(engine, count, json.loads(done.stdout.splitlines()[-1]))
                os.sync()


if __name__ == "__main__":
    main()
