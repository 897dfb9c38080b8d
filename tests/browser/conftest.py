"""A browser that counts every violation of the content security policy and every error on the console."""

from collections.abc import Iterator
from typing import Any

import pytest

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
