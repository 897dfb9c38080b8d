"""A browser that counts every violation of the content security policy and every error on the console."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe

from customers.models import Customer
from tests import make
from tests.portal import PASSWORD, forget_limits


@pytest.fixture(autouse=True)
def spotless(page: Any) -> Iterator[list[str]]:
    """Fails the test when the browser refused something or a script broke."""
    complaints: list[str] = []
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation',"
        " e => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"
    )
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield complaints
    expected = "the server responded with a status of 4"
    assert [c for c in complaints if expected not in c] == []


# Without axe's preloading of styles, which writes an inline style of its own and trips over our policy. The size of
# targets (WCAG 2.2) is left out unless asked for.
EVERY_RULE = {"preload": False, "resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
RULES_OF_COLOUR = {
    "preload": False, "resultTypes": ["violations"],
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}  # fmt: skip


@pytest.fixture(scope="session")
def accessible() -> Callable[..., None]:
    """`accessible(page)` fails with axe's words where the page shuts somebody out."""
    axe = Axe()

    def check(page: Any, *, rules: dict[str, Any] = EVERY_RULE) -> None:
        # Once for each page and not for each look at it: half a megabyte of script.
        if not page.evaluate("'axe' in window"):
            page.evaluate(axe.axe_script)
        results = AxeResults(page.evaluate("rules => window.axe.run(rules)", rules))
        assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"

    return check


@pytest.fixture
def look_over(page: Any, accessible: Callable[..., None]) -> Callable[..., None]:
    """Checks the page wide and narrow, light and dark: axe, and nothing wider than the screen.

    Given an address, goes there first. Structure is the same in the dark, so that only colours are looked at again.
    """

    def check(address: str = "") -> None:
        if address:
            page.goto(address)
        for width in (1360, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme="light", reduced_motion="reduce")
            accessible(page)
            needed = page.evaluate("document.documentElement.scrollWidth")
            assert needed <= width, f"{page.url} is {needed} wide at {width}"
            page.emulate_media(color_scheme="dark", reduced_motion="reduce")
            accessible(page, rules=RULES_OF_COLOUR)
        for name in ("h1", "main"):
            assert page.locator(name).count() == 1, f"{page.url}: one {name}"

    return check


@pytest.fixture
def mary(transactional_db: None) -> Customer:
    """A customer with something of most kinds."""
    forget_limits()
    customer = make.customer("mary@example.com", display_name="Amélie Hart-Østergård", phone="+44 7700 900123")
    customer.account = make.account("mary@example.com", password=PASSWORD)
    customer.save()
    make.address(customer), make.enquiry(customer), make.newsletter(customer), make.disclosure(customer)
    for _ in range(4):
        make.order_line(customer)
    make.recipient("Lumen", country="US", safeguard="SCC 2021", is_necessary=False)
    make.policy("2026-1", body="# What we hold\n\nYour orders.\n\n# Your rights\n\nMany.")
    return customer


@pytest.fixture
def signed_in(page: Any, site: str, mary: Customer) -> Any:
    """The page of Mary, who has just signed in."""
    enter(page, site)
    return page


def enter(page: Any, site: str) -> None:
    """Through the form, as people do."""
    page.goto(f"{site}/account/login/")
    page.get_by_label("Email").fill("mary@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site}/account/")
