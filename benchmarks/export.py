"""The export of one person with 50, 500, 5,000 and a million rows: JSON, CSV and PDF, beside a plain table of them.

Each figure comes from a process of its own, warm, in processor seconds, because the machine is shared; ours and the
floor take turns, the median stands. Ours is tagged, PDF/A-3a and PDF/UA-1, with cover and nine answers; the floors are
a bare table that is none of this, and are left out above 5,000 rows. The PDF of a million shows the newest 20,000.
"files" is JSON and CSV together. The database is that of DATABASE_URL, or SQLite in a folder of its own.
python -m benchmarks.export [rows ...]
"""
# each way loads only what it needs, so that memory is its own

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._running import as_in_a_shop

SIZES = (50, 500, 5_000, 20_000, 1_000_000)
# Above so many rows the floors take minutes.
FLOORS_UP_TO = 5_000
# So many rows are made one by one, the others copied from them by the database.
MADE = 20_000
# Seconds, megabytes, share of the plain table's time: what the project set itself.
TARGETS = {
    ("files", 50): "0.02 s", ("files", 5_000): "0.2 s", ("files", 1_000_000): "300 MB",
    ("pdf", 50): "0.2 s", ("pdf", 5_000): "0.2 of the plain table, 200 MB", ("pdf", 20_000): "200 MB, linear",
    ("pdf", 1_000_000): "200 MB",
}  # fmt: skip
HERE = Path(__file__).parent.parent
HEADS = ("When", "Kind", "Page or words", "Browser mark", "Shortened IP address")
OURS = ("json", "csv", "files", "pdf")
FLOORS = ("weasyprint", "reportlab")


def line(i: int) -> tuple[str, ...]:
    """One row."""
    return "15 Mar 2020, 12:00", "search", f"winter boots size {i} brown leather", f"v{i:08x}aa", "198.51.100.0"


def rows(count: int) -> list[tuple[str, ...]]:
    """What the floors print: the same words as ours."""
    return [line(i) for i in range(count)]


def plain_table(count: int) -> None:
    """WeasyPrint's plain table: the floor of the target."""
    from weasyprint import HTML

    head = "".join(f"<th>{text}</th>" for text in HEADS)
    body = "".join("<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>" for row in rows(count))
    style = "<style>body{font:9pt 'Noto Sans'}</style>"
    HTML(string=f"{style}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>").write_pdf()


def canvas(count: int) -> None:
    """ReportLab's canvas: how fast untagged lines can be written at all."""
    from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-not-found,import-untyped,unused-ignore]

    paper = Canvas(io.BytesIO())
    for index, row in enumerate(rows(count)):
        paper.drawString(40, 800 - 14 * (index % 54), "  ".join(row))
        if index % 54 == 53:
            paper.showPage()
    paper.save()


class Nowhere(io.RawIOBase):
    """Takes everything and keeps nothing, so that memory is the export's own."""

    def write(self, data: Any) -> int:
        """Some bytes."""
        return len(data)


def of_ours(way: str, count: int) -> Callable[[], None]:
    """Our own code on the customer who has so many rows."""
    as_in_a_shop()
    from customers.models import Customer
    from privacy import documents, export
    from privacy.export.paper import write_pdf
    from privacy.export.writing import write_category_csv, write_json

    customer = Customer.objects.get(source=f"benchmark-{count}")

    def run() -> None:
        copy = export.collect(customer)
        if way in ("json", "files"):
            write_json(copy, Nowhere(), lambda _: None)
        if way in ("csv", "files"):
            for chapter in copy.chapters():
                write_category_csv(chapter, Nowhere(), lambda _: None)
        if way == "pdf":
            write_pdf(copy, Nowhere(), lambda _: None)

    if way == "pdf":
        documents.warm_up()
    return run


def counted(run: Callable[[], None]) -> int:
    """How many queries it takes."""
    from django.db import connection

    queries = [0]

    def count(execute: Any, *given: Any) -> Any:
        queries[0] += 1
        return execute(*given)

    with connection.execute_wrapper(count):
        run()
    return queries[0]


def measure_one(way: str, count: int) -> dict[str, float]:
    """Warm, then measured: processor seconds and the most memory the process ever had."""
    floors: dict[str, Callable[[], None]] = {
        "weasyprint": lambda: plain_table(count),
        "reportlab": lambda: canvas(count),
    }
    run = floors.get(way) or of_ours(way, count)
    if count < 1000:
        run()
    before, begun = time.process_time(), time.monotonic()
    queries = run() if way in floors else counted(run)
    return {
        "queries": queries or 0,
        "cpu": time.process_time() - before,
        "wall": time.monotonic() - begun,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def in_own_process(way: str, count: int, environment: dict[str, str]) -> dict[str, float]:
    """One measurement."""
    argv = [sys.executable, "-m", "benchmarks.export", "--one", way, str(count)]
    done = subprocess.run(argv, cwd=HERE, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def fill(sizes: tuple[int, ...]) -> None:
    """A fresh database with one customer for each size."""
    as_in_a_shop()
    from django.core.management import call_command

    from customers.models import BrowsingRecord
    from tests import make

    call_command("migrate", verbosity=0)
    for size in sizes:
        customer = make.customer(source=f"benchmark-{size}", display_name="Mária Łukasiewicz")
        BrowsingRecord.objects.bulk_create(
            BrowsingRecord(
                customer=customer, visitor_id=mark, kind="search", what=what, at=make.LONG_AGO, ip_address=ip
            )
            for _when, _kind, what, mark, ip in rows(min(size, MADE))
        )
        repeat(BrowsingRecord, customer, size)


def repeat(model: Any, customer: Any, size: int) -> None:
    """Copies this customer's rows in the database until there are so many."""
    from django.db import connection

    columns = ", ".join(column.column for column in model._meta.concrete_fields if not column.primary_key)
    table, have = model._meta.db_table, min(size, MADE)
    with connection.cursor() as cursor:
        while have < size:
            cursor.execute(
                f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE customer_id = %s LIMIT %s",
                [customer.pk, size - have],
            )
            have += cursor.rowcount


def compare(sizes: tuple[int, ...]) -> dict[tuple[str, int], dict[str, float]]:
    """Every way at every size, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        ours = {"DJANGO_SETTINGS_MODULE": "config.settings", "VAR_DIR": folder, "ENV_FILE": os.devnull}
        environment = os.environ | ours | {"LOG_LEVEL": "ERROR"}
        argv = [sys.executable, "-m", "benchmarks.export", "--fill", *map(str, sizes)]
        subprocess.run(argv, cwd=HERE, env=environment, check=True)
        floors = [way for way in FLOORS if way != "reportlab" or find_spec("reportlab")]
        found: dict[tuple[str, int], dict[str, float]] = {}
        for size in sizes:
            ways = [*OURS, *(floors if size <= FLOORS_UP_TO else ())]
            turns = [
                {way: in_own_process(way, size, environment) for way in ways} for _ in range(3 if size < 1000 else 1)
            ]
            for way in ways:
                found[way, size] = {
                    key: median(turn[way][key] for turn in turns) for key in ("cpu", "wall", "mb", "queries")
                }
    return found


def show(found: dict[tuple[str, int], dict[str, float]], sizes: tuple[int, ...]) -> None:
    """One table."""
    print(f"{'rows':>9} {'what':<12} {'cpu s':>8} {'wall s':>8} {'MB':>6} {'queries':>8}  of the plain table; target")
    for size in sizes:
        floor = found.get(("weasyprint", size), {}).get("cpu")
        for (way, rows_), one in found.items():
            if rows_ == size:
                share = f"{one['cpu'] / floor:.2f}" if floor else ""
                print(
                    f"{size:>9} {way:<12} {one['cpu']:>8.3f} {one['wall']:>8.3f} {one['mb']:>6.0f}"
                    f" {one['queries']:>8.0f}  {share:<5} {TARGETS.get((way, size), '')}"
                )


def main(arguments: list[str]) -> Any:
    """Fills, measures one, or compares all."""
    if arguments[:1] == ["--fill"]:
        return fill(tuple(map(int, arguments[1:])))
    if arguments[:1] == ["--one"]:
        return print(json.dumps(measure_one(arguments[1], int(arguments[2]))))
    sizes = tuple(map(int, arguments)) or SIZES
    return show(compare(sizes), sizes)


if __name__ == "__main__":
    main(sys.argv[1:])
