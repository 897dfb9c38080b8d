"""Pages of the staff's queue beside Django's stock changelist on the same rows, in the same run, taking turns.

Each page is a whole request by a signed-in officer: session, rights, rows, template. The ratio to the stock list's
first page is what counts (at most 0.35), and the queries (at most 10). On SQLite, then on a PostgreSQL of its own.
python -m benchmarks.queue_page [cases, 100000 by default, up to 1000000] [postgresql]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import types
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._running import as_in_a_shop

ROOT = Path(__file__).parent.parent
ROUNDS = 7
BATCH = 5_000
QUEUE, STOCK = "/admin/privacy/datasubjectrequest/", "/stock/privacy/datasubjectrequest/"
TARGET = 0.35


def main(cases: int) -> int:
    """Each engine in a process of its own, because the settings are read once."""
    if "postgresql" not in sys.argv:
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            run("SQLite", cases, {"VAR_DIR": folder})
    return on_postgresql(cases)


def on_postgresql(cases: int) -> int:
    """The same there, or a line that says why not."""
    from tests.servers import PostgreSQL

    try:
        server = PostgreSQL()
    except FileNotFoundError as error:
        print(f"not on PostgreSQL: {error}")
        return 0
    try:
        server.start()
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            return run("PostgreSQL", cases, {"VAR_DIR": folder, "DATABASE_URL": server.url})
    finally:
        server.remove()


def run(engine: str, cases: int, extra: dict[str, str]) -> int:
    """One child with its own database."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
    environment |= extra | {"ENV_FILE": os.devnull, "LOG_LEVEL": "ERROR", "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment |= {"OFFICE_BENCHMARK": engine}
    argv = [sys.executable, "-m", "benchmarks.queue_page", str(cases)]
    return subprocess.run(argv, cwd=ROOT, env=environment, check=True).returncode


def measure(engine: str, cases: int) -> None:
    """Fills the database, then lets both lists take turns."""
    as_in_a_shop()
    from django.core.management import call_command
    from django.utils import timezone

    from privacy import figures

    call_command("migrate", verbosity=0)
    call_command("createcachetable")
    began = time.perf_counter()
    officer = fill(cases)
    print(f"\n{engine}: {cases:,} cases, filled in {time.perf_counter() - began:.0f} s, median of {ROUNDS} rounds")
    began = time.perf_counter()
    kept = figures.count(timezone.now())
    print(f"figures counted in {time.perf_counter() - began:.1f} s, {kept:,} numbers kept")
    table(timings(pages(cases), browser_of(officer)))


def fill(cases: int) -> Any:
    """So many cases of a tenth as many people, one in five open, half of those in somebody's hands."""
    from django.conf import settings
    from django.db import connection
    from django.utils import timezone

    from customers.models import Account, Customer
    from customers.numbers import with_check_digit
    from privacy import audit, roles, training
    from privacy.subject_requests import DataSubjectRequest as Case

    staff = [{"email": f"b{n}@northlight.example", "staff_name": f"B{n}", "is_superuser": n == 1} for n in range(20)]
    team = [Account(is_staff=True, **one) for one in staff]
    team = Account.objects.bulk_create(team)
    officer = team[0]
    officer.groups.add(roles.Group.objects.get(name=roles.OFFICER))
    audit.record("staff.confidentiality", actor=officer, target=officer)
    training.record(officer, "Data protection", timezone.localdate(), actor=team[1])
    training.acknowledge(officer)
    people = max(cases // 10, 1)
    Customer.objects.bulk_create(
        (Customer(number=with_check_digit(10_000_000 + n), display_name=f"Person {n}") for n in range(people)),
        batch_size=BATCH,
    )
    first = Customer.objects.order_by("pk").values_list("pk", flat=True)[0]
    now, today, kinds = timezone.now(), timezone.localdate(), list(roles_of_rights())
    Case.objects.bulk_create(
        (
            Case(
                # Numbers drawn by lot meet one another once in a million cases or so.
                reference=f"{settings.CASE_PREFIX}-{n:08d}", jurisdiction="GB",
                data_subject_id=first + n % people, kind=kinds[n % len(kinds)],
                state="in_progress" if n % 5 == 0 else "refused",
                denial_reason="" if n % 5 == 0 else "other",
                due_on=today + timedelta(days=30 - n * 1_500 // cases),
                next_promise_on=today + timedelta(days=30 - n * 1_500 // cases - (20 if n % 50 == 0 else 0)),
                next_promise="acknowledgement" if n % 50 == 0 else "", packs=["SafeBuy"],
                received_at=now - timedelta(days=n * 1_500 / cases),
                closed_at=None if n % 5 == 0 else now - timedelta(days=n * 1_400 / cases),
                assignee=team[n // 10 % 20] if n % 10 == 0 else None,
            )
            for n in range(cases)
        ),
        batch_size=BATCH,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return officer


def roles_of_rights() -> Iterator[str]:
    """The kinds of request."""
    from privacy import rights

    yield from rights.REGISTER


def browser_of(officer: Any) -> Any:
    """A client that is signed in, with Django's own list of the same table mounted beside ours."""
    from django.conf import settings
    from django.contrib import admin
    from django.test import Client
    from django.urls import path

    import config.urls
    from privacy.subject_requests import DataSubjectRequest as Case

    class Stock(admin.ModelAdmin):
        list_display = ("reference", "data_subject", "kind", "received_at", "due_on", "state", "assignee")
        list_filter = ("state", "kind")
        search_fields = ("reference",)

        def has_view_permission(self, request: Any, obj: Any = None) -> bool:
            return True

    stock = admin.AdminSite("stock")
    stock.register(Case, Stock)
    urls = types.ModuleType("benchmarks.urls")
    urls.urlpatterns = [path("stock/", stock.urls), *config.urls.urlpatterns]
    sys.modules["benchmarks.urls"] = urls
    settings.ROOT_URLCONF, settings.ALLOWED_HOSTS = "benchmarks.urls", ["testserver"]
    client = Client()
    client.force_login(officer)
    return client


def pages(cases: int) -> dict[str, str]:
    """What is asked for, by name; the first is the measure of the others."""
    from django.utils import timezone

    from privacy.subject_requests import DataSubjectRequest as Case

    def deep(**only: Any) -> str:
        rows = Case.objects.filter(**only).order_by("next_promise_on", "pk").values_list("next_promise_on", "pk")
        row = rows[int(rows.count() * 0.97)]
        return urlsafe_b64encode(json.dumps([row[0].isoformat(), row[1]]).encode()).decode().rstrip("=")

    long_ago = f"{timezone.localdate() - timedelta(days=59 * 30):%Y-%m}"
    some = Case.objects.select_related("data_subject").first()
    assert some
    return {
        "stock, first page": STOCK,
        "stock, deep page": f"{STOCK}?p={int(cases / 100 * 0.97) or 1}",
        "open, first page": QUEUE,
        "open, deep page": f"{QUEUE}?after={deep(closed_at=None)}",
        "all, first page": f"{QUEUE}?state=all",
        "all, deep page": f"{QUEUE}?state=all&after={deep()}",
        "mine": f"{QUEUE}?whose=mine",
        "unassigned": f"{QUEUE}?whose=nobody",
        "overdue": f"{QUEUE}?due=overdue",
        "due this week": f"{QUEUE}?due=week",
        "a promise is missed": f"{QUEUE}?promise=missed",
        "promises of this week": f"{QUEUE}?promise=week",
        "by last day": f"{QUEUE}?o=5",
        "by promise, last first": f"{QUEUE}?o=-6",
        "one right": f"{QUEUE}?kind=access",
        "one right, all states": f"{QUEUE}?kind=access&state=all",
        "closed": f"{QUEUE}?state=closed",
        "newest first": f"{QUEUE}?o=-4",
        "oldest first": f"{QUEUE}?o=4",
        "by reference": f"{QUEUE}?o=1",
        "search: number": f"{QUEUE}?state=all&q={some.data_subject.number}",
        "search: reference": f"{QUEUE}?state=all&q={some.reference}",
        "search: name": f"{QUEUE}?state=all&q=Person 77",
        "start page": "/admin/",
        "start page, five years": f"/admin/?first={long_ago}",
        "alarms": "/admin/privacy/deadlinealarm/",
    }


def timings(urls: dict[str, str], client: Any) -> dict[str, tuple[float, int]]:
    """Median seconds and queries of each page; every round asks for each once."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    taken: dict[str, list[float]] = {name: [] for name in urls}
    queries = {}
    for name, url in urls.items():
        with CaptureQueriesContext(connection) as found:
            answer = client.get(url)
        assert answer.status_code == 200, (name, answer.status_code)
        queries[name] = len(found)
    for _round in range(ROUNDS):
        for name, url in urls.items():
            began = time.perf_counter()
            client.get(url)
            taken[name].append(time.perf_counter() - began)
    return {name: (median(taken[name]), queries[name]) for name in urls}


def table(found: dict[str, tuple[float, int]]) -> None:
    """One line a page."""
    base = found["stock, first page"][0]
    print(f"{'page':<24}{'ms':>9}{'ratio':>8}{'queries':>9}")
    for name, (seconds, queries) in found.items():
        over = "" if name.startswith("stock") or (seconds / base <= TARGET and queries <= 10) else "  over"
        print(f"{name:<24}{seconds * 1000:>9.1f}{seconds / base:>8.2f}{queries:>9}{over}")


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    if engine := os.environ.get("OFFICE_BENCHMARK"):
        measure(engine, wanted)
    else:
        sys.exit(main(wanted))
