"""Staff see what they must (FAULTS F68, G): masked until a reason is typed, for minutes, for one person, logged."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from privacy import sight, tasks
from privacy.audit import AuditEntry
from privacy.notices import OutgoingEmail
from privacy.roles import AGENT, AUDITOR, OFFICER
from privacy.sight import NotOpened, Opening, ViewingAlarm
from tests import make
from tests.office import colleague, desk, look, page_of, shown

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 9, 10, 11, tzinfo=UTC)


@pytest.fixture
def agent():
    return colleague(AGENT)


@pytest.fixture
def at_desk(agent):
    return desk(agent)


@pytest.fixture
def mary():
    return make.customer("mary.canary@example.com", display_name="Mária Byrne", family_name="Byrne")


# --- opening -----------------------------------------------------------------------------------------------


def test_a_reason_opens_this_person_alone_in_this_session_alone(agent, at_desk, mary):
    other = make.customer(display_name="Tom Kelly")
    answer = look(at_desk, mary)
    assert answer.url == page_of(mary)
    assert "Mária Byrne" in shown(at_desk, mary)
    assert "mary.canary@example.com" in shown(at_desk, mary)
    assert "Mária Byrne" in shown(at_desk, make.case(mary))
    assert "Tom Kelly" not in shown(at_desk, other)
    assert "Mária Byrne" not in shown(desk(agent), mary)
    assert "Mária Byrne" not in shown(desk(colleague(AGENT)), mary)


def test_after_fifteen_minutes_it_is_masked_again(mary, settings):
    with time_machine.travel(NOON, tick=False) as clock:
        at_desk = desk(colleague(AGENT))
        look(at_desk, mary)
        assert "for 15 more minutes" in shown(at_desk, mary)
        clock.shift(timedelta(minutes=14, seconds=59))
        assert "Mária Byrne" in shown(at_desk, mary)
        assert "for 1 more minute." in shown(at_desk, mary)
        clock.shift(timedelta(seconds=1))
        assert "Mária Byrne" not in shown(at_desk, mary)
        settings.DETAILS_OPEN_MINUTES = 5
        look(at_desk, mary)
        assert "for 5 more minutes" in shown(at_desk, mary)
        clock.shift(timedelta(minutes=-16))
        assert "Mária Byrne" not in shown(at_desk, mary), "a clock that was turned back opens nothing"


def test_mask_again_ends_it_at_once(at_desk, mary):
    look(at_desk, mary), look(at_desk, mary)
    url = reverse("admin:mask_again", args=["customers.customer", mary.pk])
    assert at_desk.get(url).status_code == 405
    assert at_desk.post(url, {"next": page_of(mary)}).url == page_of(mary)
    assert "Mária Byrne" not in shown(at_desk, mary)
    assert AuditEntry.objects.filter(event="person.masked").count() == 2


def test_signing_out_and_in_again_ends_it(agent, mary):
    at_desk = desk(agent)
    look(at_desk, mary)
    at_desk.force_login(agent)
    assert "Mária Byrne" in shown(at_desk, mary)
    at_desk.logout()
    at_desk.force_login(agent)
    assert "Mária Byrne" not in shown(at_desk, mary)


def test_the_page_comes_back_where_she_was_and_never_leaves_the_office(at_desk, mary):
    mail = make.inbound_email(mary)
    url = reverse("admin:open_details", args=["privacy.inboundemail", mail.pk])
    said = {"ground": "mail", "words": "To see what it asks."}
    back = reverse("admin:privacy_inboundemail_person", args=[mail.pk]) + "?q=byrne"
    assert at_desk.post(url, said | {"next": back}).url == back
    for elsewhere in ("https://evil.example/", "//evil.example/admin/", "/account/", "javascript:alert(1)"):
        assert at_desk.post(url, said | {"next": elsewhere}).url == page_of(mail)


@pytest.mark.parametrize(("ground", "words"), [
    ("contact", ""), ("contact", "  "), ("contact", "x"), ("contact", "...."), ("nonsense", "She called."), ("", ""),
    ("request", "She called about it."), ("request", "NL-AAAA-AAAA"), ("other", "123 456"),
])  # fmt: skip
def test_what_is_no_reason_opens_nothing_and_says_so(at_desk, mary, ground, words):
    answer = look(at_desk, mary, ground=ground, words=words)
    assert answer.status_code == 422
    assert 'class="office-error"' in answer.content.decode()
    assert not Opening.objects.exists()
    assert "Mária Byrne" not in answer.content.decode()


def test_the_number_of_an_open_request_of_this_person_is_a_reason(at_desk, mary):
    case = make.case(mary)
    page = shown(at_desk, case)
    assert f'value="{case.reference}"' in page, "one click is enough on the page of an open request"
    look(at_desk, case, ground="request", words=case.reference.lower())
    made = Opening.objects.get()
    assert (made.reference, made.with_request, made.data_subject) == (case.reference, True, mary)


def test_a_request_that_is_closed_or_another_persons_is_none(at_desk, mary):
    closed, others = make.case(mary, state="completed", closed_at=NOON), make.case(make.customer())
    for case in (closed, others):
        assert look(at_desk, mary, ground="request", words=case.reference).status_code == 422


def test_get_opens_nothing(at_desk, mary):
    url = reverse("admin:open_details", args=["customers.customer", mary.pk])
    for verb in ("get", "head", "put", "options", "delete"):
        assert getattr(at_desk, verb)(url + "?ground=contact&words=She+called").status_code in (403, 405)
    assert not Opening.objects.exists()


@pytest.mark.parametrize("label", ["no.such", "customers.account", "privacy.auditentry", "customers.address", "x"])
def test_only_a_record_of_a_person_that_the_office_shows_can_be_opened(at_desk, label):
    answer = at_desk.post(f"/admin/details/{label}/1/open/", {"ground": "contact", "words": "She called."})
    assert answer.status_code in (403, 404)
    assert not Opening.objects.exists()


def test_an_auditor_opens_nothing_by_any_road(mary):
    auditor = colleague(AUDITOR)
    assert look(desk(auditor), make.case(mary)).status_code == 403
    with pytest.raises(NotOpened):
        sight.open_details(auditor, "session", mary, "contact", "She called.")
    assert "Personal details are masked" not in shown(desk(auditor), make.case(mary))


def test_an_agent_does_not_open_what_she_may_not_list(at_desk, mary):
    hold = make.restriction(mary, lifted_at=None, lifted_by="", lift_proposed_by="")
    assert look(at_desk, hold).status_code == 403


def test_a_right_that_was_taken_away_shows_nothing_more(agent, at_desk, mary):
    look(at_desk, mary)
    agent.groups.clear()
    agent.groups.add(colleague(AUDITOR).groups.get())
    assert at_desk.get(page_of(mary)).status_code == 403
    assert "Mária" not in shown(at_desk, make.case(mary))


def test_mail_of_nobody_we_know_is_masked_and_opened_by_itself(at_desk, mary):
    raw = b"From: new@example.net\r\nSubject: Hello there\r\n\r\nCall me.\r\n"
    mail = make.inbound_email(mary, raw=raw, review_state="open", data_subject=None, sender="new@example.net")
    second = make.inbound_email(mary, raw=raw, review_state="open", data_subject=None)
    for word in ("new@example.net", "Hello there", "Call me."):
        assert word not in shown(at_desk, mail)
    look(at_desk, mail, ground="mail", words="To see what it asks.")
    for word in ("new@example.net", "Hello there", "Call me."):
        assert word in shown(at_desk, mail)
        assert word not in shown(at_desk, second)
    mail.data_subject = mary
    mail.save()
    assert "Call me." in shown(at_desk, mail), "saying whose it is does not close it"
    assert "Mária Byrne" not in shown(at_desk, mary)


def test_steps_that_need_no_look_work_while_it_is_masked(at_desk, mary):
    case = make.case(mary)
    at_desk.post(reverse("admin:privacy_datasubjectrequest_step", args=[case.pk, "start"]))
    case.refresh_from_db()
    assert case.state == "in_progress"
    assert not Opening.objects.exists()


# --- written down ------------------------------------------------------------------------------------------


def test_opening_and_every_look_are_in_the_audit_log_by_reference_and_the_words_are_encrypted(agent, at_desk, mary):
    case = make.case(mary)
    look(at_desk, case, words="Her neighbour Zebulon asked.")
    at_desk.get(page_of(case)), at_desk.get(page_of(mary))
    hers = AuditEntry.objects.filter(actor=f"customers.account:{agent.pk}", subject=f"customers.customer:{mary.pk}")
    events = list(hers.order_by("pk").values_list("event", "target"))
    at = f"privacy.datasubjectrequest:{case.pk}"
    assert events == [("person.opened", at), ("person.viewed", at), ("person.viewed", f"customers.customer:{mary.pk}")]
    assert not any("Zebulon" in str(row) for row in AuditEntry.objects.values_list())
    assert Opening.objects.get().words == "Her neighbour Zebulon asked."
    [stored] = Opening.objects.raw("SELECT id, reason AS stored FROM privacy_opening")
    assert b"Zebulon" not in bytes(stored.stored)


def test_a_masked_page_is_no_look(at_desk, mary):
    at_desk.get(page_of(mary)), at_desk.get(page_of(make.case(mary)))
    assert not AuditEntry.objects.filter(event="person.viewed").exists()


# --- alarms (F68, SFB-14) ----------------------------------------------------------------------------------


def letters(template):
    return OutgoingEmail.objects.filter(template=template)


def test_sfb_14_f68_five_hundred_people_in_an_hour_are_logged_with_reason_and_the_officer_is_told_at_once(agent):
    people = type(make.customer()).objects.bulk_create(
        type(make.customer())(display_name=f"Person {n}", number=f"9{n:08d}") for n in range(500)
    )
    with time_machine.travel(NOON, tick=False) as clock:
        for n, person in enumerate(people):
            sight.open_details(agent, "session", person, "contact", "I was curious.")
            clock.shift(timedelta(seconds=7))
            if n == 30:
                assert letters("looks_alarm").count() == 1, "the thirty-first is one too many"
            elif n < 30:
                assert letters("looks_alarm").count() == 0
    assert Opening.objects.count() == AuditEntry.objects.filter(event="person.opened").count() == 500
    assert {row.words for row in Opening.objects.all()} == {"I was curious."}
    assert letters("looks_alarm").count() == ViewingAlarm.objects.count() == 1
    letter = letters("looks_alarm").get()
    assert letter.to_address == "dpo@northlight.example"
    assert letter.data_subject is None
    body = bytes(letter.body).decode()
    assert f"{agent} opened the details of 31 different people" in body
    assert f"/admin/looks/?colleague={agent.pk}" in body


def test_the_same_people_again_and_an_hour_between_raise_no_alarm(agent, settings):
    settings.MASS_VIEWING_PEOPLE = 3
    people = [make.customer() for _ in range(4)]
    with time_machine.travel(NOON, tick=False) as clock:
        for person in (*people[:3], *people[:3]):
            sight.open_details(agent, "session", person, "contact", "She called.")
        clock.shift(timedelta(hours=1))
        sight.open_details(agent, "session", people[3], "contact", "She called.")
        assert not ViewingAlarm.objects.exists()
        for person in people:
            sight.open_details(agent, "session", person, "contact", "She called.")
        assert ViewingAlarm.objects.get().people == 4


def test_mails_of_nobody_we_know_count_as_people(agent, settings):
    settings.MASS_VIEWING_PEOPLE = 2
    for n in range(3):
        mail = make.inbound_email(make.customer(), identity=f"m{n}", data_subject=None)
        sight.open_details(agent, "session", mail, "mail", "To read it.")
    assert ViewingAlarm.objects.get().people == 3


def test_an_alarm_stands_on_the_officers_start_page_and_leads_to_the_looks(agent, mary, settings):
    settings.MASS_VIEWING_PEOPLE = 1
    for person in (mary, make.customer()):
        sight.open_details(agent, "session", person, "contact", "She called.")
    at_desk = desk(colleague(OFFICER))
    page = at_desk.get("/admin/").content.decode()
    assert f"{agent} opened the details of 2 people within an hour." in page
    assert "within an hour" not in desk(agent).get("/admin/").content.decode()
    assert "She called." in at_desk.get(f"/admin/looks/?colleague={agent.pk}").content.decode()


def test_g_the_emergency_account_gives_a_reason_and_raises_an_alarm_with_the_first_look(mary):
    boss = colleague("superuser")
    at_desk = desk(boss)
    assert "Mária Byrne" not in shown(at_desk, mary)
    assert not ViewingAlarm.objects.exists()
    look(at_desk, mary, ground="security", words="The mail server broke.")
    assert "Mária Byrne" in shown(at_desk, mary)
    assert ViewingAlarm.objects.get().kind == "break_glass"
    assert "with the emergency account" in bytes(letters("looks_alarm").get().body).decode()
    assert {"break_glass.person_opened", "break_glass.person_viewed"} <= set(
        AuditEntry.objects.values_list("event", flat=True)
    )


@pytest.mark.parametrize(("said", "address"), [
    ("Ines Okafor, dpo@shop.example", "dpo@shop.example"), ("Ines <dpo@shop.example>", "dpo@shop.example"),
    ("Ines Okafor", "service@northlight.example"),
])  # fmt: skip
def test_the_officers_address_is_the_one_of_the_setting(said, address, settings):
    settings.SHOP = settings.SHOP | {"data_protection_officer": said}
    assert sight.alarm.officer_address() == address


# --- reports (CLG-20) --------------------------------------------------------------------------------------


def test_clg_20_the_report_counts_by_colleague_and_day_with_and_without_an_open_request(agent, mary):
    other = colleague(AGENT)
    with time_machine.travel(NOON, tick=False) as clock:
        case, nobody = make.case(make.customer()), make.customer()
        sight.open_details(agent, "s", case, "request", case.reference)
        sight.open_details(agent, "s", nobody, "contact", "She called.")
        sight.open_details(agent, "s", nobody, "contact", "She called again.")
        sight.viewed(agent, nobody)
        clock.shift(timedelta(days=1))
        sight.open_details(other, "s", mary, "contact", "She called.")
    first, last = NOON.date(), NOON.date() + timedelta(days=1)
    newer, older = sight.days(first, last)
    assert (newer.colleague, newer.people, newer.openings, newer.without_request) == (other, 1, 1, 1)
    assert (older.colleague, older.people, older.openings, older.without_request, older.pages) == (agent, 2, 3, 2, 1)
    assert [line.colleague for line in sight.days(first, last, agent)] == [agent]
    assert [line.colleague for line in sight.days(first, first)] == [agent]
    with time_machine.travel(NOON + timedelta(days=2)):
        page = desk(colleague(OFFICER)).get("/admin/looks/", {"colleague": agent.pk}).content.decode()
        assert "She called again." in page
        assert case.reference in page
        assert case.data_subject.printed_number in page
        assert case.data_subject.display_name not in page
        numbers_only = desk(colleague(AUDITOR)).get("/admin/looks/", {"colleague": agent.pk}).content.decode()
        assert "She called again." not in numbers_only


def test_the_day_of_a_look_is_the_shops_day(agent, mary):
    with time_machine.travel(datetime(2026, 7, 1, 23, 30, tzinfo=UTC), tick=False):
        sight.open_details(agent, "s", mary, "contact", "She called.")
    assert [line.day for line in sight.days(date(2026, 7, 2), date(2026, 7, 2))] == [date(2026, 7, 2)]
    assert sight.days(date(2026, 7, 1), date(2026, 7, 1)) == []


def test_the_report_as_csv_has_numbers_and_no_names_and_no_cell_that_computes(mary):
    spreadsheet = colleague(AGENT)
    spreadsheet.staff_name = "=HYPERLINK(1)"
    spreadsheet.save()
    sight.open_details(spreadsheet, "s", mary, "contact", "She called.")
    at_desk, url = desk(colleague(OFFICER)), reverse("admin:looks_export")
    assert at_desk.get(url).status_code == 405
    text = at_desk.post(url).getvalue().decode()
    assert mary.printed_number in text
    assert "'=HYPERLINK(1)" in text
    for secret in ("Mária", "Byrne", "mary.canary", "She called"):
        assert secret not in text
    assert AuditEntry.objects.filter(event="looks.exported").exists()


@pytest.mark.parametrize("query", ["?first=x", "?first=2026-02-01&last=2026-01-01", "?colleague=999999",
                                   "?first=2020-01-01&last=2026-01-01", "?page=99", "?first=0001-01-01&last=0001-01-02",
                                   "?first=9999-12-31&last=9999-12-31"])  # fmt: skip
def test_bad_periods_are_one_clear_line(query):
    assert desk(colleague(OFFICER)).get(f"/admin/looks/{query}").status_code in (200, 422)


def test_f68_the_daily_letter_tells_who_looked_at_how_many_once(agent, mary):
    sight.open_details(agent, "s", mary, "contact", "She called.")
    day = Opening.objects.get().opened_at.date()
    for _twice in range(2):
        sight.send_daily(day)
    body = bytes(letters("looks_daily").get().body).decode()
    assert f"{agent}: 1, 1, 1, 0" in body
    assert "Byrne" not in body
    sight.send_daily(day - timedelta(days=1))
    assert "Nobody's details were opened on this day." in bytes(letters("looks_daily").latest("pk").body).decode()


def test_the_schedule_asks_for_yesterdays_letter_and_two_schedules_send_one(agent, mary, settings):
    assert settings.CELERY_BEAT_SCHEDULE["report looks"]["task"] == tasks.report_looks.name
    with time_machine.travel(NOON, tick=False) as clock:
        sight.open_details(agent, "s", mary, "contact", "She called.")
        clock.shift(timedelta(days=1))
        for _schedule in range(2):
            tasks.report_looks()
    assert f"{agent}: 1, 1, 1, 0" in bytes(letters("looks_daily").get().body).decode()


# --- the customer's page -----------------------------------------------------------------------------------


def test_a_customer_reads_who_looked_when_and_why_without_names_or_the_colleagues_words():
    mary, joan = make.customer(login=True), make.customer(login=True)
    agent, case = colleague(AGENT), make.case(mary)
    sight.open_details(agent, "s", case, "request", case.reference)
    sight.open_details(colleague(OFFICER), "s", mary, "check", "Zebulon was here.")
    sight.open_details(colleague("superuser"), "s", mary, "security", "Zebulon was here.")
    browser = Client()
    browser.force_login(make.login_of(mary))
    page = browser.get("/account/looks/").content.decode()
    for words in ("Customer care", "To answer your request", case.reference, "Our privacy officer", "A technician"):
        assert words in page, words
    for secret in ("Zebulon", str(agent), agent.email):
        assert secret not in page
    assert "/account/looks/" in browser.get("/account/").content.decode()
    assert "Zebulon" not in browser.get("/account/").content.decode()
    other = Client()
    other.force_login(make.login_of(joan))
    assert "Nobody has looked" in other.get("/account/looks/").content.decode()
    assert Client().get("/account/looks/").status_code == 302


def test_many_looks_come_in_pages():
    mary = make.customer(login=True)
    for _ in range(25):
        make.opening(mary)
    browser = Client()
    browser.force_login(make.login_of(mary))
    assert len(browser.get("/account/looks/").context["looks"]) == 20
    assert len(browser.get("/account/looks/?page=2").context["looks"]) == 5
