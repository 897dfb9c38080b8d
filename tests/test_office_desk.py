"""At the desk: letters and calls recorded (LRD-04, CNX-07), signing in, staff accounts, nothing above one's level."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils import timezone

from customers.models import Account
from privacy import consent, roles
from privacy.audit import AuditEntry
from privacy.notices import OutgoingEmail
from privacy.roles import AGENT, AUDITOR, MANAGER, OFFICER
from privacy.subject_requests import DataSubjectRequest
from privacy.vocabulary import Purpose
from tests import make
from tests.office import colleague, desk, look

pytestmark = pytest.mark.django_db
REVOCATION, INTAKE, STAFF = "/admin/revocation/", "/admin/intake/", "/admin/customers/account/"


@pytest.fixture
def at_desk():
    return desk(colleague(AGENT))


def came(**said):
    return {
        "kind": "access",
        "source": "letter",
        "received_on": timezone.localdate().isoformat(),
        "details": "",
        "key": "k",
    } | said


def test_the_person_is_found_by_number_address_or_name_and_shown_masked(at_desk):
    mary = make.customer("mary.byrne@example.com", display_name="Mary Byrne", family_name="Byrne")
    for text in (mary.printed_number, "mary.byrne@example.com", "Mary", "BYRNE"):
        found = at_desk.get(INTAKE, {"q": text}).content.decode()
        assert mary.printed_number in found, text
        assert "M••• B•••" in found
    assert "Nobody fits" in at_desk.get(INTAKE, {"q": "xyz"}).content.decode()


@pytest.mark.parametrize("source", ["letter", "phone", "fax", "store", "email"])
def test_lrd_04_a_request_by_every_road_has_the_same_clock_and_receipt(at_desk, source):
    mary, day = make.customer(), timezone.localdate() - timedelta(days=5)
    answer = at_desk.post(f"{INTAKE}?person={mary.number}", came(source=source, received_on=day.isoformat()))
    case = DataSubjectRequest.objects.get()
    assert answer.url == f"/admin/privacy/datasubjectrequest/{case.pk}/change/"
    assert (case.source, timezone.localdate(case.received_at)) == (source, day)
    same = make.case(make.customer(), "access", received_at=case.received_at)
    assert case.due_on == same.due_on
    assert OutgoingEmail.objects.filter(template="case_received", data_subject=mary).count() == 1
    assert case.identity_confirmed_at is None


def test_a_date_to_come_is_refused_and_two_clicks_are_one_request(at_desk):
    mary = make.customer()
    tomorrow = timezone.localdate() + timedelta(days=1)
    url = f"{INTAKE}?person={mary.number}"
    answer = at_desk.post(url, came(received_on=tomorrow.isoformat()))
    assert answer.status_code == 422
    assert "This date is in the future." in answer.content.decode()
    at_desk.post(url, came()), at_desk.post(url, came())
    assert DataSubjectRequest.objects.count() == 1
    at_desk.post(url, came(key="another"))
    assert DataSubjectRequest.objects.count() == 2


@pytest.mark.parametrize("source", ["letter", "phone", "fax", "store", "email"])
def test_cnx_07_a_revocation_by_every_road_has_the_effect_and_receipt_of_ones_own(at_desk, source):
    mary = make.customer()
    make.grant(mary), make.grant(mary, channel="post", sender="own")
    form = {"what": ["marketing-email-own"], "source": source, "wording": "Stop it.",
            "received_on": timezone.localdate().isoformat()}  # fmt: skip
    at_desk.post(f"{REVOCATION}?person={mary.number}", form)
    assert not consent.is_granted(mary, Purpose.MARKETING, channel="email", sender="own")
    assert consent.is_granted(mary, Purpose.MARKETING, channel="post", sender="own")
    entry = consent.latest(mary, Purpose.MARKETING, channel="email", sender="own")
    assert entry
    assert (entry.source, entry.wording) == (source, "Stop it.")
    letter = OutgoingEmail.objects.get(template="revoked")
    assert "may email me its own offers" in bytes(letter.body).decode()
    at_desk.post(f"{REVOCATION}?person={mary.number}", form | {"what": ["all_marketing"]})
    assert not consent.is_granted(mary, Purpose.MARKETING, channel="post", sender="own")


def test_a_revocation_counts_from_the_day_it_came_and_never_undoes_a_later_yes(at_desk):
    mary, day = make.customer(), timezone.localdate() - timedelta(days=3)
    make.grant(mary, occurred_at=timezone.now() - timedelta(days=1))
    form = {"what": ["marketing-email-own"], "source": "letter", "wording": "Stop.", "received_on": day.isoformat()}
    at_desk.post(f"{REVOCATION}?person={mary.number}", form)
    assert consent.is_granted(mary, Purpose.MARKETING, channel="email", sender="own")
    assert not consent.is_granted(
        mary, Purpose.MARKETING, channel="email", sender="own", at=timezone.now() - timedelta(days=2)
    )


def test_nothing_is_ticked_nothing_is_written(at_desk):
    mary = make.customer()
    answer = at_desk.post(
        f"{REVOCATION}?person={mary.number}", {"source": "fax", "wording": "x", "received_on": "2026-01-01"}
    )
    assert answer.status_code == 422
    assert not consent.ConsentEntry.objects.exists()


# --- coming in ------------------------------------------------------------------------------------------


def test_the_office_has_one_sign_in(client: Any):
    for url in ("/admin/", "/admin/login/", "/admin/privacy/datasubjectrequest/"):
        assert client.get(url).url.startswith("/account/login/?next=/admin/")
    assert client.post("/admin/login/", {"username": "a", "password": "b"}).url.startswith("/account/login/")


def test_staff_without_a_second_factor_go_and_make_one(settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    account = colleague(AGENT)
    at_desk = desk(account)
    for url in ("/admin/", "/admin/privacy/datasubjectrequest/", "/admin/intake/", "/admin/jsi18n/"):
        assert at_desk.get(url).url == reverse("mfa_activate_totp"), url
    Authenticator.objects.create(user=account, type="totp", data={})
    assert at_desk.get("/admin/").status_code == 200


def test_mad_18_the_queue_opens_after_a_promise_that_holds_for_a_year():
    account = colleague(AGENT, promised=False)
    at_desk = desk(account)
    assert "See what is missing" in at_desk.get("/admin/").content.decode()
    sent = at_desk.get("/admin/privacy/datasubjectrequest/?due=week")
    assert sent.url == "/admin/confidentiality/?next=%2Fadmin%2Fprivacy%2Fdatasubjectrequest%2F%3Fdue%3Dweek"
    assert at_desk.get(sent.url).status_code == 200
    assert not AuditEntry.objects.filter(event="staff.confidentiality").exists()
    done = at_desk.post("/admin/confidentiality/", {"next": "/admin/privacy/datasubjectrequest/"})
    assert done.url == "/admin/privacy/datasubjectrequest/"
    assert at_desk.get(done.url).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=366)):
        assert desk(account).get("/admin/privacy/datasubjectrequest/").status_code == 302
    assert at_desk.post("/admin/confidentiality/", {"next": "https://evil.example/"}).url == "/admin/"


# --- staff accounts (F57) -------------------------------------------------------------------------------


def group(name):
    return roles.Group.objects.get(name=name).pk


def test_a_manager_makes_an_account_without_password_in_roles_below(settings):
    manager = colleague(MANAGER)
    form = {"email": "new@northlight.example", "staff_name": "New", "is_active": "on", "roles": [group(AGENT)]}
    assert desk(manager).post(f"{STAFF}add/", form | {"is_superuser": "on", "password": "x"}).status_code == 302
    made = Account.objects.get(email="new@northlight.example")
    assert (made.is_staff, made.is_superuser, made.has_usable_password()) == (True, False, False)
    assert roles.names_of(made) == {AGENT}
    assert AuditEntry.objects.filter(event="staff.added").exists()


@pytest.mark.parametrize("role", [OFFICER, MANAGER])
def test_f57_a_manager_gives_no_role_of_ones_own_level_or_above(role):
    manager, agent = colleague(MANAGER), colleague(AGENT)
    form = {"email": agent.email, "staff_name": "x", "is_active": "on", "roles": [group(role)]}
    assert desk(manager).post(f"{STAFF}{agent.pk}/change/", form).status_code == 200
    assert roles.names_of(agent) == {AGENT}
    form["email"] = "sock@northlight.example"
    assert desk(manager).post(f"{STAFF}add/", form).status_code == 200
    assert not Account.objects.filter(email="sock@northlight.example").exists()


@pytest.mark.parametrize("whose", ["self", OFFICER, MANAGER, "superuser"])
def test_f57_a_manager_changes_neither_herself_nor_anybody_above(whose):
    manager = colleague(MANAGER)
    other = manager if whose == "self" else colleague(whose)
    at_desk = desk(manager)
    before = Account.objects.filter(pk=other.pk).values().get(), roles.names_of(other)
    form = {"email": "taken@northlight.example", "staff_name": "x", "is_active": "on", "roles": [group(AGENT)],
            "is_superuser": "on", "_saveasnew": "1"}  # fmt: skip
    assert at_desk.post(f"{STAFF}{other.pk}/change/", form).status_code == 403
    assert before == (Account.objects.filter(pk=other.pk).values().get(), roles.names_of(other))
    assert not Account.objects.filter(email="taken@northlight.example").exists()


def test_f57_nobody_makes_a_superuser_and_a_superuser_not_herself():
    boss, agent = colleague("superuser"), colleague(AGENT)
    form = {"email": agent.email, "staff_name": "x", "is_active": "on", "roles": [group(OFFICER)], "is_superuser": "on"}
    assert desk(boss).post(f"{STAFF}{agent.pk}/change/", form).status_code == 302
    agent.refresh_from_db()
    assert (agent.is_superuser, roles.names_of(agent)) == (False, {OFFICER})
    assert desk(boss).post(f"{STAFF}{boss.pk}/change/", form).status_code == 403


@pytest.mark.parametrize("url", ["password/", "../password/", "password/?_popup=1"])
def test_f57_there_is_no_page_to_set_somebodys_password(url):
    boss = colleague("superuser")
    target = colleague("superuser")
    answer = desk(colleague(MANAGER)).post(f"{STAFF}{target.pk}/{url}", {"password1": "x", "password2": "x"})
    assert answer.status_code in (302, 403, 404)
    assert Account.objects.get(pk=target.pk).password == target.password
    assert desk(boss).get(f"{STAFF}{target.pk}/password/", follow=True).status_code in (200, 404)


def test_f57_a_customers_account_is_nobodys_business_here():
    mary = make.customer(login=True)
    for who in (MANAGER, "superuser"):
        at_desk = desk(colleague(who))
        assert at_desk.get(f"{STAFF}{make.login_of(mary).pk}/change/").status_code == 302
        assert make.login_of(mary).email not in at_desk.get(STAFF).content.decode()


@pytest.mark.parametrize("role", [AGENT, OFFICER, AUDITOR])
def test_f57_others_do_not_even_see_the_accounts(role):
    assert desk(colleague(role)).get(STAFF).status_code == 403


def test_mad_17_how_many_may_see_personal_details_is_counted():
    colleague(AGENT), colleague(AGENT, is_active=False), colleague(AUDITOR), colleague("superuser")
    manager = colleague(MANAGER)
    assert desk(manager).get("/admin/").context["reach"] == 2
    for _ in range(10):
        colleague(OFFICER)
    assert "more than a handful" in desk(manager).get("/admin/").content.decode()


def test_rules_are_written_by_officers_with_a_line_in_the_log():
    form = {"slug": "loyalty", "label": "Loyalty", "lawful_basis": "consent", "explanation": ""}
    assert desk(colleague(OFFICER)).post("/admin/privacy/purpose/add/", form).status_code == 302
    assert AuditEntry.objects.filter(event="purpose.added").exists()
    policy = make.policy()
    url = f"/admin/privacy/policyversion/{policy.pk}/change/"
    assert desk(colleague(OFFICER)).post(url, {"body": "Rewritten"}).status_code == 403


def test_the_audit_log_is_checked_by_a_button():
    make.case(make.customer())
    answer = desk(colleague(AUDITOR)).post(reverse("admin:privacy_auditentry_verify"), follow=True)
    assert "intact" in answer.content.decode()


# --- mail (F70) -----------------------------------------------------------------------------------------

POISON = b"""From: Mallory <mallory@example.org>\r\nTo: privacy@northlight.example\r
Subject: =?utf-8?q?=3Cscript=3E?= hello\r
Content-Type: text/html; charset=utf-8\r\n\r\n<p>Please help me.</p><script>alert(1)</script>
<img src="https://evil.example/pixel.gif"><form action="https://evil.example/"><input name=x></form>
<meta http-equiv="refresh" content="0;url=https://evil.example/"><style>body{display:none}</style>\r\n"""


def test_f70_a_poisoned_mail_is_read_as_plain_text_and_its_bytes_are_only_saved(at_desk):
    mary = make.customer()
    mail = make.inbound_email(mary, raw=POISON)
    type(mail).objects.filter(pk=mail.pk).update(raw=POISON, review_state="open", data_subject=mary)
    look(at_desk, mail)
    page = at_desk.get(f"/admin/privacy/inboundemail/{mail.pk}/change/").content.decode()
    assert "Please help me." in page
    for poison in ("<script>alert", '<img src="http', "evil.example/pixel", "<meta http-equiv", "<style>"):
        assert poison not in page
    saved = at_desk.get(f"/admin/privacy/inboundemail/{mail.pk}/raw/")
    assert saved.content == POISON
    assert (saved["Content-Type"], saved["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert saved["Content-Disposition"].startswith("attachment;")
    assert AuditEntry.objects.filter(event="mail.raw_taken").exists()


def test_a_mail_waits_until_one_colleague_has_dealt_with_it(at_desk):
    mail = make.inbound_email(make.customer(), raw=POISON)
    type(mail).objects.filter(pk=mail.pk).update(review_state="open")
    counts = {str(tile.label): tile.count for tile in at_desk.get("/admin/").context["tiles"]}
    assert counts["mails to look at"] == 1
    assert len(at_desk.get("/admin/privacy/inboundemail/").context["cl"].result_list) == 1
    url = f"/admin/privacy/inboundemail/{mail.pk}/step/dismiss/"
    assert "Done: Take it off the list." in at_desk.post(url, {"why": "answered"}, follow=True).content.decode()
    assert "A colleague was faster" in at_desk.post(url, {"why": "answered"}, follow=True).content.decode()
    assert len(at_desk.get("/admin/privacy/inboundemail/").context["cl"].result_list) == 0
    assert len(at_desk.get("/admin/privacy/inboundemail/?which=all").context["cl"].result_list) == 1


def test_mail_that_cannot_be_read_says_so(at_desk):
    mail = make.inbound_email(make.customer())
    type(mail).objects.filter(pk=mail.pk).update(raw=b"From: " + b"(" * 300_000, review_state="open")
    look(at_desk, mail)
    assert at_desk.get(f"/admin/privacy/inboundemail/{mail.pk}/change/").status_code == 200


def test_mail_of_and_to_somebody_we_do_not_know_is_listed_and_opens(at_desk):
    came_in, went_out = make.inbound_email(make.customer()), make.outgoing_email(make.customer())
    for row, table in ((came_in, "inboundemail"), (went_out, "outgoingemail")):
        type(row).objects.filter(pk=row.pk).update(data_subject=None)
        assert at_desk.get(f"/admin/privacy/{table}/").status_code == 200
        assert at_desk.get(f"/admin/privacy/{table}/{row.pk}/change/").status_code == 200
        look(at_desk, row)
        assert at_desk.get(f"/admin/privacy/{table}/{row.pk}/change/").status_code == 200
    assert "–" in at_desk.get("/admin/privacy/inboundemail/?which=all").content.decode()
