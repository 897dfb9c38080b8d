"""SFB-40: only who was trained, and says so herself, comes to the queue; nobody records her own."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from privacy import confidentiality, training
from privacy.audit import AuditEntry
from privacy.roles import AGENT, AUDITOR, MANAGER, OFFICER
from privacy.training import Training
from tests import make
from tests.office import addresses, colleague, desk

pytestmark = pytest.mark.django_db
QUEUE = "/admin/privacy/datasubjectrequest/"
TODAY = date(2026, 9, 10)


@pytest.fixture
def noon():
    with time_machine.travel(datetime(2026, 9, 10, 11, tzinfo=UTC), tick=False) as clock:
        yield clock


def test_sfb_40_without_a_training_everything_with_personal_data_leads_to_what_is_missing():
    agent = colleague(AGENT, trained=False)
    at_desk = desk(agent)
    sent = at_desk.get(f"{QUEUE}?due=week")
    assert sent.url == f"/admin/ready/?next={QUEUE.replace('/', '%2F')}%3Fdue%3Dweek"
    page = at_desk.get(sent.url).content.decode()
    assert "none that counts today" in page
    assert "Ask an account manager or a privacy officer" in page
    assert "See what is missing" in at_desk.get("/admin/").content.decode()


def test_a_recorded_training_counts_once_the_colleague_has_acknowledged_it():
    agent, manager = colleague(AGENT, trained=False), colleague(MANAGER)
    form = {"colleague": agent.pk, "course": "Data protection", "held_on": timezone.localdate().isoformat()}
    assert desk(manager).post("/admin/training/", form).status_code == 302
    at_desk = desk(agent)
    assert at_desk.get(QUEUE).status_code == 302
    assert "I was there" in at_desk.get("/admin/ready/").content.decode()
    assert at_desk.get("/admin/ready/").status_code == 200
    assert Training.objects.get(colleague=agent).acknowledged_at is None, "GET changes nothing"
    assert at_desk.post("/admin/ready/", {"next": QUEUE}).url == QUEUE
    assert at_desk.get(QUEUE).status_code == 200
    assert {"staff.trained", "staff.training_acknowledged"} <= set(AuditEntry.objects.values_list("event", flat=True))


def test_nobody_acknowledges_for_somebody_else():
    agent, other = colleague(AGENT, trained=False), colleague(AGENT, trained=False)
    training.record(agent, "Course", timezone.localdate(), actor=colleague(MANAGER))
    desk(other).post("/admin/ready/")
    assert Training.objects.get(colleague=agent).acknowledged_at is None


@pytest.mark.parametrize("role", [MANAGER, OFFICER, "superuser"])
def test_nobody_records_her_own_not_even_past_the_verb(role):
    boss = colleague(role, trained=False)
    form = {"colleague": boss.pk, "course": "Course", "held_on": timezone.localdate().isoformat()}
    if role == OFFICER:
        make.training(boss)
    assert desk(boss).post("/admin/training/", form).status_code == 422
    with pytest.raises(PermissionDenied):
        training.record(boss, "Course", timezone.localdate(), actor=boss)
    with pytest.raises(IntegrityError), transaction.atomic():
        make.training(boss, recorded_by=boss)


@pytest.mark.parametrize("role", [AGENT, AUDITOR])
def test_only_account_managers_and_officers_record(role):
    agent = colleague(AGENT)
    assert desk(colleague(role)).get("/admin/training/").status_code == 403
    with pytest.raises(PermissionDenied):
        training.record(agent, "Course", timezone.localdate(), actor=colleague(role))


def test_a_manager_without_training_can_hire_and_record_but_sees_no_queue():
    at_desk = desk(colleague(MANAGER, trained=False))
    assert at_desk.get("/admin/training/").status_code == 200
    assert at_desk.get("/admin/customers/account/").status_code == 200
    assert at_desk.get(QUEUE).status_code == 302


def test_it_holds_for_the_days_of_the_setting_to_its_last_day_and_not_one_longer(noon, settings):
    settings.TRAINING_DAYS = 365
    agent = colleague(AGENT, trained=False)
    made = training.record(agent, "Course", TODAY, actor=colleague(MANAGER))
    training.acknowledge(agent)
    assert made.valid_until == date(2027, 9, 10)
    assert training.is_current(agent, date(2027, 9, 10))
    assert not training.is_current(agent, date(2027, 9, 11))
    assert not training.is_current(agent, TODAY - timedelta(days=1))


def test_the_start_page_warns_thirty_days_before_either_ends(noon):
    agent = colleague(AGENT, trained=False)
    make.training(agent, held_on=TODAY, valid_until=TODAY + timedelta(days=31))
    assert "holds until" not in desk(agent).get("/admin/").content.decode()
    noon.shift(timedelta(days=1))
    assert "Your training holds until 11 October 2026." in desk(agent).get("/admin/").content.decode()
    with time_machine.travel(datetime(2027, 8, 20, 11, tzinfo=UTC)):
        assert "Your promise of confidentiality holds until" in desk(agent).get("/admin/").content.decode()


def test_both_are_asked_for_and_the_promise_first(noon):
    agent = colleague(AGENT, promised=False, trained=False)
    assert desk(agent).get(QUEUE).url.startswith("/admin/confidentiality/")
    confidentiality.promise(agent)
    assert desk(agent).get(QUEUE).url.startswith("/admin/ready/")


def test_every_address_waits_for_the_training_but_those_named():
    """A page that somebody adds later is closed by itself."""
    at_desk = desk(colleague(OFFICER, trained=False))
    is_open = set()
    for name in addresses():
        for args in ([], [1], [1, "x"], ["a.b", 1], [1, 1], ["privacy"]):
            try:
                url = reverse(f"admin:{name}", args=args)
            except NoReverseMatch:
                continue
            if not at_desk.get(url).headers.get("Location", "").startswith("/admin/ready/"):
                is_open.add(name)
            break
    accounts = {f"customers_account_{what}" for what in ("add", "change", "changelist", "delete", "history")}
    named = {
        "index", "login", "logout", "jsi18n", "password_change", "password_change_done", "confidentiality", "ready",
        "training",
    }  # fmt: skip
    assert is_open - accounts == named


@pytest.mark.parametrize(("held_on", "until", "line"), [
    ("2026-09-11", "", "This date is in the future."), ("2026-09-10", "2026-09-09", "before the day of the course"),
    ("", "", "This field is required."), ("x", "", "Enter a valid date."),
])  # fmt: skip
def test_bad_input_is_one_clear_line(noon, held_on, until, line):
    form = {"colleague": colleague(AGENT).pk, "course": "Course", "held_on": held_on, "valid_until": until}
    answer = desk(colleague(MANAGER)).post("/admin/training/", form)
    assert answer.status_code == 422
    assert line in answer.content.decode()
