"""Who sees what, what GET may do, and what every answer says to the browser: over every address of the portal."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from privacy import cookie_choices, tokens
from privacy.fields import correspondent_hash
from privacy.views import my_data
from tests import make
from tests.portal import dump, portal_names, sign_in

pytestmark = pytest.mark.django_db
PUBLIC = {
    "home", "policy", "policy_version", "policy_pdf", "policy_version_pdf", "terms", "terms_version", "terms_pdf",
    "terms_version_pdf", "cookies", "cookie_choice", "cookie_script", "promises", "unsubscribe", "public_request",
    "public_complaint", "health", "ready",
}  # fmt: skip


TOKEN_PAGES = {
    "recipient_answer", "confirm_address", "pending_address", "undo_unsubscribe", "public_request_form",
    "public_complaint_form", "behalf_request", "behalf_complaint",
    "follow", "follow_deed",
}  # fmt: skip


def follow_link(case: Any) -> str:
    """The token behind which a guest follows this request."""
    address = case.data_subject.contact_email
    return tokens.lasting("case", case.data_subject, "test", case=case.pk, to=correspondent_hash(address), acting=None)


def behalf_link(about: str) -> str:
    """The token of a form for somebody else, that nobody has filled in."""
    row = make.on_behalf(None, stands="asked", kind=about, said=b"", paper=b"", received_at=timezone.now())
    token = tokens.derived(f"{about}:{row.pk}")
    row.update(link_hash=tokens.at_rest(token))
    return token


def addresses(customer: Any) -> dict[str, str]:
    """Every address of the portal, with this customer's numbers and tokens in it."""
    case = make.case(customer, "access", identity_confirmed=True)
    given: dict[str, dict[str, str]] = {
        "records": {"kind": "customers.order"}, "correct": {"category": "identity"},
        "policy_version": {"version": make.policy().version},
        "terms_version": {"version": make.policy(kind="terms").version},
        "one_click": {"token": tokens.issue("unsubscribe", customer)},
        "one_click_bare": {"token": tokens.issue("unsubscribe", customer)},
        "outside": {"token": cookie_choices.sealed("https://social.example/")},
        "keep": {"token": tokens.issue("keep", customer)},
        "confirm_address": {"token": tokens.issue("new_address", customer, address="new@example.com")},
        "pending_address": {"pk": "1"},
        "webhook": {"service": "postmark", "kind": "events"},
        "recipient_answer": {"token": make.recipient_notice(customer).token},
        "undo_unsubscribe": {"token": tokens.issue("undo", customer, senders=["own"])},
        "public_request_form": {"token": tokens.issue("request", customer, about="request")},
        "public_complaint_form": {"token": tokens.issue("request", customer, about="complaint")},
        "case_deed": {"reference": case.reference, "name": "add"}, "follow": {"token": follow_link(case)},
        "follow_deed": {"token": follow_link(case), "name": "withdraw"},
        "behalf_request": {"token": behalf_link("request")}, "behalf_complaint": {"token": behalf_link("complaint")},
    }  # fmt: skip
    given["export_file"] = {"reference": case.reference, "name": "export.json"}
    given["policy_version_pdf"], given["terms_version_pdf"] = given["policy_version"], given["terms_version"]
    numbered = {"reference": case.reference}
    return {
        name: reverse(f"privacy:{name}", kwargs=given.get(name, numbered if name in NUMBERED else None))
        for name in portal_names()
    }


NUMBERED = {"case_deed", "request", "withdraw_request", "export", "export_file"}


def test_get_and_head_change_nothing_on_any_page():
    mary = make.customer(login=True)
    make.order(mary)
    make.grant(mary)
    everything = addresses(mary)
    client = sign_in(mary)
    before = dump()
    everything.pop("export_file")  # that a copy was fetched, or tried, is written down
    for name, address in everything.items():
        for method in (client.get, client.head, Client().get, Client().head):
            assert method(address).status_code < 500 or name == "ready", name
    assert dump() == before


def test_no_page_shows_anything_of_another_customer():
    mary, peter = make.customer(login=True), make.customer(login=True)
    for person in (mary, peter):
        make.order(person), make.address(person), make.enquiry(person), make.grant(person), make.disclosure(person)
    theirs = addresses(peter)
    client = sign_in(mary)
    for name, address in theirs.items():
        if "token" in name or name.startswith("one_click") or name in TOKEN_PAGES:
            continue
        answer = client.post(address) if name == "withdraw_request" else client.get(address)
        assert answer.status_code == 404 if name in NUMBERED else answer.status_code < 500 or name == "ready", name
        page = answer.content.decode(errors="replace")
        for secret in (peter.number, make.canary(peter), str(peter.account and peter.account.email)):
            assert secret not in page, f"{name} shows {secret}"
    assert peter.subject_requests.get().state != "withdrawn"


def test_nothing_personal_without_signing_in():
    mary = make.customer(login=True)
    for name, address in addresses(mary).items():
        if address.startswith("/account/"):
            answer = Client().post(address) if name == "withdraw_request" else Client().get(address)
            assert answer.status_code == 302 and answer["Location"].startswith("/account/login/"), name
        elif name != "follow":  # whoever holds that link sees what its letters said
            assert make.canary(mary) not in Client().get(address).content.decode(errors="replace")


def test_staff_are_not_customers():
    client = Client()
    client.force_login(make.staff())
    assert client.get("/account/").status_code == 403


def test_every_page_says_how_it_may_be_kept_and_what_it_may_load():
    mary = make.customer(login=True)
    client = sign_in(mary)
    for name, address in addresses(mary).items():
        answer = client.post(address) if name == "withdraw_request" else client.get(address)
        if name not in ("health", "ready", "policy_pdf", "terms_pdf", "cookie_script"):
            assert "no-store" in answer["Cache-Control"], name
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert "camera=()" in answer["Permissions-Policy"]
        foreign_pages_may_load_it = name == "cookie_script"
        assert answer["Cross-Origin-Resource-Policy"] == (
            "cross-origin" if foreign_pages_may_load_it else "same-origin"
        )
        page = answer.content.decode(errors="replace")
        assert " style=" not in page and "<style" not in page and "onclick" not in page, name
        assert "<script>" not in page, name


def test_sfb_22_every_form_that_takes_personal_data_links_the_policy_above_its_button():
    mary = make.customer(login=True)
    client = sign_in(mary)
    everything = addresses(mary)
    for name in (
        "correct", "preferences", "sharing", "new_request", "unsubscribe", "public_request", "public_complaint",
        "cookies", "public_request_form", "public_complaint_form", "behalf_request", "behalf_complaint",
    ):  # fmt: skip
        page = client.get(everything[name]).content.decode()
        form = page[page.index('class="policy-note"') :]
        assert 'href="/privacy/"' in form and 'type="submit"' in form, name
    for address in ("/account/signup/", "/account/password/reset/"):
        page = Client().get(address).content.decode()
        assert page.index('class="policy-note"') < page.index('<button class="button" type="submit"'), address


def test_signing_out_clears_what_the_browser_kept():
    answer = sign_in(make.customer(login=True)).post("/account/logout/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'


def test_a_database_that_does_not_answer_is_a_503_that_asks_to_come_again(monkeypatch):
    mary = make.customer(login=True)

    def down(*args: Any, **kwargs: Any) -> None:
        raise OperationalError

    client = sign_in(mary)
    monkeypatch.setattr(my_data.overview, "holdings", down)
    answer = client.get("/account/")
    assert answer.status_code == 503 and answer["Retry-After"]
    assert "We will be back in a moment" in answer.content.decode()


@pytest.mark.django_db(databases=[])
def test_the_page_for_our_own_mistakes_needs_no_database(rf):
    from privacy.views.errors import server_error

    answer = server_error(rf.get("/"))
    assert answer.status_code == 500
    assert "This is our mistake, not yours." in answer.content.decode()


def test_too_much_is_413_and_nonsense_is_400(rf):
    from django.core.exceptions import RequestDataTooBig, SuspiciousOperation

    from privacy.views.errors import bad_request

    assert bad_request(rf.get("/"), RequestDataTooBig()).status_code == 413
    assert bad_request(rf.get("/"), SuspiciousOperation()).status_code == 400


def test_a_page_that_is_not_there(client):
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "We cannot find this page" in answer.content.decode()


def test_cnx_01_cnx_02_officer_address_phone_and_hours_stand_on_every_page(client, settings):
    page = client.get("/").content.decode()
    for words in ("Ines Okafor", "+44 1632 960123", "Monday to Friday, 7am to 5pm", "service@northlight.example"):
        assert words in page


def test_the_shops_name_is_a_setting(client, settings):
    settings.SHOP = settings.SHOP | {"name": "Südlicht"}
    assert "Südlicht" in client.get("/").content.decode()
    assert "Northlight may" not in client.get("/").content.decode()


def test_health_and_readiness(client, broker):
    assert client.get("/healthz").json() == {"status": "ok"}
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"status": "ok", "database": "ok", "broker": "ok", "storage": "ok", "erasures": "ok"}


def test_not_ready_names_what_does_not_answer(client, broker):
    broker.stop()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["broker"] == "no answer"


def test_sfb_35_policies_past_and_present_can_be_read_and_compared_without_login(client):
    make.policy("one", body="# What\n\nWe hold little.\n\nOld words.")
    from datetime import date

    make.policy("two", body="# What\n\nWe hold little.\n\nNew words.", effective_on=date(2024, 1, 1))
    make.policy("next", body="Not yet.", effective_on=date(2999, 1, 1))
    assert "New words." in client.get("/privacy/").content.decode()
    assert "Old words." in client.get("/privacy/one/").content.decode()
    compared = client.get("/privacy/two/?compare=1").content.decode()
    assert '<ins class="added">' in compared and '<del class="removed">' in compared
    assert client.get("/privacy/next/").status_code == 404


def test_cnx_30_each_version_can_be_kept_as_pdf(client):
    make.policy("one")
    for address in ("/privacy.pdf", "/privacy/one.pdf"):
        answer = client.get(address)
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
        assert f'href="{address}"' in client.get("/privacy/").content.decode() or address != "/privacy.pdf"
    assert client.get("/privacy/none.pdf").status_code == 404
