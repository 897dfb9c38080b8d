"""Before anything goes, whoever decides sees what would go, what stays and until when; and until when it can stop."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from privacy import erasure, subject_requests
from privacy.cases import InvalidTransition, State
from privacy.roles import AGENT, OFFICER
from privacy.subject_requests import DataSubjectRequest, NotAllowed, following
from privacy.vocabulary import Source
from tests import make
from tests.office import colleague, desk, shown
from tests.portal import sign_in
from tests.test_erasure import HELD

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)


@pytest.fixture
def mary():
    """Somebody of whom something goes, something is emptied, something is kept, something held."""
    person = make.customer("mary@example.com", login=True)
    make.enquiry(person), make.session(person), make.session(person), make.link(person), make.export_of(person)
    make.order(person, placed_on=date(2022, 3, 15))
    held = make.order(person)
    make.restriction(person, "debt", scope=f"customers.order:{held.pk}", **HELD)
    for name, until in (("Parcels", None), ("Police", date(2099, 1, 1))):
        make.disclosure(person, recipient=make.recipient(name), occurred_at=timezone.now(), secret_until=until)
    return person


def plain(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_it_counts_what_the_erasure_then_does(mary):
    said = erasure.outlook(mary, TODAY)
    assert (said.has_login, said.browsers, said.copies, said.links) == (True, 2, 1, 1)
    assert said.recipients == ["Parcels", "Police"]
    assert erasure.outlook(mary, TODAY, for_the_person=True).recipients == ["Parcels"]
    done = erasure.erase(mary, today=TODAY, actor="test")
    before = {line.model: (line.deleted, line.anonymised) for line in said.lines if line.goes}
    assert before == {line.model: (line.deleted, line.anonymised) for line in done if line.goes}
    after = erasure.outlook(mary, TODAY)
    assert (after.deleted, after.anonymised, after.browsers, after.copies, after.links) == (0, 0, 0, 0, 0)


def test_a_guest_has_no_login_that_ends():
    said = erasure.outlook(make.customer(), TODAY)
    assert (said.has_login, said.browsers, said.recipients) == (False, 0, [])


def test_the_customer_reads_all_of_it_in_plain_words_and_no_secret(mary):
    page = sign_in(mary).post(
        "/account/requests/new/", {"kind": "erasure", "details": "", "key": "k" * 32}
    )  # fmt: skip
    text = plain(page.content.decode())
    assert not DataSubjectRequest.objects.exists()
    for words in (
        "15 March 2028", "VAT Act 1994", "on hold", "something is not paid yet", "We empty: customer number",
        "We cannot name a day yet, because its time has not begun: 3 years after the matter is closed.",
        "Your login stops working", "Links in our letters to you do nothing any more", "delete it too: Parcels.",
        "one last letter by email", f"For {settings.ERASURE_COOLING_OFF_HOURS} hours",
    ):  # fmt: skip
        assert words in text, words
    assert "Police" not in text


def test_the_office_reads_it_on_the_case_while_it_is_not_done(mary):
    case = make.case(mary, "erasure")
    text = plain(shown(desk(colleague(OFFICER)), case))
    for words in (
        "until 15 March 2028", "Emptied: customer number", "something is not paid yet", "no day known yet",
        "ends; 2 browsers are signed out", "Parcels, Police", "In all",
    ):  # fmt: skip
        assert words in text, words
    DataSubjectRequest.objects.update(state=State.WITHDRAWN, closed_at=timezone.now(), next_promise="")
    assert "What an erasure would do today" not in plain(shown(desk(colleague(AGENT)), case))


# --- cooling-off -----------------------------------------------------------------------------------------


def wished(person):
    return subject_requests.open_case(
        person, "erasure", source=Source.WEB, actor=person, identity_confirmed=True
    )  # fmt: skip


def pages_of(case):
    """The page in the account, and the one behind the link in our letters."""
    person = case.data_subject
    if person.account_id:
        return sign_in(person), f"/account/requests/{case.reference}/"
    return Client(), "/" + following.link(case).split("/", 3)[3]


@pytest.mark.parametrize("login", [True, False], ids=["account", "follow link"])
def test_she_reads_until_when_she_can_change_her_mind_and_one_click_does_it(login):
    mary = make.customer("mary@example.com", login=login)
    case = wished(mary)
    browser, page = pages_of(case)
    text = plain(browser.get(page).content.decode())
    until = timezone.localtime(case.execute_after)
    assert f"You can change your mind at least until {date_format(until, 'j F Y, H:i')}" in text
    assert until - case.received_at >= timedelta(hours=settings.ERASURE_COOLING_OFF_HOURS) - timedelta(minutes=1)
    assert browser.post(f"{page}withdraw/", {"sure": "yes"}).status_code == 302
    case.refresh_from_db()
    assert case.state == State.WITHDRAWN
    assert not erasure.Erasure.objects.exists()


@pytest.mark.parametrize("login", [True, False], ids=["account", "follow link"])
def test_until_then_two_colleagues_cannot_begin_and_she_can_still_stop_what_they_proposed(login):
    mary, first, second = make.customer("mary@example.com", login=login), make.staff(AGENT), make.staff(OFFICER)
    case = wished(mary)
    subject_requests.start(case, actor=first)
    subject_requests.propose(case, actor=first)
    early, late = case.execute_after - timedelta(seconds=2), case.execute_after + timedelta(seconds=2)
    with time_machine.travel(early, tick=False), pytest.raises(NotAllowed, match="may still change her mind"):
        subject_requests.approve(case, actor=second)
    browser, page = pages_of(case)
    assert browser.post(f"{page}withdraw/", {"sure": "yes"}).status_code == 302
    case.refresh_from_db()
    with time_machine.travel(late, tick=False), pytest.raises((NotAllowed, InvalidTransition)):
        subject_requests.approve(case, actor=second)
    assert not erasure.Erasure.objects.exists() and case.state == State.WITHDRAWN


def test_once_it_has_begun_the_page_offers_no_way_back():
    mary, first, second = make.customer("mary@example.com", login=True), make.staff(AGENT), make.staff(OFFICER)
    case = wished(mary)
    subject_requests.start(case, actor=first)
    subject_requests.propose(case, actor=first)
    subject_requests.approve(case, actor=second, now=timezone.now() + timedelta(days=4))
    browser, page = pages_of(case)
    assert "withdraw" not in browser.get(page).content.decode()
    browser.post(f"{page}withdraw/", {"sure": "yes"})
    case.refresh_from_db()
    assert case.state == State.EXECUTING
