"""The morning after: one letter, a page, the nights to come, what is left by mistake, an alarm when nothing ran."""

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.urls import reverse

from customers.models import BrowsingRecord, Customer, Order
from privacy import alarms, tasks
from privacy.alarms import DeadlineAlarm
from privacy.notices import OutgoingEmail
from privacy.personal_data import Retention
from privacy.purge import PurgeRun, batches, coming, leftovers, purge, stopping
from privacy.restrictions import Restriction
from privacy.roles import AUDITOR, OFFICER
from tests import make, purging
from tests.office import colleague, desk

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)
NOW = datetime.combine(TODAY, time(3), tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def mary():
    return make.customer()


def letter(day=TODAY):
    row = OutgoingEmail.objects.get(key=f"purge-report-{day}")
    return row.subject, row.text


# --- the letter ------------------------------------------------------------------------------------------


def test_the_letter_says_what_went_what_stayed_and_compares_with_the_night_before(mary, clock):
    for _ in range(3):
        make.enquiry(mary)
    tasks.purge()
    tasks.report_purge()
    subject, text = letter()
    assert "3 records removed" in subject and "(the night before: 0)" in text
    assert "enquiries: 3 (0)" in text and "A second look found nothing" in text
    clock.shift(timedelta(days=1))
    make.enquiry(mary)
    make.restriction(mary, lifted_at=None, lift_proposed_by="", lifted_by="")
    make.payment(mary, order=make.order(mary, placed_on=TODAY), completed_on=None)
    tasks.purge()
    tasks.report_purge()
    tasks.report_purge()
    subject, text = letter(TODAY + timedelta(days=1))
    assert "0 records removed" in subject
    assert (
        "Nothing was removed (the night before: 3)." in text and "Held: 1." in text and "Without a date: 2." in text
    ), "a hold that stands has no end yet"
    assert OutgoingEmail.objects.filter(template="purge_report").count() == 2, "one letter a night"


def test_the_letter_says_why_nothing_went_and_that_something_failed(mary, monkeypatch):
    BrowsingRecord.objects.bulk_create(
        BrowsingRecord(visitor_id=str(n), kind="page", what="/", at=make.LONG_AGO) for n in range(150)
    )
    with pytest.raises(Exception, match="150 of 150"):
        tasks.purge()
    tasks.report_purge()
    assert "refused" in letter()[0] and "would lose 150 of 150 rows" in letter()[1]
    OutgoingEmail.objects.all().delete()
    make.enquiry(mary)
    monkeypatch.setattr(batches, "carry_out", lambda *_: 1 // 0)
    purging.purge(TODAY)
    tasks.report_purge()
    subject, text = letter()
    assert "Failed at:" in text and "enquiries" in text
    assert "something is left" in subject, "what failed is past its date"


def test_a_night_without_any_purge_is_told_raised_and_shown(mary, clock):
    tasks.purge()
    clock.shift(timedelta(hours=25))
    alarms.raise_alarms(datetime.now(UTC))
    assert not DeadlineAlarm.objects.filter(kind="no_purge").exists()
    clock.shift(timedelta(hours=3))
    tasks.report_purge()
    assert "No purge ran on 1 December 2026" in letter(TODAY + timedelta(days=1))[0]
    for _ in range(2):
        alarms.raise_alarms(datetime.now(UTC))
    assert DeadlineAlarm.objects.get(kind="no_purge").due_on == date(2026, 12, 1)
    assert OutgoingEmail.objects.filter(template="deadline_alarms", key__contains="no_purge").count() == 1
    browser = desk(colleague(OFFICER))
    assert b"Look whether the scheduler" in browser.get("/admin/").content
    purge(today=TODAY + timedelta(days=1))
    assert b"Look whether the scheduler" not in browser.get("/admin/").content


# --- the office ------------------------------------------------------------------------------------------


def test_two_officers_let_a_refused_purge_pass_in_the_office_and_an_auditor_looks_on(mary):
    rows = [BrowsingRecord(visitor_id=str(n), kind="page", what="/", at=make.LONG_AGO) for n in range(150)]
    BrowsingRecord.objects.bulk_create(rows)
    with pytest.raises(Exception, match="150 of 150"):
        tasks.purge()
    run = PurgeRun.objects.get()
    ines, tomasz, auditor = desk(colleague(OFFICER)), desk(colleague(OFFICER)), desk(colleague(AUDITOR))
    page, let_pass, agree = (f"/admin/privacy/purgerun/{run.pk}/{what}/" for what in ("change", "propose", "agree"))
    first = BrowsingRecord.objects.order_by("pk").first()
    said = ines.get(page).content.decode()
    assert f"customers.browsingrecord:{first.pk}" in said and "Propose to let it pass" in said
    assert "Propose to let it pass" not in auditor.get(page).content.decode()
    assert auditor.post(let_pass, {"reason": "x"}).status_code == 403
    ines.post(let_pass, {"reason": "Imported in one night."})
    assert "let the purge take this" not in ines.get(page).content.decode()
    ines.post(agree)
    tasks.purge_agreed()
    assert BrowsingRecord.objects.count() == 150, "the same person twice is one person"
    assert "Imported in one night." in tomasz.get(page).content.decode()
    tomasz.post(agree)
    tasks.purge_agreed()
    assert BrowsingRecord.objects.count() == 0


def test_the_switch_in_the_office(mary):
    ines, tomasz, switch = desk(colleague(OFFICER)), desk(colleague(OFFICER)), reverse("admin:purge_switch")
    ines.post(switch, {"what": "stop", "reason": "Something is odd."})
    assert stopping.current_stop().reason == "Something is odd."
    assert b"Purges are stopped" in tomasz.get("/admin/").content
    assert "Something is odd." in tomasz.get("/admin/privacy/purgerun/").content.decode()
    ines.post(switch, {"what": "propose"})
    ines.post(switch, {"what": "resume"})
    assert stopping.current_stop() is not None
    tomasz.post(switch, {"what": "resume"})
    assert stopping.current_stop() is None


# --- the nights to come ----------------------------------------------------------------------------------


def test_the_calendar_names_the_night_that_takes_each_row(mary, capsys, monkeypatch):
    """Against the purge itself, night by night."""
    monkeypatch.setattr(Order.personal_data, "retention", Retention(since="placed_on", years=6, end_of_year=True))
    make.order(mary, placed_on=date(2020, 5, 5)), make.order(mary, placed_on=date(2021, 1, 1))
    at = [datetime(2025, 10, 29, 23, 30, tzinfo=UTC) + timedelta(hours=7 * n) for n in range(110)]
    BrowsingRecord.objects.bulk_create(BrowsingRecord(visitor_id=str(t), kind="page", what="/", at=t) for t in at)
    make.newsletter(mary, requested_at=NOW, confirmed_at=None)
    call_command("purge", calendar=True, json=True)
    said = json.loads(capsys.readouterr().out)["coming"]
    assert said["customers.NewsletterSubscription"] == {"2026-12-08": 1}
    assert said["customers.Order"] == {} and coming.coming(date(2026, 12, 10))
    soon = {kind.declaration.label: kind.by_day for kind in coming.coming(date(2026, 12, 10))}
    assert soon["customers.Order"] == {date(2027, 1, 1): 1}
    visits = {date.fromisoformat(day): count for day, count in said["customers.BrowsingRecord"].items()}
    declaration = BrowsingRecord.personal_data
    assert len(visits) > 25
    for n in range(1, coming.DAYS + 1):
        night = TODAY + timedelta(days=n)
        taken = declaration.expired(night).count() - declaration.expired(night - timedelta(days=1)).count()
        assert visits.get(night, 0) == taken, night


def test_the_pages_show_the_calendar_and_a_dry_run_that_removes_nothing(mary):
    make.enquiry(mary), make.newsletter(mary, requested_at=NOW, confirmed_at=None)
    at_desk = desk(colleague(AUDITOR))
    said = at_desk.get(reverse("admin:coming_purges")).content.decode()
    assert "Tue 8 Dec 2026" in said and "newsletter sign-ups 1" in said
    said = at_desk.get(reverse("admin:coming_purges") + "?dry=1").content.decode()
    assert "customers.Enquiry" in said
    assert mary.enquiries.count() == 1 and not PurgeRun.objects.exists()


# --- what is left ----------------------------------------------------------------------------------------


def test_after_a_good_night_nothing_is_left(mary):
    make.enquiry(mary), make.order(mary), make.browsing_record(None), make.grant(mary)
    make.restriction(make.customer(), lifted_at=None, lift_proposed_by="", lifted_by="")
    purging.purge(TODAY)
    assert leftovers.look(TODAY) == {}


def test_what_the_purge_missed_is_found_by_another_way(mary, monkeypatch):
    make.enquiry(mary), make.order(mary, placed_on=date(2020, 11, 29)), make.order(mary, placed_on=date(2020, 11, 30))
    monkeypatch.setattr(batches, "carry_out", lambda *_: 0)
    purging.purge(TODAY)
    found = leftovers.look(TODAY)
    assert found["customers.Enquiry"] == {"past their date": 1}
    assert found["customers.Order"] == {"past their date": 1}, "one of the two may stay to the end of this day"


def test_what_somebody_wrote_into_a_blanked_row_is_found(mary):
    purging.warned(Customer.objects.create(display_name="X", last_active_at=make.LONG_AGO))
    order = make.order(mary)
    purging.purge(TODAY)
    order.refresh_from_db()
    assert order.number.startswith("erased-") and leftovers.look(TODAY) == {}
    Order.objects.filter(pk=order.pk).update(gift_message="For Zaunkoenigin")
    assert leftovers.look(TODAY)["customers.Order"]["blanked in part"] == 1


def test_orphans_are_found(mary):
    account = make.account("nobody@example.com")
    make.training(make.staff(is_active=False))
    make.session(make.customer(login=True))
    hold = make.restriction(mary, scope="customers.order:999999", lifted_at=None, lift_proposed_by="", lifted_by="")
    default_storage.save("exports/ab12/1/data.json", ContentFile(b"x"))
    default_storage.save("stray.pdf", ContentFile(b"x"))
    try:
        found = leftovers.look(TODAY)
    finally:
        for name in ("exports/ab12/1/data.json", "stray.pdf"):
            default_storage.delete(name)
    assert account.emailaddress_set.get().verified
    assert found["customers.Account"] == {"of nobody": 1}
    assert found["privacy.Restriction"] == {"on a record that is not there": 1}
    assert found["files"] == {"that no row knows": 2}
    Restriction.objects.filter(pk=hold.pk).update(scope=f"customers.order:{make.order(mary).pk}")
    assert "privacy.Restriction" not in leftovers.look(TODAY)


def test_the_files_of_a_copy_are_no_strays(mary):
    copy = make.export_of(mary)
    name = f"exports/{copy.folder}/1/data.json"
    default_storage.save(name, ContentFile(b"x"))
    type(copy).objects.filter(pk=copy.pk).update(files={"data.json": {}})
    assert [path for path in leftovers.unknown_files() if copy.folder in str(path)] == []
    type(copy).objects.filter(pk=copy.pk).update(files={}, job_state="done")
    assert [Path(path).name for path in leftovers.unknown_files() if copy.folder in str(path)] == ["data.json"]
    default_storage.delete(name)


def test_a_date_that_is_missing_is_reported_and_nothing_deleted(mary):
    make.payment(mary, completed_on=None)
    assert purging.purge(TODAY)["customers.PaymentReference"].undated == 1
    assert leftovers.look(TODAY) == {}
