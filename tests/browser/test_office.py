"""The office in a real browser: the staff's story with two people, and every page open to everybody's senses."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from customers.models import Enquiry
from privacy import subject_requests
from privacy.cases import State
from privacy.letters import LetterVersion
from privacy.restrictions import Restriction
from privacy.roles import AGENT, MANAGER, OFFICER
from privacy.subject_requests import DataSubjectRequest
from tests import make
from tests.office import colleague
from tests.portal import PASSWORD, forget_limits

QUEUE = "/admin/privacy/datasubjectrequest/"
INBOX = "/admin/privacy/inboundemail/"


def enter(page: Any, site: str, account: Any) -> None:
    """Through the one sign-in, as staff do."""
    page.goto(f"{site}/admin/")
    page.get_by_label("Email").fill(account.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site}/admin/")


@pytest.fixture
def office(transactional_db: None) -> dict[str, Any]:
    """Colleagues, and a queue with something late, something near and something done."""
    forget_limits()
    mary = make.customer("mary@example.com", display_name="Amélie Hart-Østergård", family_name="Hart")
    make.order(mary), make.enquiry(mary), make.grant(mary)
    case = make.case(mary, "erasure", received_at=timezone.now() - timedelta(days=9), details="Delete me, please.")
    make.case(mary, "access", received_at=timezone.now() - timedelta(days=40))
    make.case(mary, "enquiry", received_at=timezone.now() - timedelta(days=25))
    make.case(mary, "complaint", state="completed", closed_at=timezone.now())
    make.restriction(mary, kind="debt", lifted_at=None, lifted_by="", lift_proposed_by="")
    DataSubjectRequest.objects.filter(kind="erasure").update(execute_after=timezone.now() - timedelta(hours=1))
    return {"agent": colleague(AGENT), "officer": colleague(OFFICER), "case": case, "mary": mary}


def test_two_colleagues_carry_an_erasure_to_its_approval(browser, page, site, office):
    case = office["case"]
    office["agent"].refresh_from_db()
    enter(page, site, office["agent"])
    page.get_by_role("navigation", name="Office").get_by_role("link", name="Queue").click()
    expect(page.get_by_text("9 days overdue").or_(page.get_by_text("days overdue")).first).to_be_visible()
    page.get_by_role("searchbox").fill(case.reference)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=case.reference).click()
    expect(page.get_by_role("heading", name="Personal details are masked")).to_be_visible()
    expect(page.get_by_text("Delete me, please.")).to_be_hidden()
    page.get_by_role("button", name="Show the details").click()
    expect(page.get_by_text("for 15 more minutes")).to_be_visible()
    expect(page.get_by_text("Delete me, please.")).to_be_visible()
    page.get_by_role("button", name="Take it in hand").click()
    expect(page.get_by_text("Done: Take it in hand")).to_be_visible()
    page.locator("summary", has_text="Confirm who is asking").click()
    page.get_by_label("How do you know?").fill("Called back on the number we have.")
    page.get_by_role("button", name="Confirm who is asking").click()
    page.get_by_role("button", name="Propose to a second person").click()
    expect(page.get_by_text("You proposed this. A second, different person must approve.")).to_be_visible()

    second = browser.new_context().new_page()
    enter(second, site, office["officer"])
    second.goto(f"{site}{QUEUE}{case.pk}/change/")
    expect(second.get_by_role("heading", name="What an erasure would do today")).to_be_visible()
    second.locator("summary", has_text="Approve and carry out").click()
    second.get_by_role("button", name="Approve and carry out").click()
    expect(second.get_by_text("Done: Approve and carry out")).to_be_visible()
    timeline = second.get_by_role("region", name="What happened")
    for words in ("Request received", "Identity confirmed", "Waiting for a second person", "Being carried out"):
        expect(timeline.get_by_text(words, exact=True).first).to_be_visible()
    assert DataSubjectRequest.objects.get(pk=case.pk).state == State.EXECUTING
    second.context.close()


def test_assigning_several_and_taking_it_back(page, site, office):
    enter(page, site, office["agent"])
    page.goto(site + QUEUE)
    page.get_by_label("Select all objects on this page for an action").check()
    page.get_by_label("Action:").select_option("to_me")
    page.get_by_role("button", name="Go").click()
    page.get_by_role("button", name="Assign to me").click()
    expect(page.get_by_text("3 requests are now with")).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("3 requests are back where they were.")).to_be_visible()


def test_a_mail_of_an_unknown_address_becomes_a_request(page, site, office):
    raw = b"From: new@example.net\r\nSubject: My data\r\n\r\nCall me.\r\n\r\nOn 3/5/2026 shop wrote:\r\n> buy boots\r\n"
    mail = make.inbound_email(office["mary"], raw=raw, review_state="open", data_subject=None)
    enter(page, site, office["agent"])
    page.get_by_role("main").get_by_role("link", name="mails to look at").click()
    page.get_by_role("link", name=re.compile("15 March 2020")).click()
    page.get_by_label("In words").fill("To see what it asks.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Call me.")).to_be_visible()
    expect(page.get_by_text("buy boots")).to_be_hidden()
    page.locator("summary", has_text="quoted or were added").click()
    expect(page.get_by_text("buy boots")).to_be_visible()
    page.get_by_role("link", name="Say whose it is").click()
    page.get_by_role("searchbox").fill("hart")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("A•••")).click()
    page.get_by_role("button", name="Yes, it is theirs").click()
    page.locator("summary", has_text="Open a request").click()
    page.get_by_label("What does the person ask for?").select_option("rectification")
    page.get_by_role("button", name="Open a request").click()
    expect(page.get_by_text("The clock starts on the day the email came: 15 March 2020")).to_be_visible()
    page.get_by_role("button", name="Open a request").click()
    expect(page.get_by_text("Done: Open a request.")).to_be_visible()
    case = DataSubjectRequest.objects.get(kind="rectification")
    assert case.received_at == mail.received_at
    expect(page.get_by_role("link", name=case.reference)).to_be_visible()


def test_a_pasted_mail_is_explained(page, site, office):
    enter(page, site, office["agent"])
    page.get_by_role("navigation", name="Office").get_by_role("link", name="What would this email do?").click()
    message = "From: mary@example.com\nSubject: Hi\n\nPlease unsubscribe me."
    page.get_by_label("The email").fill(message)
    page.get_by_role("button", name="What would happen?").click()
    expect(page.get_by_text("It is done at once: no more advertising by email.")).to_be_visible()
    expect(page.get_by_label("The email")).to_have_value(
        "From: mary@example.com\nSubject: Hi\n\nPlease unsubscribe me."
    )


def test_the_office_shuts_nobody_out(page, site, office, look_over):
    enter(page, site, office["officer"])
    case, mary = office["case"], office["mary"]
    mail, hold, enquiry = (
        make.inbound_email(mary, review_state="open"),
        Restriction.objects.get(),
        Enquiry.objects.get(),
    )
    subject_requests.doubt(case, "fraud_suspected", actor=office["agent"], why="Odd.")
    unknown = make.on_behalf(None, stands="unknown")
    for url in (
        "/admin/", QUEUE, f"{QUEUE}?state=all&due=overdue", f"{QUEUE}?q=nobody", f"{QUEUE}{case.pk}/change/",
        "/admin/intake/?q=hart", f"/admin/intake/?person={mary.number}", f"/admin/revocation/?person={mary.number}",
        "/admin/confidentiality/", "/admin/jobs/", f"/admin/customers/customer/{mary.pk}/change/", "/admin/hold/",
        "/admin/privacy/auditentry/", "/admin/privacy/recipient/", "/admin/privacy/restriction/",
        f"{INBOX}{mail.pk}/change/", "/admin/privacy/purpose/add/", f"{INBOX}?which=all", f"{INBOX}?q=nobody",
        f"{INBOX}{mail.pk}/person/?q=hart", f"{INBOX}{mail.pk}/person/?person={mary.number}", "/admin/mail/explain/",
        "/admin/looks/", "/admin/training/", "/admin/ready/", "/admin/letters/", "/admin/letters/write/refusal/",
        f"/admin/letters/{LetterVersion.objects.first().pk}/", "/admin/privacy/deadlinealarm/",
        f"/admin/privacy/restriction/{hold.pk}/change/", f"/admin/hold/?person={mary.number}",
        f"/admin/suspicion/?person={mary.number}", "/admin/processing-record/?q=order",
        "/admin/processing-record/versions/?version=1",
        f"/admin/customers/enquiry/{enquiry.pk}/change/", "/admin/call-backs/", "/admin/privacy/onbehalf/",
        f"/admin/privacy/onbehalf/{unknown.pk}/change/?q=hart",
    ):  # fmt: skip
        look_over(site + url)


def test_the_office_shuts_nobody_out_of_what_a_reason_opens(page, site, office, look_over):
    enter(page, site, office["officer"])
    case, mary = office["case"], office["mary"]
    person, mail = f"/admin/customers/customer/{mary.pk}/change/", make.inbound_email(mary, review_state="open")
    page.goto(site + person)
    page.get_by_label("In words").fill("x")
    page.get_by_role("button", name="Show the details").click()
    expect(page.get_by_text("Say in a few words why")).to_be_visible()
    page.get_by_label("In words").fill("She called about her order.")
    page.get_by_role("button", name="Show the details").click()
    page.wait_for_url(site + person)
    expect(page.get_by_text("Amélie Hart-Østergård")).to_be_visible()
    for url in (
        person, f"{QUEUE}{case.pk}/change/", f"{INBOX}{mail.pk}/change/",
        f"/admin/customers/enquiry/{Enquiry.objects.get().pk}/change/",
        f"/admin/looks/?colleague={office['officer'].pk}",
    ):  # fmt: skip
        look_over(site + url)
    page.goto(site + person)
    page.get_by_role("button", name="Mask again").click()
    expect(page.get_by_text("The details are masked again.")).to_be_visible()
    expect(page.get_by_text("Amélie Hart-Østergård")).to_be_hidden()


def test_the_accounts_shut_nobody_out(page, site, office, look_over):
    enter(page, site, colleague(MANAGER))
    for url in ("/admin/", "/admin/customers/account/", f"/admin/customers/account/{office['agent'].pk}/change/"):
        look_over(site + url)
