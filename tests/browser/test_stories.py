"""Ten stories, each from the click or the letter to the closed case, with the office's part between."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from privacy.cases import State
from privacy.notices import OutgoingEmail
from privacy.restrictions import Restriction
from privacy.roles import AGENT, OFFICER
from privacy.subject_requests import DataSubjectRequest
from tests import make
from tests.browser.desks import ALL, Customer, Desk, work
from tests.office import colleague

KNOWN = ("confirm_identity", {"how": "Called back on the number we have."})
START: tuple[str, dict[str, str]] = ("start", {})


@pytest.fixture
def agent(browser: Any, site: str, mary: Any) -> Any:
    """A care agent at her desk."""
    made = Desk(browser, site, colleague(AGENT))
    yield made
    made.context.close()


@pytest.fixture
def officer(browser: Any, site: str, mary: Any) -> Any:
    """A privacy officer at her desk."""
    made = Desk(browser, site, colleague(OFFICER))
    yield made
    made.context.close()


@pytest.fixture
def home(browser: Any, site: str, mary: Any) -> Any:
    """Mary, signed in."""
    made = Customer(browser, site, mary)
    yield made
    made.context.close()


@pytest.fixture
def guest(browser: Any, site: str, mary: Any) -> Any:
    """Somebody without an account, in a browser without JavaScript."""
    make.customer("gwen@example.com", display_name="Gwen Guest")
    made = Customer(browser, site, script=False)
    yield made
    made.context.close()


def state(case: DataSubjectRequest) -> str:
    case.refresh_from_db()
    return str(case.state)


def fetch(home: Customer, case: DataSubjectRequest, of_what: str) -> None:
    """The copy that lies ready, as a file on her disk."""
    home.look(case)
    home.sees("Your copy is ready", of_what)
    home.page.get_by_role("link", name="Fetch it").click()
    with home.page.expect_download() as waiting:
        home.page.get_by_role("link", name=re.compile("export.json")).click()
    assert waiting.value.suggested_filename.startswith(case.reference)
    waiting.value.path()  # whole, before the page goes elsewhere


def test_a_copy_comes_at_once_and_whole_once_a_colleague_has_read_what_speaks_of_others(home, agent):
    case = home.ask("access")
    agent.handle(case, ("note", {"text": "Her sister called about it too."}))
    work()
    assert state(case) == State.NEEDS_ATTENTION
    fetch(home, case, "a colleague first reads whether")
    agent.handle(case, START, ("checks", {"kinds": ALL}), ("carry_out", {}))
    work()
    assert state(case) == State.COMPLETED
    fetch(home, case, "Finished on")


def test_what_she_gave_us_she_takes_elsewhere_at_once(home, agent):
    case = home.ask("portability")
    work()
    assert state(case) == State.COMPLETED
    fetch(home, case, "You can fetch it until")
    agent.sees_it_closed(case)


def test_a_correction_is_asked_for_explained_and_made(home, officer, mary):
    case = home.ask("rectification", field="My town", proposed="Norwich")
    officer.handle(case, START, ("clarification_asked", {"text": "In which address?"}))
    home.look(case)
    home.sees("We have a question", "In which address?")
    home.page.locator("form[action*='clarification_asked'] [name=text]").fill("Where I live now.")
    home.press("Send it")
    home.sees("Thank you, we have it.")
    officer.handle(case, ("carry_out", {"text": "Your town is Norwich now."}))
    assert state(case) == State.COMPLETED
    home.look(case)
    home.sees("Our answer", "Your town is Norwich now.", "What we wrote to you")


def test_an_erasure_needs_two_colleagues_and_takes_the_login_with_it(home, agent, officer, mary):
    case = home.ask("erasure")
    home.sees("You can change your mind at least until")
    agent.handle(case, START, ("propose", {}))
    DataSubjectRequest.objects.filter(pk=case.pk).update(execute_after=timezone.now() - timedelta(minutes=1))
    officer.handle(case, ("approve", {}))
    work()
    assert state(case) == State.COMPLETED
    home.look(case)
    assert home.page.url.startswith(f"{home.site}/account/login/")
    officer.sees_it_closed(case)


def test_a_lock_bites_at_once_and_the_office_sees_it(home, officer, mary):
    case = home.ask("restriction")
    assert state(case) == State.COMPLETED
    assert Restriction.objects.active().filter(data_subject=mary).exists()
    home.go("/account/requests/")
    home.sees("Your data is locked")
    officer.sees_it_closed(case)


def test_an_objection_switches_off_and_the_office_sees_it_done(home, agent, mary):
    make.grant(mary)
    case = home.ask("objection")
    assert state(case) == State.COMPLETED
    home.go("/account/preferences/")
    assert not home.page.get_by_label("Northlight may email me its own offers and news.").is_checked()
    agent.sees_it_closed(case)


def test_a_complaint_is_answered_and_the_next_roads_are_named(home, agent):
    case = home.ask("complaint", details="The catalogue still comes.", transaction_number="A-4711")
    agent.handle(case, START, ("answer", {"outcome": "upheld", "text": "You are right. It stops today."}))
    assert state(case) == State.COMPLETED
    home.look(case)
    home.sees("Our answer", "You are right. It stops today.")


def by_mail(guest: Customer, path: str) -> None:
    """An address, and the form behind the link that comes."""
    guest.go(path)
    guest.page.get_by_label("Your email address").fill("gwen@example.com")
    guest.press("Send me the link")
    work()
    guest.follow("request_link")


def test_a_guest_asks_by_mailed_link_proves_who_she_is_and_reads_the_answer(guest, officer):
    by_mail(guest, "/requests/new/")
    guest.page.locator("[name=kind][value=rectification]").check()
    guest.page.locator("[name=proposed]").fill("Gwen Guest-Owen")
    guest.press("Send")
    case = guest.newest()
    proof = {"doubt": "The name is another one.", "text": "Which was your last order?"}
    officer.handle(case, ("id_asked", proof))
    guest.follow("case_question")
    guest.sees("Show us that it is you", "Which was your last order?")
    paper = {"name": "order.pdf", "mimeType": "application/pdf", "buffer": make.PDF}
    guest.page.locator("form[action*='id_asked'] [name=paper]").set_input_files(paper)
    guest.press("Send it")
    guest.sees("Thank you, we have it.")
    officer.handle(case, KNOWN, START, ("carry_out", {"text": "Your name is right now."}))
    assert state(case) == State.COMPLETED
    assert not case.papers.exists(), "the proof went as soon as it was settled"
    guest.follow("case_completed")
    guest.sees("Your name is right now.")


def test_a_guest_complains_by_mailed_link_and_is_answered(guest, agent):
    by_mail(guest, "/complaints/new/")
    guest.page.get_by_label("What went wrong?").fill("You never answered.")
    guest.page.get_by_label("What is it about?").select_option("advertising")
    guest.page.get_by_label("Number of the order").fill("A-4711")
    guest.press("Send")
    case = guest.newest()
    agent.handle(case, KNOWN, START, ("answer", {"outcome": "not_upheld", "text": "We answered on 3 May."}))
    assert state(case) == State.COMPLETED
    guest.follow("complaint_outcome")
    guest.sees("We answered on 3 May.")


def test_a_letter_is_recorded_with_its_scan_in_a_few_keys_and_answered(agent, mary):
    agent.go("/admin/intake/")
    agent.page.get_by_role("searchbox").fill("mary@example.com")
    agent.page.keyboard.press("Enter")
    agent.page.get_by_role("link", name=re.compile("A•••")).click()
    agent.page.get_by_label("What does the person ask for?").select_option("portability")
    agent.page.get_by_label("How did it come?").select_option("letter")
    scan = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": make.PDF}
    agent.page.get_by_label("Scan of the letter or fax").set_input_files(scan)
    agent.press("Open the request")
    agent.sees("Recorded as NL-")
    case = DataSubjectRequest.objects.latest("pk")
    searched = {"why": "Everything we hold by machine, and the folder of letters."}
    agent.handle(case, KNOWN, ("search", searched), ("carry_out", {}))
    work()
    assert not OutgoingEmail.objects.filter(template="export_ready").exists(), "nobody has looked it through"
    agent.handle(case, ("checks", {"kinds": ALL}))
    work()
    assert state(case) == State.COMPLETED
    assert case.papers.get().kind == "scan"
    assert OutgoingEmail.objects.filter(template="export_ready", data_subject=mary).exists()
