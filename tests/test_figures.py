"""The figures of the start page: counted by month in the database, against a reckoning of our own over plain rows."""

import csv
import io
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import median_low
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from privacy import consent, figures, preferences
from privacy.admin.figures import duration
from privacy.audit import AuditEntry
from privacy.consent import ConsentEntry
from privacy.figures import MonthFigure
from privacy.roles import AGENT
from privacy.subject_requests import DataSubjectRequest
from privacy.vocabulary import Channel, Decision, Purpose, Sender, Source
from tests import make
from tests.office import colleague, desk

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
KINDS = ("access", "erasure", "complaint")
EXPORT = "/admin/figures/export/"


def some_cases(count):
    """Closed, taken back, open and late ones over two years, some within an hour of midnight at a month's end."""
    luck, mary = Random(7), make.customer()
    for n in range(count):
        received = NOW - timedelta(days=luck.randrange(700), minutes=luck.randrange(1440))
        if n % 5 == 0:
            received = datetime(2026, luck.randrange(1, 10), 1, 0, 30, tzinfo=LONDON).astimezone(UTC)
        closed = min(received + timedelta(days=luck.randrange(70), minutes=n), NOW)
        state = ("completed", "refused", "withdrawn", "in_progress")[n % 4]
        yield DataSubjectRequest(
            data_subject=mary, kind=KINDS[n % 3] if state != "completed" else "access", jurisdiction="GB", state=state,
            received_at=received, closed_at=None if state == "in_progress" else closed,
            due_on=received.date() + timedelta(days=30), denial_reason="other" if state == "refused" else "",
            search_note=b"All of it." if state == "completed" else None,
        )  # fmt: skip


def local(at):
    return at.astimezone(LONDON).date()


def expected(rows):
    """Month by month and case by case, in Python."""
    found: Counter[tuple[date, str]] = Counter()
    months = [date(2025, 11, 1) + timedelta(days=31 * n) for n in range(13)]
    for row in rows:
        found[local(row.received_at).replace(day=1), "received"] += 1
        if row.closed_at:
            found[local(row.closed_at).replace(day=1), "closed"] += 1
        for month in {day.replace(day=1) for day in months}:
            end = min((month + timedelta(days=32)).replace(day=1), local(NOW))
            is_open = row.closed_at is None or (end < local(NOW) and local(row.closed_at) >= end)
            found[month, "overdue"] += row.due_on < end and is_open
    return found


def test_received_closed_and_overdue_are_those_of_a_reckoning_row_by_row():
    rows = DataSubjectRequest.objects.bulk_create(some_cases(300))
    figures.count(NOW)
    for kind in ("", *KINDS):
        wanted = expected([row for row in rows if kind in ("", row.kind)])
        months = figures.months(date(2025, 11, 1), date(2026, 11, 1), kind)
        assert len(months) == 13
        for month in months:
            for name in ("received", "closed", "overdue"):
                assert getattr(month, name) == wanted[month.day, name], (kind, month, name)
    assert sum(month.overdue for month in months) > 0


def test_half_and_95_in_100_were_answered_within_days_that_really_occurred():
    rows = DataSubjectRequest.objects.bulk_create(some_cases(300))
    figures.count(NOW)
    first, last = date(2026, 1, 1), date(2026, 8, 1)
    spreads = {spread.name: spread for spread in figures.answers(first, last)}
    for kind in KINDS:
        days = sorted(
            (local(row.closed_at) - local(row.received_at)).days
            for row in rows
            if row.kind == kind
            and row.state in ("completed", "refused")
            and first <= local(row.closed_at) < date(2026, 9, 1)
        )  # fmt: skip
        spread = spreads[kind]
        assert (spread.count, spread.longest, spread.median) == (len(days), days[-1], median_low(days))
        assert sum(day <= spread.high for day in days) >= 0.95 * len(days) > sum(day < spread.high for day in days)


def test_counting_again_changes_nothing_and_reaches_back_to_the_first_case_once():
    DataSubjectRequest.objects.bulk_create(some_cases(40))
    figures.count(NOW)
    kept = list(MonthFigure.objects.values_list("month", "measure", "name", "value", "count"))
    assert min(kept)[0] < date(2025, 3, 1)
    figures.count(NOW)
    assert list(MonthFigure.objects.values_list("month", "measure", "name", "value", "count")) == kept
    DataSubjectRequest.objects.all().delete()
    figures.count(NOW, months=2)
    left = set(MonthFigure.objects.values_list("month", flat=True))
    assert max(left) < date(2026, 10, 1) <= max(kept)[0]


# --- withdrawals --------------------------------------------------------------------------------------


def test_the_time_to_effect_of_a_withdrawal_is_known_for_every_road():
    mary = make.customer()
    with time_machine.travel(NOW, tick=False):
        for road, wait in (
            (Source.WEB, 0), (Source.ONE_CLICK, 0), (Source.EMAIL, 7), (Source.WEBHOOK, 90), (Source.LETTER, 100_000),
            (Source.PHONE, 3600), (Source.FAX, 7200), (Source.STORE, 60), (Source.IMPORT, 9_999_999),
        ):  # fmt: skip
            at = NOW - timedelta(seconds=wait)
            consent.withdraw_marketing(mary, source=road, actor="test", occurred_at=at)
        consent.decide(mary, Purpose.PROFILING, Decision.GRANTED, source=Source.WEB, actor="test")
    figures.count(NOW)
    found = {
        spread.name: (spread.count, spread.longest) for spread in figures.effects(date(2026, 11, 1), date(2026, 11, 1))
    }
    assert found == {
        "web": (1, 0), "one_click": (1, 0), "email": (1, 7), "webhook": (1, 90), "letter": (1, 100_000),
        "phone": (1, 3600), "fax": (1, 7200), "store": (1, 60),
    }  # fmt: skip


@time_machine.travel(NOW, tick=False)
def test_an_objection_by_letter_counts_from_the_day_it_came_and_so_does_a_revocation():
    mary, came = make.customer(), NOW - timedelta(days=3)
    case = make.case(mary, "objection", source="letter", received_at=came, identity_confirmed=True)
    assert case.state == "completed"
    option = next(one for one in preferences.marketing() if one.key == "marketing-email-own")
    preferences.revoke(mary, [option], source=Source.PHONE, received_at=came, wording="Stop.", actor="test")
    entries = ConsentEntry.objects.filter(data_subject=mary, decision=Decision.WITHDRAWN)
    assert {entry.recorded_at - entry.occurred_at for entry in entries} == {timedelta(days=3)}
    figures.count(NOW)
    found = {spread.name: spread.median for spread in figures.effects(date(2026, 11, 1), date(2026, 11, 1))}
    assert found == {"letter": 3 * 86_400, "phone": 3 * 86_400}
    assert not consent.is_granted(mary, Purpose.MARKETING, channel=Channel.EMAIL, sender=Sender.OWN)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (1, "1 second"), (61, "1 minute"), (7199, "1 hour"), (90_000, "25 hours"), (172_800, "2 days")],
)
def test_lengths_are_said_as_people_say_them(seconds, words):
    assert duration(seconds) == words


# --- the page -----------------------------------------------------------------------------------------


@pytest.fixture
def at_desk():
    return desk(colleague(AGENT))


def test_the_page_shows_a_period_and_a_kind_and_the_same_numbers_as_a_file():
    rows = DataSubjectRequest.objects.bulk_create(some_cases(60))
    with time_machine.travel(NOW, tick=False):
        call_command("count_figures", stdout=io.StringIO())
        at_desk = desk(colleague(AGENT))
        page = at_desk.get("/admin/?first=2026-03&last=2026-06&kind=access")
        assert [str(month.day) for month in page.context["chart"]["months"]] == [f"2026-0{n}-01" for n in (3, 4, 5, 6)]
        text = page.content.decode()
        assert (
            "Counted on 26 November 2026" in text and "Requests by month: " in text and b" style=" not in page.content
        )
        said = {"first": "2025-11", "last": "2026-11", "table": "months"}
        file = b"".join(at_desk.post(EXPORT, said).streaming_content).decode()
        lines = list(csv.DictReader(io.StringIO(file)))
        assert len(lines) == 3 * 13
        received = sum(int(line["received"]) for line in lines)
        assert received == sum(local(row.received_at) >= date(2025, 11, 1) for row in rows)
        lengths = b"".join(at_desk.post(EXPORT, said | {"table": "lengths"}).streaming_content).decode()
        assert "answer to a request" in lengths and "calendar days" in lengths
        assert at_desk.get(EXPORT).status_code == 405
    assert AuditEntry.objects.filter(event="figures.exported").count() == 2


@pytest.mark.parametrize("query", [
    "first=2026-06&last=2026-03", "first=x", "first=1066-01", "last=2026-13", "kind=nothing", "first=%00",
    "last=2026-3", "first=2026-03-01",
])  # fmt: skip
def test_a_period_that_cannot_be_shown_gets_one_clear_line_and_the_usual_one(at_desk, query):
    page = at_desk.get(f"/admin/?{query}")
    assert page.status_code == 422
    assert page.content.decode().count("These months cannot be shown") == 1
    assert len(page.context["chart"]["months"]) == 13
    said = dict(pair.split("=") for pair in query.split("&")) | {"table": "months"}
    assert at_desk.post(EXPORT, said).status_code == 422
    assert at_desk.post(EXPORT, {"table": "people"}).status_code == 422


def test_the_start_page_asks_the_same_few_queries_however_many_cases_there_are(at_desk):
    def asked():
        with CaptureQueriesContext(connection) as found:
            assert at_desk.get("/admin/").status_code == 200
        return len(found)

    asked()
    empty = asked()
    DataSubjectRequest.objects.bulk_create(some_cases(60))
    figures.count(timezone.now())
    assert asked() <= empty + 2
