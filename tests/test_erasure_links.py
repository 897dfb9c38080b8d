"""What was mailed or begun before an erasure is dead or does nothing after it: each tried over HTTP, both times."""

import re
import time

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core import mail
from django.test import Client
from django.utils import timezone

from customers.models import Account, EmailAddress, Session
from privacy import erasure, jobs, suppression, tokens, traces
from privacy.consent import ConsentEntry
from privacy.export.job import path_of
from privacy.notices import OutgoingEmail
from privacy.subject_requests import following
from privacy.tokens import LinkToken
from privacy.vocabulary import Sender
from tests import make
from tests.portal import PASSWORD, dump, forget_limits, sign_in
from tests.test_following import opened

pytestmark = pytest.mark.django_db
ADDRESS, NEW = "mary@example.com", "a much longer secret"


@pytest.fixture(autouse=True)
def no_limits():
    forget_limits()


@pytest.fixture
def mary():
    return make.customer(ADDRESS, login=True)


@pytest.fixture
def guest():
    return make.customer("guest@example.com")


def erase(person):
    """Her erasure, after which no place of any kind holds her address."""
    addresses = [*person.email_addresses()]
    assert addresses and any(traces.find(*addresses))
    erasure.erase(person, today=timezone.localdate(), actor="test")
    for letter in OutgoingEmail.objects.filter(template="erasure_done", job_state="new"):
        assert jobs.work("privacy.outgoingemail", letter.pk)
    mail.outbox.clear()
    assert [trace for trace in traces.find(*addresses) if not trace.where.startswith("file:test.sqlite3")] == []


def mailed_path(pattern):
    """The path of a link in the last letter."""
    found = re.search(rf"https?://[^/\s]+({pattern})", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found.group(1)


def is_in(client):
    return client.get("/account/").status_code == 200


def signs_in(email, password):
    client = Client()
    client.post("/account/login/", {"login": email, "password": password})
    return is_in(client)


# --- passwords and second factors --------------------------------------------------------------------------


def reset_link(email=ADDRESS):
    Client().post("/account/password/reset/", {"email": email})
    return mailed_path(r"/account/password/reset/key/\S+/")


def opened_form(path):
    """A browser with the form behind the link, and where it sends the new password; no form, no address."""
    client = Client()
    answer = client.get(path, follow=True)
    has_form = 'name="password1"' in answer.content.decode()
    return client, answer.redirect_chain[-1][0] if has_form else ""


def test_a_link_for_a_new_password_opens_no_form_and_a_form_that_was_open_saves_nothing(mary):
    peter = make.customer("peter@example.com", login=True)
    client, form = opened_form(reset_link(peter.account.email))
    client.post(form, {"password1": NEW, "password2": NEW})
    assert signs_in("peter@example.com", NEW), "such a link works"
    path = reset_link()
    client, form = opened_form(path)
    assert form
    erase(mary)
    assert opened_form(path)[1] == ""
    client.post(form, {"password1": NEW, "password2": NEW})
    account = Account.objects.get(pk=mary.account_id)
    assert (account.password, account.is_active) == ("", False)
    assert not signs_in(account.email, NEW) and not signs_in(ADDRESS, NEW)


def test_asking_for_a_new_password_afterwards_is_silent(mary):
    """FAULTS E46: the page says what it says to everybody, and nothing is mailed."""
    before = Client().post("/account/password/reset/", {"email": ADDRESS}, follow=True).content
    assert mail.outbox[-1].to == [ADDRESS]
    erase(mary)
    assert Client().post("/account/password/reset/", {"email": ADDRESS}, follow=True).content == before
    assert mail.outbox == []


def code_of(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def waiting_for_a_code(email=ADDRESS):
    """A browser that has given the right password."""
    client = Client()
    answer = client.post("/account/login/", {"login": email, "password": PASSWORD})
    assert answer.url == "/account/2fa/authenticate/"
    return client


def test_a_sign_in_that_waits_for_its_code_goes_no_further(mary):
    peter = make.customer("peter@example.com", login=True)
    keys = {}
    for person in (mary, peter):
        secret = generate_totp_secret()
        TOTP.activate(person.account, secret)
        recovery = RecoveryCodes.activate(person.account)
        keys[person.pk] = [lambda secret=secret: code_of(secret), lambda one=recovery: one.get_unused_codes()[0]]
    for code in keys[peter.pk]:
        client = waiting_for_a_code("peter@example.com")
        client.post("/account/2fa/authenticate/", {"code": code()})
        assert is_in(client), "such a code works"
        forget_limits()
    waiting, codes = [waiting_for_a_code() for _ in range(2)], [code() for code in keys[mary.pk]]
    erase(mary)
    for client, code in zip(waiting, codes, strict=True):
        client.post("/account/2fa/authenticate/", {"code": code})
        assert not is_in(client)
    assert not Session.objects.filter(account=mary.account_id).exists()


def test_a_signed_in_browser_and_its_form_for_a_new_address_are_dead(mary):
    client, key = sign_in(mary), EmailAddress.objects.get(customer=mary).pk
    changed = {"record": f"emailaddress-{key}", f"emailaddress-{key}-address": "new@example.com"}
    assert client.post("/account/correct/contact/", changed).status_code == 302
    letter = OutgoingEmail.objects.get(template="new_address")
    assert jobs.work("privacy.outgoingemail", letter.pk)
    path = mailed_path(r"/account/new-address/\w+/")
    assert client.get(path).status_code == 200 and is_in(client)
    erase(mary)
    assert list(traces.find("new@example.com")) == []
    assert client.post(path).url.startswith("/account/login/") and not is_in(client)
    assert sign_in(make.customer(login=True)).post(path).status_code == 404
    assert not EmailAddress.objects.filter(customer=mary).exists()


# --- a sign-up that waits ----------------------------------------------------------------------------------


def signing_up(email):
    """A browser that waits for the code, and the code that was mailed."""
    client = Client()
    client.post("/account/signup/", {"email": email, "password1": PASSWORD, "password2": PASSWORD})
    found = re.search(r"^\s*([A-Z0-9]{3,4}-[A-Z0-9]{3,4})\s*$", str(mail.outbox[-1].body), re.M)
    return client, found.group(1) if found else "ABC-DEF"


def test_a_sign_up_under_her_address_that_nobody_had_confirmed_goes_with_her(guest):
    client, code = signing_up("other@example.com")
    client.post("/account/confirm-email/", {"code": code})
    assert is_in(client), "such a code works"
    client, code = signing_up("guest@example.com")
    assert Account.objects.filter(email="guest@example.com").exists()
    erase(guest)
    client.post("/account/confirm-email/", {"code": code})
    assert not is_in(client)
    assert not Account.objects.filter(email="guest@example.com").exists()
    assert not EmailAddress.objects.filter(address="guest@example.com").exists()


def test_a_sign_up_under_an_address_that_somebody_else_has_too_stays(guest):
    make.customer("guest@example.com")
    signing_up("guest@example.com")
    erasure.erase(guest, today=timezone.localdate(), actor="test")
    assert Account.objects.filter(email="guest@example.com").exists()


def test_what_a_stranger_typed_to_sign_up_as_her_goes_with_her(mary):
    """The page does not say that she has an account; what it keeps in the stranger's session is her address."""
    signing_up(ADDRESS)
    assert any(trace.where.startswith("sessions:") for trace in traces.find(ADDRESS))
    erase(mary)


# --- links in letters --------------------------------------------------------------------------------------


def other_links(person):
    """Every kind of link that is mailed to a person and opens a form or a page."""
    notice = make.grant(person)
    return {
        "/requests/new/": tokens.issue("request", person, about="request"),
        "/complaints/new/": tokens.issue("request", person, about="complaint"),
        "/unsubscribe/undo/": tokens.issue("undo", person, entries=[[notice.pk, notice.pk]]),
        "/keep/": tokens.issue("keep", person),
    }


def test_a_link_to_a_form_an_undo_and_a_wish_to_be_kept_are_not_found(guest):
    links = other_links(guest)
    for path, token in links.items():
        assert Client().get(f"{path}{token}/").status_code == 200, path
    erase(guest)
    before = dump()
    for path, token in links.items():
        for answer in (Client().get(f"{path}{token}/"), Client().post(f"{path}{token}/")):
            assert answer.status_code == 404, path
    assert dump() == before


def test_the_links_by_which_she_followed_her_requests_are_not_found(guest):
    case, wish = opened(guest), opened(guest, "erasure")
    paths = [re.sub(r"https?://[^/]+", "", following.link(one)) for one in (case, wish)]
    for path in paths:
        assert Client().get(path).status_code == 200
    assert Client().post(f"{paths[0]}add/", {"text": "More."}).status_code == 302
    erase(guest)
    before = dump()
    for path in paths:
        assert Client().get(path).status_code == 404
        assert Client().post(f"{path}add/", {"text": "More."}).status_code == 404
        assert Client().post(f"{path}withdraw/", {"sure": "yes"}).status_code == 404
    assert dump() == before
    assert not LinkToken.objects.filter(data_subject=guest).exists()


@pytest.mark.parametrize("kind", ["unsubscribe", "confirm"])
def test_a_link_out_of_advertising_answers_kindly_changes_nothing_and_she_stays_suppressed(guest, kind):
    path, spare = (f"/unsubscribe/{tokens.issue(kind, guest)}/" for _ in range(2))
    make.grant(guest, sender=Sender.OWN)
    assert Client().get(path).status_code == 200
    assert Client(enforce_csrf_checks=True).post(path).status_code == 200
    assert ConsentEntry.objects.filter(data_subject=guest).latest("pk").decision == "withdrawn", "such a link works"
    erase(guest)
    before = dump()
    for client in (Client(), Client(enforce_csrf_checks=True)):
        for answer in (client.get(spare), client.post(spare, {"what": "everything"})):
            assert answer.status_code == 200
            assert "You get no more of these emails" in answer.content.decode()
    assert dump() == before
    assert suppression.is_suppressed("guest@example.com")


def test_the_link_to_her_copy_gives_no_byte(mary):
    case = make.case(mary, "access", details="", identity_confirmed=True)
    assert jobs.work("privacy.export", case.export.pk)
    case.export.refresh_from_db()
    client, link, number = sign_in(mary), f"/account/export/{case.reference}/export.json", mary.number.encode()
    path = path_of(case.export, "export.json")
    assert number in b"".join(client.get(link).streaming_content) and path.exists()
    erase(mary)
    assert not path.exists()
    for browser in (client, sign_in(make.customer(login=True)), Client()):
        answer = browser.get(link)
        assert answer.status_code in (302, 404) and number not in answer.content
