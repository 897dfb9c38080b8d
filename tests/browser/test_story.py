"""A customer's story from end to end, in a real browser."""

import re

from playwright.sync_api import expect

from customers.models import Customer
from privacy import consent
from privacy.cases import State
from privacy.subject_requests import DataSubjectRequest
from privacy.vocabulary import Channel, Purpose, Sender


def test_sign_in_see_correct_choose_ask_for_a_copy_and_for_erasure(signed_in, site, mary):
    page = signed_in
    expect(page.get_by_role("heading", name="My data")).to_be_visible()
    expect(page.get_by_text("+44 7700 900123")).to_be_visible()

    page.get_by_role("link", name="Correct About you").click()
    page.get_by_label("Phone number").fill("+65 6123 4567")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. 1 detail is corrected.")).to_be_visible()
    assert Customer.objects.get(pk=mary.pk).phone == "+65 6123 4567"

    page.get_by_role("link", name="Offers and news").click()
    page.get_by_label("Northlight may email me its own offers and news.").check()
    page.get_by_role("button", name="Save my choices").click()
    expect(page.get_by_label("Northlight may email me its own offers and news.")).to_be_checked()
    assert consent.is_granted(mary, Purpose.MARKETING, channel=Channel.EMAIL, sender=Sender.OWN)
    page.get_by_role("button", name="Switch everything off").click()
    expect(page.get_by_text("All of it is switched off.")).to_be_visible()
    assert not consent.is_granted(mary, Purpose.MARKETING, channel=Channel.EMAIL, sender=Sender.OWN)

    page.get_by_role("link", name="Sharing").click()
    page.get_by_label("Northlight may pass my details to Lumen.").check()
    page.get_by_role("button", name="Save my choices").click()
    expect(page.get_by_label("Northlight may pass my details to Lumen.")).to_be_checked()

    page.get_by_role("link", name="Requests").click()
    page.get_by_role("link", name="Ask for something").first.click()
    page.get_by_label("Get a copy of my data").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text(re.compile("NL-....-....")).first).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()

    page.goto(f"{site}/account/requests/new/")
    page.get_by_label("Delete my data").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Please look first: this is what would go, and what would stay.")).to_be_visible()
    page.get_by_role("button", name="Yes, delete my data").click()
    expect(page.get_by_text("You can change your mind at least until")).to_be_visible()
    page.get_by_role("button", name="Withdraw my request").click()
    page.get_by_role("button", name="Yes, go ahead").click()
    expect(page.get_by_text("Your request is withdrawn.")).to_be_visible()
    assert DataSubjectRequest.objects.get(kind="erasure").state == State.WITHDRAWN


def test_the_dialog_can_be_answered_with_no(signed_in, site, mary):
    from tests import make

    case = make.case(mary)
    page = signed_in
    page.goto(f"{site}/account/requests/{case.reference}/")
    page.get_by_role("button", name="Withdraw my request").click()
    page.get_by_role("button", name="No, go back").click()
    expect(page.get_by_role("button", name="Withdraw my request")).to_be_visible()
    case.refresh_from_db()
    assert case.state == State.RECEIVED


def test_everything_works_without_javascript(browser, site, mary):
    from tests.browser.conftest import enter

    page = browser.new_context(java_script_enabled=False).new_page()
    enter(page, site)
    page.goto(f"{site}/account/preferences/")
    page.get_by_label("Northlight may text me its own offers and news.").check()
    page.get_by_role("button", name="Save my choices").click()
    assert consent.is_granted(mary, Purpose.MARKETING, channel=Channel.SMS, sender=Sender.OWN)
    page.goto(f"{site}/account/requests/new/?kind=access")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("button", name="Print", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def test_the_keyboard_alone_is_enough(signed_in, site):
    page = signed_in
    page.goto(f"{site}/account/preferences/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Switch everything off")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox").first).to_be_checked()


def test_the_progress_bar_runs_by_itself_and_the_copy_can_be_fetched(signed_in, site, mary, worker, tmp_path):
    page = signed_in
    page.goto(f"{site}/account/requests/new/?kind=access")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Your copy is ready")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Fetch it").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile("export.json")).click()
    waiting.value.save_as(tmp_path / "copy.json")
    assert mary.number in (tmp_path / "copy.json").read_text()
