"""The two sides of a story: a customer's browser and a colleague's desk, each with the few moves that stories need.

A step is opened by its name, whatever it is folded into; where a step asks for something new, it is mended here.
"""

import re
from typing import Any

from playwright.sync_api import expect

from privacy import jobs
from privacy.notices import OutgoingEmail
from privacy.subject_requests import DataSubjectRequest
from tests.office import desk
from tests.portal import sign_in

UNFOLD = "at => { for (let d = at.closest('details'); d; d = d.parentElement.closest('details')) d.open = true; }"
ALL = "every box of this name"
CASES = "/admin/privacy/datasubjectrequest/"


class Side:
    """A browser of its own, without JavaScript where a story says so."""

    def __init__(self, browser: Any, site: str, client: Any = None, *, script: bool = True) -> None:
        self.site, self.context = site, browser.new_context(java_script_enabled=script)
        if client is not None:
            cookies = [{"name": name, "value": morsel.value, "url": site} for name, morsel in client.cookies.items()]
            self.context.add_cookies(cookies)
        self.page = self.context.new_page()

    def go(self, address: str) -> Any:
        """To an address of ours."""
        self.page.goto(self.site + address)
        return self.page

    def press(self, name: str) -> None:
        """A button of the page itself."""
        self.page.get_by_role("main").get_by_role("button", name=name).click()

    def sees(self, *words: str) -> None:
        """All of this stands on the page."""
        for text in words:
            expect(self.page.get_by_text(text).first).to_be_visible()


class Customer(Side):
    """Signed in, or a guest."""

    def __init__(self, browser: Any, site: str, person: Any = None, **how: Any) -> None:
        super().__init__(browser, site, sign_in(person) if person else None, **how)

    def ask(self, kind: str, **fields: str) -> DataSubjectRequest:
        """Chooses a right in the account and sends it."""
        page = self.go(f"/account/requests/new/?kind={kind}")
        for name, value in fields.items():
            page.locator(f"[name={name}]").fill(value)
        self.press("Send")
        if kind == "erasure":
            self.press("Yes, delete my data")
        return self.newest()

    def newest(self) -> DataSubjectRequest:
        """What came of it; its number stands on the page."""
        case = DataSubjectRequest.objects.latest("pk")
        self.sees(case.reference)
        return case

    def look(self, case: DataSubjectRequest) -> None:
        """At her request, in her account."""
        self.go(f"/account/requests/{case.reference}/")

    def follow(self, template: str) -> None:
        """The link in the last letter of this kind."""
        letter = OutgoingEmail.objects.filter(template=template).latest("pk")
        found = re.search(r"https?://[^/\s]+(/(?:requests|complaints)/\S+/)", bytes(letter.body).decode())
        assert found, template
        self.go(found.group(1))


class Desk(Side):
    """A colleague who is signed in."""

    def __init__(self, browser: Any, site: str, account: Any) -> None:
        super().__init__(browser, site, desk(account))

    def open(self, case: DataSubjectRequest) -> None:
        """The page of the case, with its details."""
        self.go(f"{CASES}{case.pk}/change/")
        shut = self.page.get_by_role("button", name="Show the details")
        if shut.count():
            words = self.page.locator("form[action$='/open/'] [name=words]")
            words.fill(words.input_value() or "To check that it was done.")
            shut.click()
            self.sees("more minute")

    def sees_it_closed(self, case: DataSubjectRequest) -> None:
        """Opens the case, which is done."""
        self.open(case)
        expect(self.page.locator(".case-state")).to_contain_text("Done")

    def take(self, step: str, **fields: str) -> None:
        """Takes a step by its name and waits until it is done."""
        form = self.page.locator(f"form[action$='/step/{step}/']")
        form.evaluate(UNFOLD)
        for name, value in fields.items():
            fields_of_it = form.locator(f"[name={name}]").all()
            if value == ALL:
                for box in fields_of_it:
                    box.check()
                continue
            (field,) = fields_of_it
            is_choice = field.evaluate("at => at.tagName") == "SELECT"
            (field.select_option if is_choice else field.fill)(value)
        form.locator("button[type=submit]").last.click()
        self.sees("Done: ")

    def handle(self, case: DataSubjectRequest, *steps: tuple[str, dict[str, str]]) -> None:
        """Opens the case and takes these steps, one after the other."""
        self.open(case)
        for step, fields in steps:
            self.take(step, **fields)


def work() -> None:
    """What a worker would do: every job that is due, and what comes of them."""
    while waiting := [job for kind in jobs.concrete() for job in kind.objects.filter(job_state="new")]:
        for job in waiting:
            assert jobs.work(job._meta.label_lower, job.pk), job
