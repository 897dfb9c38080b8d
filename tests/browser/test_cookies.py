"""In a real browser: how many requests reach other companies before a yes, after a no, and with the browser's signal?

The shop's page stands on a server of its own, and so do two companies, which count who asks them for anything.
"""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import expect

from privacy.cookie_choices import CookieChoice, Visitor, question
from privacy.recipients import Cookie
from tests import make

PAGE = """<!doctype html><html lang="en"><head><title>Shop</title><meta charset="utf-8">
<script src="{portal}/cookies/choice.js" defer></script>
<script type="text/plain" data-consent="measurement" data-src="{counter}/count.js" data-ga="UA-1"></script>
<script type="text/plain" data-consent="advertising" data-src="{counter}/advertise.js"></script></head>
<body><main><h1>Shop</h1><a href="#" data-cookie-choices>Cookies</a>
<img data-consent="advertising" data-src="{counter}/pixel.gif" alt="">
<div data-two-click="{network}/post" data-name="Facebook"></div></main></body></html>"""
STRICT = (
    "default-src 'none'; script-src {portal} {counter}; connect-src {portal}; img-src 'self' {counter}; "
    "frame-src {network}"
)


class Answers(BaseHTTPRequestHandler):
    """One page, or a script of one line; each call is counted."""

    def __init__(self, *args: Any, pages: dict[str, str], calls: list[str], policy: str, **kwargs: Any) -> None:
        self.pages, self.calls, self.policy = pages, calls, policy
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        self.calls.append(self.path)
        body = self.pages.get("page", "window.counted = true;").encode()
        self.send_response(200)
        kind = "text/html" if "page" in self.pages else "text/javascript" if self.path.endswith(".js") else "text/plain"
        self.send_header("Content-Type", kind)
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def server(calls: list[str], pages: dict[str, str], policy: str = "") -> Any:
    handler = partial(Answers, pages=pages, calls=calls, policy=policy)
    made = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return made


@pytest.fixture
def shop(site: str, settings: Any, monkeypatch: Any, transactional_db: None) -> Iterator[Any]:
    """The shop's address and what the companies were asked for."""
    monkeypatch.setattr(question, "LOOK_AGAIN", 0.0)
    make.recipient("Google Analytics", group="measurement", is_necessary=False)
    make.recipient("Kupona", group="advertising", is_necessary=False)
    make.recipient("Facebook Plugins", group="social", is_necessary=False)
    Cookie.objects.create(name="visitor", purpose="Recognises you.", lifetime_days=30)
    calls: list[str] = []
    counter, network = server(calls, {}), server(calls, {})
    places = {
        "portal": site, "counter": f"http://127.0.0.1:{counter.server_port}",
        "network": f"http://127.0.0.1:{network.server_port}",
    }  # fmt: skip
    front = server([], {"page": PAGE.format(**places)}, STRICT.format(**places))
    address = f"http://localhost:{front.server_port}"
    settings.SHOP_ORIGINS = [address]
    yield type("Shop", (), {"address": address, "calls": calls})
    for one in (front, counter, network):
        one.shutdown()
        one.server_close()


def asks(page: Any) -> Any:
    return page.get_by_role("region", name="May we use cookies that are not needed?")


def answers(page: Any, words: str) -> None:
    with page.expect_response(lambda answer: "/cookies/choice/" in answer.url and answer.request.method == "POST"):
        page.get_by_role("button", name=words).click()


def test_nothing_reaches_another_company_before_a_yes_nor_after_a_no(page, shop, accessible):
    page.goto(shop.address)
    expect(asks(page)).to_be_visible()
    accessible(page)
    page.wait_for_load_state("networkidle")
    assert shop.calls == [], "before a yes"

    answers(page, "No, only what is needed")
    expect(asks(page)).to_have_count(0)
    page.reload()
    page.wait_for_load_state("networkidle")
    assert shop.calls == [] and asks(page).count() == 0, "after a no, asked once"
    assert page.evaluate("window['ga-disable-UA-1']") is True

    page.get_by_role("link", name="Cookies").click()
    page.get_by_text("Choose one by one").click()
    page.get_by_label("Counting visits").check()
    with page.expect_response("**/count.js"):
        answers(page, "Save my choice")
    assert shop.calls == ["/count.js"], "after a yes to counting, that and nothing else"
    assert page.evaluate("window['ga-disable-UA-1']") is False

    page.get_by_role("button", name="Show what Facebook has here").click()
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("counted")
    assert shop.calls == ["/count.js", "/post"], "the network is asked when it is clicked"
    said = [sorted(row.yes) for row in CookieChoice.objects.order_by("pk")]
    assert said == [[], ["measurement"]] and Visitor.objects.count() == 1


def test_a_browser_that_forbids_selling_is_not_asked_and_nothing_leaves(page, shop):
    page.context.set_extra_http_headers({"Sec-GPC": "1"})
    page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    page.goto(shop.address)
    page.wait_for_load_state("networkidle")
    assert shop.calls == [] and asks(page).count() == 0
    assert not Visitor.objects.exists()
    page.get_by_role("link", name="Cookies").click()
    with (
        page.expect_response("**/count.js"),
        page.expect_response("**/advertise.js"),
        page.expect_response("**/pixel.gif"),
    ):
        answers(page, "Yes, all of them")
    assert sorted(shop.calls) == ["/advertise.js", "/count.js", "/pixel.gif"], "her own yes to exactly this stands"
    assert CookieChoice.objects.get().yes


def test_the_question_on_our_own_pages(page, site, shop, look_over):
    page.goto(f"{site}/unsubscribe/")
    look_over()
    page.get_by_label("Your email address").fill("half@typed.example")
    answers(page, "No, only what is needed")
    expect(asks(page)).to_have_count(0)
    expect(page.get_by_label("Your email address")).to_have_value("half@typed.example")
    page.goto(f"{site}/cookies/")
    look_over()
    page.get_by_label("Counting visits").check()
    page.get_by_role("button", name="Save my choice").click()
    expect(page.get_by_text("Saved. Your choice is kept in this browser")).to_be_visible()
    expect(page.get_by_label("Counting visits")).to_be_checked()
