"""Without an account: unsubscribe by link (CLG-06, RFC 8058), rights and complaints by mailed link."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from privacy import consent, tokens
from privacy.consent import ConsentEntry
from privacy.mailed_links import AskedLink
from privacy.notices import OutgoingEmail
from privacy.subject_requests import DataSubjectRequest
from privacy.tokens import LinkToken
from privacy.vocabulary import Channel, Purpose, Sender, Source
from tests import make
from tests.portal import dump, hidden, look_up

pytestmark = pytest.mark.django_db
ONE_CLICK = "List-Unsubscribe=One-Click"


def email_on(customer, sender: str = Sender.OWN) -> bool:
    return consent.is_granted(customer, Purpose.MARKETING, channel=Channel.EMAIL, sender=sender)


def link_in(mail: OutgoingEmail) -> str:
    found = re.search(r"https?://[^/]+(/\S+/)", bytes(mail.body).decode())
    assert found
    return found.group(1)


def strict() -> Client:
    return Client(enforce_csrf_checks=True)


def test_clg_06_address_then_link_then_off():
    mary = make.customer("mary@example.com")
    make.grant(mary)
    assert Client().post("/unsubscribe/", {"email": " Mary@Example.COM "}).status_code == 200
    look_up()
    assert email_on(mary), "nothing happens before the link is used"
    mail = OutgoingEmail.objects.get(template="unsubscribe_link")
    assert mail.to_address == "mary@example.com"
    page = strict().get(link_in(mail))
    assert "Stop these emails?" in page.content.decode()
    assert email_on(mary)
    assert strict().post(link_in(mail)).status_code == 200
    assert not email_on(mary)


def test_clg_06_the_same_answer_for_known_and_unknown_addresses():
    make.customer("mary@example.com")
    known, unknown = (
        Client().post("/unsubscribe/", {"email": e}).content for e in ("mary@example.com", "no@example.com")
    )
    assert re.sub(rb'value="[^"]{64}"', b"", known) == re.sub(rb'value="[^"]{64}"', b"", unknown)
    look_up()
    assert OutgoingEmail.objects.count() == 1
    assert {bytes(row.address) for row in AskedLink.objects.all()} == {b""}, "a worker who has looked forgets it"


@pytest.mark.parametrize("path", ["/unsubscribe/", "/requests/new/", "/complaints/new/"])
def test_f58_the_work_of_an_answer_tells_nothing_because_only_a_worker_looks_whose_address_it_is(path):
    make.customer("mary@example.com")
    client, asked = Client(), {}
    client.post(path, {"email": "first@example.com"})
    for address in ("mary@example.com", "nobody@example.com"):
        with CaptureQueriesContext(connection) as queries:
            client.post(path, {"email": address})
        asked[address] = [re.sub(r"s\d+_x\d+", "", query["sql"]).split(" ")[:3] for query in queries]
    known, unknown = asked.values()
    assert known == unknown
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_rfc_8058_one_click_acts_and_answers_200_without_redirect_cookie_or_token(kind):
    mary = make.customer()
    make.grant(mary)
    address = f"/unsubscribe/{tokens.issue('unsubscribe', mary)}/"
    multipart = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    body = multipart if "multipart" in kind else ONE_CLICK
    answer = strict().post(address, data=body, content_type=kind)
    assert answer.status_code == 200
    assert not answer.cookies
    assert not email_on(mary)
    assert ConsentEntry.objects.latest("pk").source == Source.ONE_CLICK


def test_rfc_8058_a_link_without_its_last_slash_acts_too_and_is_not_redirected():
    mary = make.customer()
    make.grant(mary)
    token = tokens.issue("unsubscribe", mary)
    answer = Client().post(f"/unsubscribe/{token}", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not consent.is_granted(mary, "marketing", channel="email", sender="own")


def test_rfc_8058_head_get_and_options_change_nothing():
    mary = make.customer()
    make.grant(mary)
    address = f"/unsubscribe/{tokens.issue('unsubscribe', mary)}/"
    before = dump()
    for method in ("get", "head", "options"):
        answer = getattr(strict(), method)(address)
        assert not answer.cookies
    assert dump() == before


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_a_wrong_token_is_not_found(method):
    assert getattr(Client(), method)("/unsubscribe/abcdefghijklmnop/").status_code == 404


def test_one_click_twice_is_written_once_and_the_receipt_leaves_once():
    mary = make.customer()
    make.grant(mary)
    address = f"/unsubscribe/{tokens.issue('unsubscribe', mary)}/"
    for _ in range(2):
        assert Client().post(address, ONE_CLICK, content_type="application/x-www-form-urlencoded").status_code == 200
    assert ConsentEntry.objects.filter(source=Source.ONE_CLICK).count() == len(Sender)
    assert OutgoingEmail.objects.filter(template="unsubscribed_by_link").count() == 1


def test_the_undo_in_the_receipt_puts_back_just_what_was_on_and_only_once():
    mary = make.customer()
    make.grant(mary)
    Client().post(f"/unsubscribe/{tokens.issue('unsubscribe', mary)}/")
    undo = link_in(OutgoingEmail.objects.get(template="unsubscribed_by_link"))
    assert strict().get(undo).status_code == 200
    assert not email_on(mary)
    assert strict().post(undo).status_code == 200
    assert email_on(mary) and not email_on(mary, Sender.THIRD_PARTY)
    consent.withdraw_marketing(mary, source=Source.EMAIL, actor=mary)
    assert strict().post(undo).status_code == 404
    assert not email_on(mary)


def test_the_token_stands_in_no_ledger_and_leaves_by_no_referrer():
    mary = make.customer()
    token = tokens.issue("unsubscribe", mary)
    answer = Client().post(f"/unsubscribe/{token}/")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert token not in str(dump())


@pytest.mark.parametrize(("path", "kind"), [("/requests/new/", "erasure"), ("/complaints/new/", "complaint")])
def test_a_right_without_an_account_by_a_mailed_link(path, kind):
    mary = make.customer("mary@example.com")
    assert Client().post(path, {"email": "mary@example.com"}).status_code == 200
    look_up()
    address = link_in(OutgoingEmail.objects.get(template="request_link"))
    assert address.startswith(path)
    page = strict().get(address).content.decode()
    sent = {"kind": kind, "details": "please", "key": hidden(page, "key")}
    for _ in range(2):
        assert "NL-" in strict().post(address, sent).content.decode()
    case = DataSubjectRequest.objects.get()
    assert (case.data_subject, case.kind) == (mary, kind)
    assert case.identity_confirmed_at is None, "a link can be forwarded: a person checks first"


def test_a_link_for_a_complaint_opens_no_other_form():
    token = tokens.issue("request", make.customer(), about="complaint")
    assert Client().get(f"/requests/new/{token}/").status_code == 404


def test_strangers_learn_by_mail_only_that_nothing_is_held_and_at_most_once_a_day():
    for _ in range(2):
        answer = Client().post("/requests/new/", {"email": "stranger@example.com"})
        assert "Please look at your mail" in answer.content.decode()
    look_up()
    assert [m.template for m in OutgoingEmail.objects.all()] == ["nothing_held"]


def test_a_link_for_one_thing_does_not_stand_in_the_way_of_another():
    make.customer("mary@example.com")
    client = Client()
    for _ in range(2):
        client.post("/requests/new/", {"email": "mary@example.com"})
        client.post("/complaints/new/", {"email": "mary@example.com"})
    look_up()
    assert OutgoingEmail.objects.filter(template="request_link").count() == 2
    assert LinkToken.objects.filter(kind="request").count() == 2, "no link that nobody was sent"


def test_a_stranger_is_not_flooded_by_tags_in_the_address():
    client = Client()
    for tag in ("", "+1", "+2"):
        client.post("/requests/new/", {"email": f"stranger{tag}@example.net"})
    look_up()
    assert OutgoingEmail.objects.count() == 1


def test_a_bad_address_is_said_kindly():
    answer = Client().post("/unsubscribe/", {"email": "mary@"})
    assert answer.status_code == 422
    assert "This does not look like an email address" in answer.content.decode()
