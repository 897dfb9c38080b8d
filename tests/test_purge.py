"""The nightly purge: what is due goes, to the day; what is held, open or in force stays; the brakes hold."""

import calendar
import json
import threading
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from dateutil.relativedelta import relativedelta
from django.core.management import CommandError, call_command
from django.db import connection

from customers.models import (
    Account,
    Address,
    BrowsingRecord,
    CreditCheck,
    Customer,
    EmailAddress,
    Order,
    OrderLine,
    PaymentReference,
    SavedBasket,
)
from privacy import audit, consent, restrictions
from privacy.append_only import PurgePermit
from privacy.inbound.mailbox import InboundEmail
from privacy.personal_data import Retention, declaration_of, declarations
from privacy.purge import PurgeBatch, PurgeLine, PurgeRefused, PurgeRun, batches, night, windows
from privacy.restrictions import Restriction
from privacy.subject_requests import DataSubjectRequest
from privacy.vocabulary import Decision
from tests import make, purging

pytestmark = pytest.mark.django_db
NEW_YEAR = date(2027, 1, 1)
LONDON = ZoneInfo("Europe/London")
TODAY = date(2026, 11, 30)
WARNED = datetime(2026, 10, 1, tzinfo=UTC)
ZONES = (
    "Europe/London Europe/Berlin America/New_York America/Los_Angeles America/St_Johns Asia/Kolkata Asia/Kathmandu "
    "Asia/Tokyo Australia/Lord_Howe Pacific/Auckland Pacific/Kiritimati Pacific/Pago_Pago"
).split()


@pytest.fixture
def mary():
    return make.customer()


@pytest.fixture(autouse=True)
def on_that_day():
    with time_machine.travel(datetime.combine(TODAY, time(3), tzinfo=UTC), tick=True):
        yield


def purge(today=TODAY, *, dry_run=False):
    if dry_run:
        return {line.model: line for line in night.purge(today=today, dry_run=True)}
    return purging.purge(today)


def last_day(retention, moment, zone=LONDON):
    """An oracle of its own: calendar arithmetic forward, by hand, without the declaration's."""
    day = moment.astimezone(zone).date() if isinstance(moment, datetime) else moment
    month = day.month - 1 + retention.months + 12 * retention.years
    year, month = day.year + month // 12, month % 12 + 1
    day = date(year, month, min(day.day, calendar.monthrange(year, month)[1])) + timedelta(days=retention.days)
    return date(day.year, 12, 31) if retention.end_of_year else day


def pages_seen(customer, moments):
    rows = [BrowsingRecord(customer=customer, visitor_id="v", kind="page", what="/", at=at) for at in moments]
    return BrowsingRecord.objects.bulk_create(rows)


def orders_placed(customer, days):
    rows = [Order(customer=customer, number=f"n{n}", placed_on=day, total=1, bill_to="x") for n, day in enumerate(days)]
    return Order.objects.bulk_create(rows)


def hold(customer, kind="debt", **values):
    return make.restriction(customer, kind, lifted_at=None, lift_proposed_by="", lifted_by="", **values)


# --- to the day, against an oracle -----------------------------------------------------------------------


def days_around(retention, today, spread=400):
    """Days whose period ends near today, and each leap day and month's end on the way."""
    middle = today - relativedelta(years=retention.years, months=retention.months, days=retention.days)
    return [middle + timedelta(days=n) for n in range(-spread, spread + 1)]


@pytest.mark.parametrize(
    "today", [date(2024, 2, 29), date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 30), date(2027, 1, 1)]
)
def test_three_kinds_of_record_go_exactly_to_the_day(mary, today):
    at = [
        datetime.combine(day, time(0, 30), tzinfo=UTC)
        for day in days_around(BrowsingRecord.personal_data.retention, today)
    ]
    BrowsingRecord.objects.bulk_create(
        BrowsingRecord(customer=mary, visitor_id=str(t), kind="page", what="/", at=t) for t in at
    )
    saved = [t + timedelta(hours=23) for t in at]
    SavedBasket.objects.bulk_create(SavedBasket(customer=mary, visitor_id=str(t), saved_at=t) for t in saved)
    placed = days_around(Order.personal_data.retention, today)
    Order.objects.bulk_create(
        Order(customer=mary, number=f"n{day}", placed_on=day, total=1, bill_to="x") for day in placed
    )
    lines = purge(today)
    expected = {t for t in at if last_day(BrowsingRecord.personal_data.retention, t) >= today}
    assert set(BrowsingRecord.objects.values_list("at", flat=True)) == expected
    expected = {t for t in saved if last_day(SavedBasket.personal_data.retention, t) >= today}
    assert set(SavedBasket.objects.values_list("saved_at", flat=True)) == expected
    still_named = {day for day in placed if last_day(Order.personal_data.retention, day) >= today}
    assert set(Order.objects.exclude(bill_to="").values_list("placed_on", flat=True)) == still_named
    assert Order.objects.count() == len(placed)
    assert lines["customers.BrowsingRecord"].deleted == len(at) - BrowsingRecord.objects.count() > 0
    assert lines["customers.Order"].anonymised == len(placed) - len(still_named) > 0


@pytest.mark.parametrize("zone", ZONES)
def test_the_day_is_the_shop_s_day_in_every_zone(mary, settings, zone):
    settings.SHOP_TZ = ZoneInfo(zone)
    first = datetime(2025, 3, 1, tzinfo=UTC)
    at = [first + timedelta(hours=n * 1.5) for n in range(24 * 30)]
    at += [datetime(2025, 10, 20, tzinfo=UTC) + timedelta(hours=n * 1.5) for n in range(24 * 20)]
    BrowsingRecord.objects.bulk_create(
        BrowsingRecord(customer=mary, visitor_id=str(t), kind="page", what="/", at=t) for t in at
    )
    for today in (date(2026, 4, 28), date(2026, 4, 29), date(2026, 4, 30), date(2026, 5, 1), date(2026, 11, 27)):
        purge(today)
        retention = BrowsingRecord.personal_data.retention
        expected = {t for t in at if last_day(retention, t, ZoneInfo(zone)) >= today}
        assert set(BrowsingRecord.objects.values_list("at", flat=True)) == expected


def test_german_invoices_go_after_the_end_of_the_eighth_year(mary, monkeypatch):
    rule = Retention(since="placed_on", years=8, end_of_year=True, required_by="HGB § 257")
    monkeypatch.setattr(Order.personal_data, "retention", rule)
    make.order(mary, placed_on=date(2020, 1, 1))
    make.order(mary, placed_on=date(2020, 12, 31))
    make.order(mary, placed_on=date(2021, 1, 1))
    assert purge(date(2028, 12, 31))["customers.Order"].due == 0
    assert purge(date(2029, 1, 1))["customers.Order"].anonymised == 2


def test_british_invoices_go_six_years_after_their_date(mary):
    make.order(mary, placed_on=date(2020, 3, 15))
    assert purge(date(2026, 3, 15))["customers.Order"].due == 0
    assert purge(date(2026, 3, 16))["customers.Order"].anonymised == 1


def test_payment_details_go_the_first_night_after_completion(mary):
    """MAD-16."""
    make.payment(mary, completed_on=TODAY)
    make.payment(mary, completed_on=None)
    line = purge(TODAY)["customers.PaymentReference"]
    assert (line.due, line.undated) == (0, 1)
    line = purge(TODAY + timedelta(days=1))["customers.PaymentReference"]
    assert (line.due, line.deleted, line.undated) == (1, 1, 1)
    assert PaymentReference.objects.get().completed_on is None


def test_more_rows_than_a_batch_go_in_several_batches_with_evidence(mary, monkeypatch):
    monkeypatch.setattr(windows, "ROWS", 50)
    rows = [
        BrowsingRecord(customer=mary, visitor_id=str(n), kind="page", what="/", at=make.LONG_AGO) for n in range(173)
    ]
    BrowsingRecord.objects.bulk_create(rows)
    Order.objects.bulk_create(
        Order(customer=mary, number=f"n{n}", placed_on=date(2019, 1, n % 28 + 1), total=1) for n in range(173)
    )
    lines = purge()
    assert lines["customers.BrowsingRecord"].deleted == 173
    assert lines["customers.Order"].anonymised == 173
    # Whole days, so up to six more than fifty.
    assert removed(lines["customers.Order"]) == [53, 54, 54, 12]
    assert removed(lines["customers.BrowsingRecord"]) == [50, 50, 50, 23], "all of one moment, by key"
    assert BrowsingRecord.objects.count() == 0


def test_before_between_and_after_crowds_of_one_day_nothing_is_passed_by_and_no_batch_is_too_large(mary, monkeypatch):
    monkeypatch.setattr(windows, "ROWS", 10)
    days = [1] * 3 + [2] * 25 + [3] * 9 + [4] * 9 + [5] * 41 + [6]
    Order.objects.bulk_create(
        Order(customer=mary, number=f"n{n}", placed_on=date(2019, 1, day), total=1) for n, day in enumerate(days)
    )
    young = make.order(mary, number="young", placed_on=TODAY)
    line = purge()["customers.Order"]
    assert line.anonymised == len(days) == sum(removed(line)) and max(removed(line)) <= 18
    young.refresh_from_db()
    assert young.number == "young"


def test_everybody_imported_in_one_second_is_taken_by_whole_people(monkeypatch):
    monkeypatch.setattr(windows, "ROWS", 10)
    for n in range(26):
        somebody = make.customer(f"p{n}@example.com", last_active_at=make.LONG_AGO)
        make.address(somebody), make.address(somebody)
        make.inactivity_warning(somebody, written_at=WARNED, left_at=WARNED)
    lines = purge()
    assert removed(lines["customers.Address"]) == [10, 10, 10, 10, 10, 2]
    assert removed(lines["customers.Customer"]) == 2 * [10, 10, 6], "blanked, and then removed"


def removed(line):
    """How many went in each batch, in their order."""
    return list(PurgeBatch.objects.filter(line=line).order_by("pk").values_list("removed", flat=True))


def test_mail_that_nobody_has_looked_at_waits_past_its_90_days(mary):
    old = datetime.combine(TODAY, time.min, tzinfo=UTC) - timedelta(days=100)
    done = {"job_state": "done", "received_at": old}
    for raw, values in ((b"1", {"review_state": "open"}), (b"2", {"job_state": "needs_attention"}), (b"3", {})):
        make.inbound_email(mary, raw, **(done | values))
    purge()
    assert sorted(bytes(row.raw) for row in InboundEmail.objects.all()) == [b"1", b"2"]
    InboundEmail.objects.update(review_state="done", job_state="done")
    purge()
    assert not InboundEmail.objects.exists()


def test_no_row_is_read_into_memory(mary, django_assert_max_num_queries):
    """As many queries for 500 rows as for 105; below 100 the brakes do not even look."""
    audit.record("test.event", actor="test")
    counts = []
    for size in (105, 500):
        rows = [SavedBasket(customer=mary, visitor_id=str(n), saved_at=make.LONG_AGO) for n in range(size)]
        SavedBasket.objects.bulk_create(rows)
        with django_assert_max_num_queries(1000) as captured:
            purge()
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- what stays ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Restriction.Kind.values)
def test_a_hold_or_restriction_keeps_everything_until_it_is_lifted(mary, kind):
    make.enquiry(mary)
    barred = hold(mary, kind)
    line = purge()["customers.Enquiry"]
    assert (line.due, line.deleted, line.held) == (1, 0, 1)
    restrictions.propose_lifting(barred, actor="one", why="It is over.")
    restrictions.Restriction.objects.update(told_at=datetime.now(UTC) - timedelta(days=7))
    restrictions.lift(barred, actor="two", now=datetime.now(UTC))
    assert purge()["customers.Enquiry"].deleted == 1


def test_a_hold_on_one_order_keeps_that_order_and_its_lines_alone(mary):
    """LRD-20: of the debt records only."""
    kept, other = make.order(mary), make.order(mary)
    make.order_line(mary, order=kept), make.order_line(mary, order=other)
    make.restriction(
        mary, "debt", scope=f"customers.order:{kept.pk}", lifted_at=None, lift_proposed_by="", lifted_by=""
    )
    lines = purge()
    assert (lines["customers.Order"].held, lines["customers.Order"].anonymised) == (1, 1)
    assert (lines["customers.OrderLine"].held, lines["customers.OrderLine"].anonymised) == (1, 1)
    assert Order.objects.exclude(bill_to="").get() == kept
    assert OrderLine.objects.exclude(personalisation="").get().order == kept


def test_a_hold_on_one_person_keeps_nobody_else_s(mary):
    joan = make.customer()
    make.enquiry(mary), make.enquiry(joan)
    hold(mary)
    assert purge()["customers.Enquiry"].deleted == 1
    assert mary.enquiries.count() == 1


def test_a_hold_that_comes_between_two_batches_wins(mary, monkeypatch):
    """The statements of a batch are built once for all windows; what they ask is asked anew in each."""
    monkeypatch.setattr(windows, "ROWS", 10)
    joan, written, real = make.customer(), [], batches._write_down
    pages_seen(mary, [make.LONG_AGO + timedelta(seconds=n) for n in range(40)])
    pages_seen(joan, [make.LONG_AGO + timedelta(seconds=100 + n) for n in range(40)])

    def then_hold(walk, gone):
        real(walk, gone)
        written.append(gone)
        if len(written) == 3:
            hold(joan)

    monkeypatch.setattr(batches, "_write_down", then_hold)
    purge()
    assert set(BrowsingRecord.objects.values_list("customer", flat=True)) == {joan.pk}
    assert BrowsingRecord.objects.count() == 40 and written[:5] == [10, 10, 10, 10, 0]


def test_rows_about_nobody_yet_go_by_age_too():
    make.browsing_record(None)
    assert purge()["customers.BrowsingRecord"].deleted == 1


def inactive(**values):
    mary = make.customer(login=True, last_active_at=make.LONG_AGO, **values)
    purging.warned(mary)
    return mary


def test_a_customer_inactive_for_three_years_is_forgotten():
    mary = inactive()
    make.address(mary)
    lines = purge()
    assert lines["customers.Customer"].anonymised == 1
    assert not EmailAddress.objects.exists() and not Address.objects.exists()
    assert not Customer.objects.filter(pk=mary.pk).exists(), "nothing refers to the shell any longer"
    assert not Account.objects.filter(pk=mary.account_id).exists()


def test_while_a_request_is_open_the_customer_is_not_forgotten():
    mary = inactive()
    case = make.case(mary, "enquiry")
    line = purge()["customers.Customer"]
    assert (line.due, line.waiting, line.anonymised) == (1, 1, 0)
    assert EmailAddress.objects.filter(customer=mary).exists()
    assert DataSubjectRequest.objects.get(pk=case.pk).details
    DataSubjectRequest.objects.filter(pk=case.pk).update(state="completed", closed_at=datetime.now(UTC))
    assert purge()["customers.Customer"].anonymised == 1


def test_the_shell_stays_while_kept_rows_refer_to_it_and_goes_with_the_last():
    mary = inactive()
    make.grant(mary, occurred_at=datetime(2022, 6, 1, tzinfo=UTC))
    purge()
    mary.refresh_from_db()
    assert mary.number.startswith("erased-") and mary.consent_entries.count() == 1
    lines = purge(date(2028, 6, 2))
    assert lines["privacy.ConsentEntry"].deleted == 1
    assert lines["customers.Customer"].deleted == 1
    assert not Customer.objects.filter(pk=mary.pk).exists()
    assert not PurgePermit.objects.exists()


def test_a_choice_in_force_is_never_purged_and_an_earlier_one_is():
    mary = make.customer()
    make.grant(mary, occurred_at=datetime(2019, 1, 1, tzinfo=UTC))
    latest = make.grant(mary, occurred_at=datetime(2019, 6, 1, tzinfo=UTC))
    make.grant(mary, channel="sms", occurred_at=datetime(2019, 1, 1, tzinfo=UTC))
    line = purge()["privacy.ConsentEntry"]
    assert (line.due, line.deleted, line.waiting) == (3, 1, 2)
    assert latest in consent.ConsentEntry.objects.all()
    assert consent.is_granted(mary, "marketing", channel="email", sender="own")


def test_uwg_7a_the_yes_to_calls_of_2019_is_there_five_years_after_the_last_call_and_not_for_ever():
    """The last call was on 10 June 2026, the no came the day after: kept to 10 June 2031 at least."""
    mary = inactive()
    yes = make.grant(mary, channel="phone", occurred_at=datetime(2019, 1, 2, tzinfo=UTC))
    said = {"channel": "phone", "sender": "own", "source": "letter", "actor": "test"}
    consent.decide(mary, "marketing", Decision.WITHDRAWN, occurred_at=datetime(2026, 6, 11, 12, tzinfo=UTC), **said)
    kept = consent.ConsentEntry.objects.filter(pk=yes.pk)
    for night_of in (TODAY, date(2031, 6, 10)):
        purge(night_of)
        assert kept.exists()
    mary.refresh_from_db()
    assert mary.number.startswith("erased-"), "she herself was forgotten long ago"
    purge(date(2032, 6, 13))
    assert not kept.exists()


def test_a_no_of_long_ago_still_counts():
    mary = make.customer()
    values = {"channel": "email", "sender": "own", "source": "letter", "actor": "test", "occurred_at": make.LONG_AGO}
    consent.decide(mary, "marketing", Decision.WITHDRAWN, **values)
    purge()
    assert consent.latest(mary, "marketing", channel="email", sender="own").decision == Decision.WITHDRAWN


def test_a_parent_waits_for_a_child_that_is_kept_longer():
    mary = inactive()
    make.email_confirmation(mary)
    confirmation = make.EmailConfirmation.objects.get()
    make.EmailConfirmation.objects.update(created=datetime.combine(TODAY, time(1), tzinfo=UTC))
    line = purge()["account.EmailAddress"]
    assert (line.due, line.waiting, line.deleted) == (1, 1, 0)
    assert make.EmailConfirmation.objects.filter(pk=confirmation.pk).exists()
    assert purge(TODAY + timedelta(days=9))["account.EmailAddress"].deleted == 1


def test_staff_accounts_are_not_counted_as_undated():
    make.staff()
    assert purge()["customers.Account"].undated == 0


# --- the audit log ---------------------------------------------------------------------------------------


def old_audit(count, at=make.LONG_AGO):
    for n in range(count):
        audit.record("test.old", actor="test", now=at, number=n)


def test_the_beginning_of_the_audit_log_goes_and_the_rest_is_still_intact(monkeypatch):
    monkeypatch.setattr(windows, "ROWS", 3)
    old_audit(8)
    audit.record("test.young", actor="test")
    assert purge()["privacy.AuditEntry"].deleted == 8
    found = audit.verify()
    assert found.broken is None and found.count == audit.AuditEntry.objects.count()
    assert not audit.AuditEntry.objects.filter(event="test.old").exists()


def test_a_log_whose_beginning_is_cut_without_a_voucher_is_found():
    old_audit(3)
    with consent.transaction.atomic():
        PurgePermit.objects.create(table="privacy_auditentry")
        rows = audit.AuditEntry.objects.order_by("pk")
        rows.filter(pk=rows.first().pk)._raw_delete("default")
    assert audit.verify().broken is not None


def test_an_old_entry_between_young_ones_waits_for_its_turn():
    audit.record("test.young", actor="test")
    old_audit(1)
    assert purge()["privacy.AuditEntry"].deleted == 0
    assert audit.verify().broken is None


# --- the brakes ------------------------------------------------------------------------------------------


def browsing(count, at=make.LONG_AGO):
    BrowsingRecord.objects.bulk_create(
        BrowsingRecord(visitor_id=str(n), kind="page", what="/", at=at) for n in range(count)
    )


def test_losing_a_large_share_at_once_is_refused_and_nothing_goes(settings):
    browsing(101)
    with pytest.raises(PurgeRefused, match=r"customers\.BrowsingRecord would lose 101 of 101 rows"):
        night.purge(today=TODAY)
    assert BrowsingRecord.objects.count() == 101
    assert PurgeRun.objects.get().outcome == "refused"
    assert audit.AuditEntry.objects.filter(event="purge.refused").exists()
    browsing(600, at=datetime(2026, 11, 1, tzinfo=UTC))
    assert {x.model: x.deleted for x in night.purge(today=TODAY)}["customers.BrowsingRecord"] == 101


def test_few_rows_pass_whatever_their_share():
    browsing(100)
    assert sum(x.deleted for x in night.purge(today=TODAY)) == 100


def test_short_lived_rows_turn_over_without_alarm_unless_their_rule_was_shortened(mary, monkeypatch):
    orders = [Order(customer=mary, number=f"n{n}", placed_on=TODAY, total=1) for n in range(120)]
    payments = [
        PaymentReference(order=o, provider="x", token="t", completed_on=make.LONG_AGO.date())
        for o in Order.objects.bulk_create(orders)
    ]
    PaymentReference.objects.bulk_create(payments)
    assert {x.model: x.deleted for x in night.purge(today=TODAY)}["customers.PaymentReference"] == 120
    monkeypatch.setattr(BrowsingRecord.personal_data, "retention", Retention(since="at", days=1))
    browsing(200, at=datetime(2026, 11, 1, tzinfo=UTC))
    with pytest.raises(PurgeRefused, match="BrowsingRecord"):
        night.purge(today=TODAY)


@pytest.mark.parametrize(("days", "why"), [(-1, "before the last purge"), (32, "more than 31 days after")])
def test_a_clock_that_jumped_is_refused(days, why):
    night.purge(today=TODAY)
    make.browsing_record(None, visitor_id="x", what="y")
    with pytest.raises(PurgeRefused, match=why):
        night.purge(today=TODAY + timedelta(days=days))
    assert BrowsingRecord.objects.count() == 0 or days < 0 or BrowsingRecord.objects.count() == 1
    purge(TODAY + timedelta(days=days))
    assert PurgeRun.objects.first().let_pass.jumped_from == TODAY


@pytest.mark.parametrize("days", [0, 1, 31])
def test_the_next_nights_pass(days):
    night.purge(today=TODAY)
    night.purge(today=TODAY + timedelta(days=days))


@pytest.mark.parametrize(
    "length", [{}, {"days": 0}, {"days": -1}, {"years": 1, "months": -1}, {"years": 1, "immediately": True}]
)
def test_a_retention_of_nothing_does_not_even_load(length):
    """FAULTS E50."""
    with pytest.raises(ValueError, match="longer than nothing"):
        Retention(since="at", **length)


# --- again, at once, half way ----------------------------------------------------------------------------


def everything_as_rows():
    return {
        d.label: sorted(map(str, d.rows.values_list()))
        for d in declarations()
        if d.label not in ("privacy.AuditEntry", "account.EmailConfirmation")
    }


def old_people(count):
    for _ in range(count):
        mary = inactive()
        make.address(mary), make.order_line(mary), make.enquiry(mary), make.grant(mary), make.session(mary)


def test_a_second_run_finds_nothing():
    old_people(3)
    purge()
    before = everything_as_rows()
    assert [(x.model, x.deleted, x.anonymised) for x in night.purge(today=TODAY) if x.deleted or x.anonymised] == []
    assert everything_as_rows() == before


def test_a_dry_run_says_the_same_numbers_and_changes_nothing():
    old_people(2)
    hold(make.customer())
    before = everything_as_rows()
    forecast = purge(dry_run=True)
    assert everything_as_rows() == before and not PurgeRun.objects.exists()
    done = purge()
    for label in ("customers.Enquiry", "customers.Order", "customers.Address", "customers.Session"):
        assert (forecast[label].deleted, forecast[label].anonymised) == (done[label].deleted, done[label].anonymised)


def test_an_error_in_one_kind_of_record_does_not_stop_the_others(mary, monkeypatch):
    make.enquiry(mary), make.vote(mary)

    def fails(declaration, rows):
        if declaration.label == "customers.Enquiry":
            raise ZeroDivisionError
        return real(declaration, rows)

    real = batches.carry_out
    monkeypatch.setattr(batches, "carry_out", fails)
    lines = purge()
    assert lines["customers.Enquiry"].error == "ZeroDivisionError"
    assert lines["customers.ProductVote"].deleted == 1
    assert PurgeRun.objects.get().outcome == "failed"


@pytest.mark.parametrize("crash_after", [1, 2, 3, 5, 8, 13])
def test_killed_between_or_within_batches_the_next_run_ends_the_same(monkeypatch, crash_after):
    """FAULTS E51: whatever was committed is whole, and its evidence stands beside it."""
    monkeypatch.setattr(windows, "ROWS", 2)
    old_people(5)
    calls = iter(range(1000))
    real = batches._write_down

    class Killed(BaseException):
        pass

    def until(walk, gone):
        if next(calls) == crash_after:
            raise Killed
        real(walk, gone)

    monkeypatch.setattr(batches, "_write_down", until)
    with pytest.raises(Killed):
        purge()
    assert PurgeRun.objects.get().outcome == "running"
    for line in PurgeLine.objects.all():
        assert line.deleted + line.anonymised == sum(line.batches.values_list("removed", flat=True))
    monkeypatch.setattr(batches, "_write_down", real)
    purge()
    assert not Address.objects.exists() and not EmailAddress.objects.exists()
    assert not any(batches.due_rows(d, TODAY).exists() for d in declarations() if d.label != "privacy.ConsentEntry")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_end_as_one(monkeypatch):
    monkeypatch.setattr(windows, "ROWS", 20)
    mary = make.customer()
    browsing(300)
    purging.agreed(TODAY)
    CreditCheck.objects.bulk_create(
        CreditCheck(customer=mary, recipient=make.recipient(f"a{n}"), decision="x", checked_at=make.LONG_AGO)
        for n in range(40)
    )
    failures, done = [], []

    def run():
        try:
            done.append({x.model: x for x in night.purge(today=TODAY)})
        except Exception as error:  # noqa: BLE001  (a thread's error would be lost)
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == [] and [x.error for lines in done for x in lines.values() if x.error] == []
    assert sum(lines["customers.BrowsingRecord"].deleted for lines in done) == 300
    assert sum(lines["customers.CreditCheck"].deleted for lines in done) == 40
    assert audit.verify().broken is None


# --- the command -----------------------------------------------------------------------------------------


def test_the_command_prints_json_per_declaration(capsys):
    browsing(3)
    call_command("purge", today=TODAY)
    printed = json.loads(capsys.readouterr().out)
    assert printed["customers.BrowsingRecord"] | {"seconds": 0} == {
        "due": 3, "deleted": 3, "anonymised": 0, "held": 0, "waiting": 0, "undated": 0, "seconds": 0, "error": "",
    }  # fmt: skip
    assert set(printed) == {d.label for d in declarations()}


def test_the_command_is_refused_in_one_line(capsys):
    browsing(150)
    with pytest.raises(CommandError, match="would lose 150 of 150") as refusal:
        call_command("purge", today=TODAY)
    assert "\n" not in str(refusal.value)
    assert BrowsingRecord.objects.count() == 150


def test_a_dry_run_of_the_command_is_never_refused(capsys):
    browsing(150)
    call_command("purge", today=TODAY, dry_run=True)
    said = capsys.readouterr()
    assert json.loads(said.out)["customers.BrowsingRecord"]["deleted"] == 150
    assert "would be refused" in said.err
    assert BrowsingRecord.objects.count() == 150


def test_every_declaration_has_a_line_and_a_rule():
    lines = purge()
    assert set(lines) == {d.label for d in declarations()}
    assert all(x.retention for x in lines.values())
    assert declaration_of(Order) is not None
