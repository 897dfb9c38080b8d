"""The purge to the day against an oracle in SQL of its own, and what it never takes (FAULTS E49, E52)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection

from customers.models import BrowsingRecord, Customer, Enquiry, Order, SavedBasket
from privacy import audit, consent, suppression
from privacy.personal_data import Retention
from privacy.purge import PurgeRun
from privacy.restrictions import Restriction
from privacy.subject_requests import DataSubjectRequest
from privacy.vocabulary import Decision
from tests import make, purging

pytestmark = pytest.mark.django_db
# By hand from the calendar: when the clocks of each zone went forward and back around the days below. The oracle knows
# a zone as these offsets from UTC in minutes, and nothing else: (until this instant, so far).
ZONES: dict[str, list[tuple[str, int]]] = {
    "Europe/London": [("2024-03-31T01:00", 0), ("2024-10-27T01:00", 60), ("2025-03-30T01:00", 0),
                      ("2025-10-26T01:00", 60), ("2026-03-29T01:00", 0), ("2026-10-25T01:00", 60), ("", 0)],
    "Europe/Berlin": [("2024-03-31T01:00", 60), ("2024-10-27T01:00", 120), ("2025-03-30T01:00", 60),
                      ("2025-10-26T01:00", 120), ("2026-03-29T01:00", 60), ("2026-10-25T01:00", 120), ("", 60)],
    "America/New_York": [("2024-03-10T07:00", -300), ("2024-11-03T06:00", -240), ("2025-03-09T07:00", -300),
                         ("2025-11-02T06:00", -240), ("2026-03-08T07:00", -300), ("2026-11-01T06:00", -240),
                         ("", -300)],
    "America/Los_Angeles": [("2024-03-10T10:00", -480), ("2024-11-03T09:00", -420), ("2025-03-09T10:00", -480),
                            ("2025-11-02T09:00", -420), ("2026-03-08T10:00", -480), ("2026-11-01T09:00", -420),
                            ("", -480)],
    "America/St_Johns": [("2024-03-10T05:30", -210), ("2024-11-03T04:30", -150), ("2025-03-09T05:30", -210),
                         ("2025-11-02T04:30", -150), ("2026-03-08T05:30", -210), ("2026-11-01T04:30", -150),
                         ("", -210)],
    "Asia/Kolkata": [("", 330)],
    "Asia/Kathmandu": [("", 345)],
    "Asia/Tokyo": [("", 540)],
    "Australia/Lord_Howe": [("2024-04-06T15:00", 660), ("2024-10-05T15:30", 630), ("2025-04-05T15:00", 660),
                            ("2025-10-04T15:30", 630), ("2026-04-04T15:00", 660), ("2026-10-03T15:30", 630),
                            ("", 660)],
    "Pacific/Auckland": [("2024-04-06T14:00", 780), ("2024-09-28T14:00", 720), ("2025-04-05T14:00", 780),
                         ("2025-09-27T14:00", 720), ("2026-04-04T14:00", 780), ("2026-09-26T14:00", 720), ("", 780)],
    "Pacific/Kiritimati": [("", 840)],
    "Pacific/Pago_Pago": [("", -660)],
}  # fmt: skip
# The morning after a leap day, ends of months, clocks that change, and the turn of a year.
NIGHTS = ("2025-03-31", "2025-10-27", "2026-02-28", "2026-03-01", "2026-03-30", "2026-12-31", "2027-01-01")
ROWS = 10_000


def offset(zone):
    """A CASE over the instants at which the clocks change, in the words of both databases."""
    cases = [f"WHEN at < '{until.replace('T', ' ')}' THEN {minutes}" for until, minutes in ZONES[zone] if until]
    last = ZONES[zone][-1][1]
    return f"CASE {' '.join(cases)} ELSE {last} END" if cases else str(last)


def still_there(zone, night):
    """The oracle: which moments may still be kept that night, reckoned forward by the database from each alone.

    Thirteen months from the local day; where the month is shorter, its last day.
    """
    if connection.vendor == "postgresql":
        local = f"(at + ({offset(zone)}) * interval '1 minute')::date"
        end = f"({local} + interval '13 months')::date"
    else:
        local = f"date(at, ({offset(zone)}) || ' minutes')"
        first = f"date({local}, 'start of month', '+13 months')"
        length = f"strftime('%d', date({first}, '+1 month', '-1 day'))"
        end = f"date({first}, '+' || (min(strftime('%d', {local}) + 0, {length} + 0) - 1) || ' days')"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM oracle_moments WHERE {end} >= %s", [night])
        return {pk for (pk,) in cursor.fetchall()}


def plant(nights, count):
    """So many moments around the days whose period ends near these nights: each hour, and off by a second."""
    rows, around = [], [date.fromisoformat(night) for night in nights]
    each = count // len(around)
    for night in around:
        middle = datetime(night.year - 1, night.month, 1, tzinfo=UTC) - timedelta(days=31)
        step = timedelta(days=75) / each
        for n in range(each):
            moment = middle + n * step
            if n % 3 == 0:  # on the hour, where days and clocks change, or a second before it
                moment = moment.replace(minute=0, second=0, microsecond=0) - timedelta(seconds=n % 2)
            rows.append(BrowsingRecord(visitor_id="o", kind="page", what="/", at=moment))
    rows = BrowsingRecord.objects.bulk_create(rows)
    kind, now = ("timestamp", "at AT TIME ZONE 'UTC'") if connection.vendor == "postgresql" else ("text", "at")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE oracle_moments (id bigint, at {kind})")
        cursor.execute(f"INSERT INTO oracle_moments SELECT id, {now} FROM customers_browsingrecord")
    return {row.pk for row in rows}


def differences(settings, zone, nights, count):
    """Rows on which purge and oracle do not agree, over these nights in turn."""
    settings.SHOP_TZ = ZoneInfo(zone)
    BrowsingRecord.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS oracle_moments")
    planted, wrong = plant(nights, count), []
    gone: set[int] = set()
    for night in nights:
        assert purging.purge(date.fromisoformat(night))["customers.BrowsingRecord"].error == ""
        found, expected = set(BrowsingRecord.objects.values_list("pk", flat=True)), still_there(zone, night) - gone
        wrong += sorted(found ^ expected)
        gone = planted - found
    assert gone and found, "each night some go and some stay"
    return wrong


@pytest.mark.parametrize("zone", ["America/St_Johns"])
def test_no_row_differs_from_an_oracle_in_sql(zone, settings):
    assert differences(settings, zone, NIGHTS[2:5], 900) == []


@pytest.mark.full
@pytest.mark.parametrize("zone", ZONES)
def test_no_row_of_ten_thousand_differs_from_an_oracle_in_sql_in_any_zone(zone, settings):
    assert differences(settings, zone, NIGHTS, ROWS) == []
    assert PurgeRun.objects.filter(outcome="done").count() == len(NIGHTS)


@pytest.mark.full
def test_no_order_of_ten_thousand_differs_over_fifteen_years_with_and_without_the_end_of_the_year(monkeypatch):
    """Dates alone: six years to the day, and German vouchers to the end of their eighth year (LAW D8)."""
    mary, first = make.customer(), date(2012, 1, 1)
    days = [first + timedelta(days=n % 5000) for n in range(ROWS)]
    for rule, law in (
        (Retention(since="placed_on", years=6), _six_years_on),
        (Retention(since="placed_on", years=8, end_of_year=True), lambda day: date(day.year + 8, 12, 31)),
    ):
        Order.objects.all().delete()
        Order.objects.bulk_create(
            Order(customer=mary, number=f"n{n}", placed_on=day, total=1, bill_to="x") for n, day in enumerate(days)
        )
        monkeypatch.setattr(Order.personal_data, "retention", rule)
        for night in (date(2018, 2, 28), date(2018, 3, 1), date(2022, 3, 1), date(2024, 12, 31), date(2025, 1, 1)):
            purging.purge(night)
            named = set(Order.objects.exclude(bill_to="").values_list("placed_on", flat=True))
            assert named == {day for day in days if law(day) >= night}, (rule, night)


def _six_years_on(day):
    """The same day six years later; the 29th of February ends with the month."""
    is_leap = (day.month, day.day) == (2, 29) and (day.year + 6) % 4
    return date(day.year + 6, 2, 28) if is_leap else day.replace(year=day.year + 6)


# --- what it never takes (FAULTS E52) --------------------------------------------------------------------

TODAY = date(2026, 11, 30)


@pytest.fixture
def long_gone():
    with time_machine.travel(datetime(2026, 11, 30, 3, tzinfo=UTC), tick=False):
        mary = make.customer(login=True, last_active_at=make.LONG_AGO)
        purging.warned(mary)
        yield mary


def _open_request(mary):
    case = make.case(mary, "access", received_at=make.LONG_AGO)
    return lambda: DataSubjectRequest.objects.get(pk=case.pk).details and Customer.objects.get(pk=mary.pk).display_name


def _hold(mary):
    make.enquiry(mary)
    hold = make.restriction(mary, imposed_at=make.LONG_AGO, lifted_at=None, lift_proposed_by="", lifted_by="")
    return lambda: Restriction.objects.filter(pk=hold.pk) and Enquiry.objects.filter(customer=mary)


def _unpaid_order(mary):
    order = make.order(mary, placed_on=date(2019, 1, 1))
    make.restriction(mary, "debt", scope=f"customers.order:{order.pk}", lifted_at=None, lift_proposed_by="",
                     lifted_by="")  # fmt: skip
    return lambda: Order.objects.get(pk=order.pk).bill_to


def _order_that_tax_law_keeps(mary):
    order = make.order(mary, placed_on=date(2020, 11, 30))
    return lambda: Order.objects.get(pk=order.pk).bill_to


def _suppression(mary):
    suppression.suppress("mary@example.com", reason="erasure")
    return lambda: suppression.is_suppressed("mary@example.com")


def _audit(mary):
    entry = audit.record("test.kept", actor="test", now=datetime(2020, 11, 30, 12, tzinfo=UTC))
    return lambda: audit.AuditEntry.objects.filter(pk=entry.pk) and audit.verify().broken is None


def _choice_in_force(mary):
    joan = make.customer()
    said = {"channel": "email", "sender": "own", "source": "letter", "actor": "test", "occurred_at": make.LONG_AGO}
    consent.decide(joan, "marketing", Decision.WITHDRAWN, **said)
    return lambda: consent.latest(joan, "marketing", channel="email", sender="own").decision == Decision.WITHDRAWN


def _choice_within_its_six_years(mary):
    entry = make.grant(mary, occurred_at=datetime(2020, 11, 30, 12, tzinfo=UTC))
    return lambda: consent.ConsentEntry.objects.filter(pk=entry.pk)


KEPT = [_open_request, _hold, _unpaid_order, _order_that_tax_law_keeps, _suppression, _audit, _choice_in_force,
        _choice_within_its_six_years]  # fmt: skip


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.__name__.strip("_"))
def test_the_purge_never_takes(kept, long_gone):
    joan = make.customer(last_active_at=datetime(2026, 11, 1, tzinfo=UTC))
    make.basket(joan, saved_at=make.LONG_AGO)
    is_there = kept(long_gone)
    assert is_there()
    purging.purge(TODAY)
    assert is_there(), "what must stay"
    assert not SavedBasket.objects.exists(), "and the purge did run"
