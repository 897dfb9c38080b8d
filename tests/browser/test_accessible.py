"""Nobody is shut out: axe over every page, wide and narrow, light and dark; nothing wider than the screen (SFB-39)."""

from typing import Any

import pytest

from privacy import tokens
from tests import make
from tests.browser.conftest import enter

PUBLIC = [
    "/", "/privacy/", "/privacy/2025-1/", "/privacy/2026-1/?compare=1", "/cookies/", "/unsubscribe/", "/requests/new/",
    "/complaints/new/", "/account/login/", "/account/signup/", "/account/password/reset/",
    "/account/password/reset/done/",
    "/account/password/reset/key/x-y/", "/account/inactive/", "/nowhere/",
]  # fmt: skip
PRIVATE = [
    "/account/", "/account/data/customers.order/", "/account/data/customers.chatlog/", "/account/correct/identity/",
    "/account/correct/contact/", "/account/preferences/", "/account/sharing/", "/account/requests/",
    "/account/requests/new/", "/account/logout/", "/account/2fa/", "/account/password/change/", "/account/email/",
    "/account/reauthenticate/", "/account/2fa/totp/activate/",
]  # fmt: skip


def look_over(page: Any, accessible: Any, address: str) -> None:
    page.goto(address)
    accessible(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], f"{address} is {width} wide"
    for name in ("h1", "main"):
        assert page.locator(name).count() == 1, f"{address}: one {name}"


def test_public_pages(look, site, mary, accessible):
    make.policy("2025-1", effective_on="2025-01-01")
    make.policy("2026-2", effective_on="2026-01-01")
    make.recipient("Ads").cookies.create(name="ad_id", purpose="Knows your browser.", lifetime_days=30)
    for address in PUBLIC:
        look_over(look, accessible, site + address)


def test_pages_behind_a_mailed_link(look, site, mary, accessible):
    make.grant(mary)
    links = {
        "unsubscribe": tokens.issue("unsubscribe", mary),
        "unsubscribe/undo": tokens.issue("undo", mary, senders=["own"]),
        "requests/new": tokens.issue("request", mary, about="request"),
        "complaints/new": tokens.issue("request", mary, about="complaint"),
    }  # fmt: skip
    for path, token in links.items():
        look_over(look, accessible, f"{site}/{path}/{token}/")
    look.goto(f"{site}/unsubscribe/{links['unsubscribe']}/")
    look.get_by_role("button", name="Stop these emails").click()
    accessible(look)


def test_private_pages(look, site, mary, accessible):
    make.case(mary, "access", identity_confirmed=True)
    refused, erasure = make.case(mary), make.case(mary, "erasure")
    type(refused).objects.filter(pk=refused.pk).update(state="refused", closed_at=make.LONG_AGO, outcome=b"No.")
    enter(look, site)
    cases = [f"/account/requests/{case.reference}/" for case in mary.subject_requests.all()]
    for address in [*PRIVATE, *cases]:
        look_over(look, accessible, site + address)
    assert erasure.kind == "erasure"


@pytest.mark.parametrize("address", ["/account/correct/identity/", "/account/requests/new/", "/unsubscribe/"])
def test_pages_that_say_what_was_wrong(look, site, mary, accessible, address):
    enter(look, site)
    look.goto(site + address)
    look.evaluate("document.querySelectorAll('main form').forEach(f => f.noValidate = true)")
    if "correct" in address:
        look.get_by_label("Name", exact=True).fill("")
    look.get_by_role("main").get_by_role("button").last.click()
    look.wait_for_selector(".errors-summary")
    accessible(look)
    assert look.evaluate("document.activeElement.className") == "errors-summary"
