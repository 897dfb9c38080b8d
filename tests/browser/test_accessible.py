"""Nobody is shut out: axe over every page, wide and narrow, light and dark; nothing wider than the screen (SFB-39)."""

import re

import pytest

from privacy import subject_requests, tokens
from privacy.notices import OutgoingEmail
from tests import make
from tests.browser.conftest import enter
from tests.test_portal_access import behalf_link, follow_link

PUBLIC = [
    "/", "/privacy/", "/privacy/2025-1/", "/privacy/2026-1/?compare=1", "/cookies/", "/unsubscribe/", "/requests/new/",
    "/complaints/new/", "/promises/", "/terms/", "/nowhere/",
]  # fmt: skip
ENTRANCE = [
    "/account/login/", "/account/signup/", "/account/password/reset/", "/account/password/reset/done/",
    "/account/password/reset/key/x-y/", "/account/inactive/",
]  # fmt: skip
DATA = [
    "/account/", "/account/data/customers.order/", "/account/data/customers.chatlog/", "/account/correct/identity/",
    "/account/correct/contact/", "/account/preferences/", "/account/sharing/",
]  # fmt: skip
SECURITY = [
    "/account/logout/", "/account/2fa/", "/account/password/change/", "/account/email/", "/account/reauthenticate/",
    "/account/2fa/totp/activate/",
]  # fmt: skip


@pytest.mark.parametrize("addresses", [PUBLIC, ENTRANCE], ids=["public", "entrance"])
def test_sfb_39_pages_for_everybody(site, mary, look_over, addresses):
    make.policy("2025-1", effective_on="2025-01-01")
    make.recipient("Ads").cookies.create(name="ad_id", purpose="Knows your browser.", lifetime_days=30)
    for address in addresses:
        look_over(site + address)


def test_pages_behind_a_mailed_link(page, site, mary, look_over):
    make.grant(mary)
    links = {
        "unsubscribe/undo": tokens.issue("undo", mary, senders=["own"]),
        "requests/new": tokens.issue("request", mary, about="request"),
        "complaints/new": tokens.issue("request", mary, about="complaint"),
        "requests/for-somebody": behalf_link("request"),
        "complaints/for-somebody": behalf_link("complaint"),
        "requests/follow": follow_link(asked_back(mary)),
        "unsubscribe": tokens.issue("unsubscribe", mary),
    }
    for path, token in links.items():
        look_over(f"{site}/{path}/{token}/")
    page.get_by_role("button", name="Stop these emails").click()
    look_over()


def asked_back(person):
    """A request in which we wait for an answer of hers."""
    case = make.case(person, "enquiry")
    subject_requests.ask(case, "clarification_asked", actor="test", text="Which year?")
    return case


@pytest.mark.parametrize("is_large", [False, True], ids=["normal", "large"])
def test_nothing_is_wider_than_the_smallest_screen_in_any_print(page, site, mary, is_large):
    """WCAG 1.4.10: 320 pixels are 1,280 at 400 %; large print is half as large again."""
    case = asked_back(mary)
    enter(page, site)
    if is_large:
        page.get_by_role("button", name="Large print").click()
        assert page.locator("html.large-print").count() == 1
    page.set_viewport_size({"width": 320, "height": 800})
    own = [f"/account/requests/{case.reference}/", f"/account/requests/{case.reference}/withdraw/"]
    asking = [f"/requests/for-somebody/{behalf_link('request')}/", "/account/requests/new/?kind=complaint"]
    for address in (*PUBLIC, *DATA, "/account/requests/", *own, *asking):
        page.goto(site + address)
        needed = page.evaluate("document.documentElement.scrollWidth")
        assert needed <= 320, f"{address} is {needed} wide"


@pytest.mark.parametrize("addresses", [DATA, SECURITY], ids=["data", "security"])
def test_pages_of_the_account(page, site, mary, look_over, addresses):
    enter(page, site)
    for address in addresses:
        look_over(site + address)


def test_pages_about_a_new_address(page, site, mary, look_over, tmp_path):
    """Asked for, waiting, confirmed, and the link used up."""
    enter(page, site)
    page.goto(f"{site}/account/correct/contact/")
    page.get_by_role("textbox", name="Email address").fill("amelie.new@example.com")
    page.locator("form", has=page.get_by_role("textbox", name="Email address")).get_by_role(
        "button", name="Save"
    ).click()
    assert page.get_by_text("Please open the link in your new mailbox").is_visible()
    look_over()
    page.get_by_role("button", name="Send the link again").click()
    letter = OutgoingEmail.objects.filter(template="new_address").latest("pk")
    link = re.search(r"http\S+/account/new-address/\w+/", bytes(letter.body).decode())
    assert link
    look_over(link.group())
    page.get_by_role("button", name="Yes, use this address").click()
    assert page.get_by_text("Your new email address counts from now on.").is_visible()
    assert mary.contact_email == "amelie.new@example.com"
    look_over(link.group())


def test_pages_about_requests(page, site, mary, look_over):
    make.case(mary, "access", identity_confirmed=True), make.case(mary, "erasure")
    refused = make.case(mary)
    type(refused).objects.filter(pk=refused.pk).update(
        state="refused", closed_at=make.LONG_AGO, outcome=b"No.", denial_reason="other"
    )
    enter(page, site)
    cases = [f"/account/requests/{case.reference}/" for case in mary.subject_requests.all()]
    for address in ["/account/requests/", "/account/requests/new/", *cases]:
        look_over(site + address)
    page.goto(f"{site}/account/requests/new/?kind=erasure")
    page.get_by_role("button", name="Send").click()
    look_over()


@pytest.mark.parametrize("address", ["/account/correct/identity/", "/account/requests/new/", "/unsubscribe/"])
def test_pages_that_say_what_was_wrong(page, site, mary, look_over, address):
    enter(page, site)
    page.goto(site + address)
    page.evaluate("document.querySelectorAll('main form').forEach(f => f.noValidate = true)")
    if "correct" in address:
        page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("main").get_by_role("button").last.click()
    page.wait_for_selector(".errors-summary")
    assert page.evaluate("document.activeElement.className") == "errors-summary"
    look_over()
