"""Recipients told of a change, in a real browser: their page, the person's, and the office's, open to all senses."""

import re

from django.utils import timezone
from playwright.sync_api import expect

from privacy import recipient_notices
from privacy.recipient_notices import RecipientNotice
from privacy.roles import AGENT
from tests import make
from tests.browser.conftest import enter
from tests.browser.test_office import enter as enter_office
from tests.office import colleague


def test_art_19_a_recipient_answers_she_reads_it_and_a_colleague_records_another(page, site, mary, accessible):
    for name, mail in (("Ada Parcels", "ada@carrier.example"), ("Bob Letters", "")):
        to = make.recipient(name, notice_email=mail, told_by_hand="" if mail else "By letter.")
        make.disclosure(mary, recipient=to, occurred_at=timezone.now(), reference="R-1")
    case = make.case(mary, "restriction", identity_confirmed=True)
    ada = RecipientNotice.objects.get(case=case, recipient__name="Ada Parcels")
    page.goto(re.sub(r"^https?://[^/]+", site, ada.link))
    accessible(page)
    page.get_by_label("We have done it.").check()
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    accessible(page)
    enter(page, site)
    page.goto(f"{site}/account/requests/{case.reference}/")
    expect(page.get_by_text("1 of 2 have confirmed.")).to_be_visible()
    expect(page.get_by_text("is told by letter or phone.")).to_be_visible()
    accessible(page)
    page.context.clear_cookies()
    enter_office(page, site, colleague(AGENT))
    page.goto(f"{site}/admin/privacy/recipientnotice/?state=person")
    accessible(page)
    page.goto(f"{site}/admin/privacy/datasubjectrequest/{case.pk}/change/")
    accessible(page)
    page.get_by_role("button", name="I have told them").click()
    page.get_by_role("link", name="Bob Letters").click()
    accessible(page)
    page.get_by_text("Record an answer").click()
    page.get_by_label("What did they say?").select_option("not_held")
    page.get_by_label("In their words, and how they told you").fill("A letter of theirs.")
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_text("2 of 2 have confirmed.")).to_be_visible()
    assert not RecipientNotice.objects.exclude(state__in=recipient_notices.CONFIRMED).exists()
