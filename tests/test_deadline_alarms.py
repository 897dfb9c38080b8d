"""Alarms about deadlines: raised once, mailed to the privacy officer in time, ticked off with who and why."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import override_settings
from django.urls import reverse

from privacy import consent, subject_requests
from privacy.alarms import DeadlineAlarm, raise_alarms, tick_off
from privacy.audit import AuditEntry
from privacy.notices import OutgoingEmail
from privacy.roles import AGENT, AUDITOR, OFFICER
from privacy.subject_requests import DataSubjectRequest, complaints
from privacy.tasks import raise_alarms as hourly
from privacy.tasks import reckon_all
from privacy.vocabulary import Source
from tests import make
from tests.office import colleague, desk, look, page_of, shown

pytestmark = pytest.mark.django_db
JOINED = override_settings(SHOP_PACKS=["SafeBuy"])
FRIDAY = datetime(2026, 7, 3, 9, tzinfo=UTC)
LIST = "/admin/privacy/deadlinealarm/"


@pytest.fixture
def mary():
    return make.customer(display_name="Mária Byrne")


def at(days, hours=0):
    return FRIDAY + timedelta(days=days, hours=hours)


def raised(when, **more):
    with time_machine.travel(when, tick=False):
        raise_alarms(when, **more)
    return {(alarm.kind, alarm.what, str(alarm.due_on)) for alarm in DeadlineAlarm.objects.all()}


def letters(kind=""):
    rows = OutgoingEmail.objects.filter(template="deadline_alarms", key__contains=kind).order_by("pk")
    return [(row.to_address, row.subject, bytes(row.body).decode()) for row in rows]


def open_then(mary, kind, **values):
    with time_machine.travel(FRIDAY, tick=False):
        return make.case(mary, kind, received_at=FRIDAY, **values)


# --- what is raised, and when -----------------------------------------------------------------------------


def test_seven_days_before_the_last_day_and_on_the_day_after_it_and_not_before(mary):
    case = open_then(mary, "access")
    assert case.due_on == date(2026, 8, 3)
    assert raised(at(23)) == set()
    assert raised(at(24)) == {("soon", "", "2026-08-03")}
    assert raised(at(31)) == {("soon", "", "2026-08-03")}
    assert raised(at(32)) == {("soon", "", "2026-08-03"), ("overdue", "", "2026-08-03")}
    subject_requests.withdraw(case, actor="test")
    assert not DeadlineAlarm.objects.open().filter(kind="soon").exists()
    assert DeadlineAlarm.objects.open().filter(kind="overdue").exists(), "that it was late stays to be looked at"


@JOINED
def test_sfb_02_06_10_every_shorter_promise_that_was_missed_has_its_alarm(mary):
    complaint, ours = open_then(mary, "complaint"), open_then(mary, "rectification")
    with time_machine.travel(at(1), tick=False):
        complaints.describe(complaint, actor="test", transaction_number="A 1", transaction_on=date(2026, 6, 1))
        complaints.open_mediation(complaint, actor="test", opened_on=date(2026, 7, 4))
    promises = {("promise", "acknowledgement", "2026-07-08"), ("promise", "own_error", "2026-07-17"),
                ("promise", "mediation", "2026-08-18")}  # fmt: skip
    assert {line for line in raised(at(5)) if line[0] == "promise"} == set()
    assert {line for line in raised(at(6)) if line[0] == "promise"} == {("promise", "acknowledgement", "2026-07-08")}
    assert {line for line in raised(at(47)) if line[0] == "promise"} == promises
    assert DeadlineAlarm.objects.filter(kind="promise", case=ours).count() == 1


def test_sfb_04_a_complainant_without_word_for_fourteen_days_raises_one_alarm_for_each_silence(mary):
    case = open_then(mary, "complaint")
    silent = {("silent", "", "2026-07-17")}
    assert {line for line in raised(at(13)) if line[0] == "silent"} == set()
    assert {line for line in raised(at(15)) if line[0] == "silent"} == silent
    assert {line for line in raised(at(20)) if line[0] == "silent"} == silent
    with time_machine.travel(at(20), tick=False):
        complaints.inform(case, actor="test", text="We are looking for the parcel.")
    assert {line for line in raised(at(36)) if line[0] == "silent"} == silent | {("silent", "", "2026-08-06")}


def test_a_withdrawal_that_took_longer_than_48_hours_raises_one_alarm_for_the_wish(mary):
    for road, hours in ((Source.LETTER, 49), (Source.PHONE, 47), (Source.IMPORT, 900)):
        with time_machine.travel(at(5), tick=False):
            consent.withdraw_marketing(mary, source=road, actor="test", occurred_at=at(5, -hours))
    assert raised(at(5)) == {("slow", "letter", "2026-07-08")}


def test_what_may_be_a_withdrawal_and_lies_for_48_hours_raises_one_alarm(mary):
    objection = open_then(mary, "objection", source="letter")
    mail = make.inbound_email(mary, received_at=FRIDAY, review_state="open")
    call = make.webhook_call(mary, received_at=FRIDAY, review_state="open")
    assert raised(at(2)) == set()
    assert {(kind, what) for kind, what, _day in raised(at(2, 1))} == {
        ("waiting", ""), ("waiting", f"privacy.inboundemail:{mail.pk}"), ("waiting", f"privacy.webhookcall:{call.pk}"),
    }  # fmt: skip
    assert DeadlineAlarm.objects.get(what="").case == objection


def test_a_holiday_that_was_added_or_cancelled_is_told_and_moves_nothing(mary):
    later, earlier = open_then(mary, "access"), open_then(mary, "erasure")
    told = later.due_on
    DataSubjectRequest.objects.filter(pk=later.pk).update(due_on=told - timedelta(days=3))
    DataSubjectRequest.objects.filter(pk=earlier.pk).update(due_on=told + timedelta(days=1))
    assert raised(at(1)) == set(), "every case is looked at by night alone"
    assert raised(at(1), at_night=True) == {("holidays", "later", str(told)), ("holidays", "earlier", str(told))}
    later.refresh_from_db()
    assert later.due_on == told - timedelta(days=3)
    [(_to, _subject, body)] = letters("holidays")
    assert "keep the day we told" in body and "keep this day" in body


# --- letters ------------------------------------------------------------------------------------------


def test_what_is_overdue_is_told_at_once_and_of_the_rest_one_letter_a_day_of_each_kind(mary):
    first, second = open_then(mary, "access"), open_then(mary, "rectification")
    raised(at(24))
    third = open_then(mary, "enquiry")
    raised(at(24, 1))
    assert len(letters("soon")) == 1, "the third waits for tomorrow's letter"
    raised(at(25))
    sent = letters("soon")
    assert len(sent) == 2
    assert first.reference in sent[0][2] and second.reference in sent[0][2] and third.reference in sent[1][2]
    assert {to for to, _subject, _body in sent} == {"dpo@northlight.example"}
    assert "(2)" in sent[0][1] and "Byrne" not in "".join(body for _to, _subject, body in sent)
    raised(at(32))
    fourth = open_then(mary, "erasure")
    raised(at(32, 1))
    assert [fourth.reference in body for _to, _subject, body in letters("overdue")] == [False, True]
    before = OutgoingEmail.objects.count()
    raised(at(32, 2)), raised(at(32, 2))
    assert OutgoingEmail.objects.count() == before
    assert not DeadlineAlarm.objects.filter(mailed_at=None).exists()


def test_a_thousand_alarms_are_one_letter_that_names_the_first_and_counts_the_rest(mary):
    late = date(2026, 7, 1)
    DataSubjectRequest.objects.bulk_create(
        DataSubjectRequest(data_subject=mary, kind="access", jurisdiction="GB", received_at=FRIDAY, due_on=late)
        for _ in range(1_001)
    )
    raised(at(0))
    [(_to, subject, body)] = letters("overdue")
    assert "(1001)" in subject and "and 951 more" in body and body.count("\n- NL-") == 50


def test_the_schedule_raises_them(mary, settings):
    open_then(mary, "access")
    assert settings.CELERY_BEAT_SCHEDULE["alarms"]["task"] == "privacy.tasks.raise_alarms"
    with time_machine.travel(at(40), tick=False):
        assert hourly() == 1
        reckon_all()
        assert hourly() == 0


# --- ticked off ---------------------------------------------------------------------------------------


def test_an_alarm_is_ticked_off_once_by_whom_and_why_and_the_first_words_stay(mary):
    case = open_then(mary, "access")
    raised(at(40))
    alarm = DeadlineAlarm.objects.get()
    ann, ben = colleague(OFFICER), colleague(AGENT)
    at_desk = desk(ann)
    assert "Alarms that nobody has ticked off" in at_desk.get("/admin/").content.decode()
    assert case.reference in at_desk.get(LIST).content.decode()
    where = reverse("admin:privacy_deadlinealarm_seen", args=[alarm.pk])
    assert at_desk.get(where).status_code == 405
    assert "Ticked off." in at_desk.post(where, {"note": "Called her; answered today."}, follow=True).content.decode()
    assert "A colleague was faster." in desk(ben).post(where, {"note": "Me too."}, follow=True).content.decode()
    alarm.refresh_from_db()
    assert (alarm.seen_by, bytes(alarm.note)) == (ann, b"Called her; answered today.")
    assert AuditEntry.objects.filter(event="alarm.seen").count() == 1
    assert "Alarms that nobody" not in at_desk.get("/admin/").content.decode()
    assert case.reference not in at_desk.get(LIST).content.decode()
    history = at_desk.get(f"{LIST}?which=all").content.decode()
    assert case.reference in history and str(ann) in history
    assert "Called her" not in shown(at_desk, alarm)
    look(at_desk, alarm)
    assert "Called her" in shown(at_desk, alarm)


def test_an_auditor_reads_alarms_and_ticks_off_none(mary):
    open_then(mary, "access")
    raised(at(40))
    alarm, at_desk = DeadlineAlarm.objects.get(), desk(colleague(AUDITOR))
    page = at_desk.get(page_of(alarm)).content.decode()
    assert "Past its last day" in page and "tick it off" not in page
    assert at_desk.post(reverse("admin:privacy_deadlinealarm_seen", args=[alarm.pk])).status_code == 403
    assert at_desk.post(f"{page_of(alarm)}").status_code in (403, 405)


def test_the_database_refuses_an_alarm_seen_by_nobody(mary):
    alarm = make.deadline_alarm(mary, seen_at=None, seen_by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        DeadlineAlarm.objects.filter(pk=alarm.pk).update(seen_at=FRIDAY)
    assert tick_off(alarm, actor=colleague(OFFICER), note="", now=FRIDAY)
