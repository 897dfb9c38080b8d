"""The one form for every right: fields of one kind stand there while that kind is chosen, without any script."""

from typing import Any

import pytest
from playwright.sync_api import expect

from privacy import tokens
from privacy.subject_requests import Rectification


@pytest.fixture
def page(browser: Any) -> Any:
    """A page in a browser without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_a_correction_and_a_complaint_without_an_account_and_without_script(page, site, mary):
    page.goto(f"{site}/requests/new/{tokens.issue('request', mary, about='request')}/")
    number, proposed = page.get_by_label("Number of the order"), page.get_by_label("What should stand there?")
    expect(number).to_be_hidden()
    expect(proposed).to_be_hidden()
    page.get_by_label("Complain about how my data was handled").check()
    expect(number).to_be_visible()
    expect(proposed).to_be_hidden()
    page.get_by_label("Correct my data").check()
    expect(number).to_be_hidden()
    page.get_by_label("Which detail is wrong?").fill("My town")
    proposed.fill("Norwich")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("We have it").first).to_be_visible()
    assert Rectification.objects.get().said("proposed") == "Norwich"


def test_the_pages_shut_nobody_out(browser, site, mary, accessible):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/requests/new/{tokens.issue('request', mary, about='request')}/")
    for label in ("Complain about how my data was handled", "Correct my data"):
        page.get_by_label(label).check()
        accessible(page)
    context.close()
