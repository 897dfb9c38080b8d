"""Sign up, sign in, prove it again; and how a login finds its customer."""

import re

import pytest
from django.core import mail
from django.test import Client

from customers.models import Account, Customer
from customers.sign_in import attach_customer
from tests import make
from tests.portal import forget_limits

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_limits():
    forget_limits()


def sign_up(client: Client, email: str) -> str:
    client.post("/account/signup/", {"email": email, "password1": PASSWORD, "password2": PASSWORD})
    return str(mail.outbox[-1].body)


def test_a_guest_who_proves_her_address_finds_her_data():
    guest = make.customer("mary@example.com")
    client = Client()
    said = sign_up(client, "mary@example.com")
    code = re.search(r"^\s*([A-Z0-9]{3,4}-[A-Z0-9]{3,4})\s*$", said, re.M)
    assert code, said
    assert client.get("/account/").status_code == 302, "not before the address is proved"
    client.post("/account/confirm-email/", {"code": code.group(1)})
    guest.refresh_from_db()
    assert guest.account is not None
    assert client.get("/account/").status_code == 200


def test_a_newcomer_gets_a_record_of_her_own():
    account = make.account("new@example.com")
    customer = attach_customer(account)
    assert customer and customer.account == account and customer.contact_email == "new@example.com"
    assert attach_customer(account) is None


def test_a_shared_address_is_left_to_a_person():
    make.customer("family@example.com"), make.customer("family@example.com")
    assert attach_customer(make.account("family@example.com")) is None


def test_somebody_elses_record_is_never_taken_over():
    taken = make.customer("mary@example.com", login=True)
    other = make.account("other@example.com")
    Account.objects.filter(pk=other.pk).update(email="x@example.com")
    other.email = "mary@example.com"
    assert attach_customer(other) is None
    assert Customer.objects.get(pk=taken.pk).account == taken.account


def test_the_same_answer_whether_an_address_has_an_account_or_not():
    make.customer("mary@example.com", login=True)
    answers = [
        Client().post("/account/password/reset/", {"email": address}, follow=True).content
        for address in ("mary@example.com", "nobody@example.com")
    ]
    assert answers[0] == answers[1]


def test_links_in_mail_are_built_from_site_url_alone(settings):
    settings.SITE_URL = "https://privacy.northlight.example"
    settings.ALLOWED_HOSTS = ["*"]
    make.customer("mary@example.com", login=True)
    sent = {"email": "mary@example.com", "password1": PASSWORD, "password2": PASSWORD}
    Client().post("/account/signup/", sent, headers={"host": "evil.example"})
    assert "/account/password/reset/" in mail.outbox[-1].body and "evil.example" not in mail.outbox[-1].body
    Client().post("/account/password/reset/", {"email": "mary@example.com"}, headers={"host": "evil.example"})
    assert "https://privacy.northlight.example/account/password/reset/key/" in mail.outbox[-1].body
    assert "evil.example" not in mail.outbox[-1].body


def test_too_many_wrong_passwords_are_stopped():
    make.customer("mary@example.com", login=True)
    client = Client()
    for _ in range(6):
        answer = client.post("/account/login/", {"login": "mary@example.com", "password": "wrong"})
    assert "Too many failed login attempts" in answer.content.decode() or answer.status_code == 429


def test_signing_in_counts_as_being_active():
    mary = make.customer("mary@example.com", login=True, last_active_at=make.LONG_AGO)
    client = Client()
    assert client.post("/account/login/", {"login": "mary@example.com", "password": PASSWORD}).status_code == 302
    mary.refresh_from_db()
    assert mary.last_active_at > make.LONG_AGO


@pytest.mark.parametrize(
    "address",
    ["login/", "signup/", "password/reset/", "password/reset/done/", "password/reset/key/x-y/", "inactive/", "logout/"],
)
def test_every_sign_in_page_wears_the_shops_clothes(address):
    page = Client().get(f"/account/{address}", follow=True).content.decode()
    assert "portal.css" in page and "Northlight" in page
    assert " style=" not in page
