"""Who fetches a copy over the web? Its owner, signed in, proven, whole, in time; everybody else gets 0 bytes (D41)."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from customers.models import EmailAddress
from privacy import export, jobs, tokens
from privacy.audit import AuditEntry
from privacy.export import Export
from privacy.export.job import path_of
from privacy.new_addresses import confirm
from tests import make
from tests.portal import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def mary():
    made = make.customer(login=True)
    make.order(made)
    return made


@pytest.fixture
def done(mary):
    case = make.case(mary, "access", details="", identity_confirmed=True)
    assert jobs.work("privacy.export", case.export.pk)
    case.export.refresh_from_db()
    return case.export


def address_of(row, name="export.json"):
    return f"/account/export/{row.case.reference}/{name}"


def body_of(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def tried(client, row, name="export.json", method="get", **headers):
    """The answer to one try, which wrote exactly one line into the log."""
    before = AuditEntry.objects.filter(event__startswith="export.").count()
    answer = getattr(client, method)(address_of(row, name), headers=headers)
    assert AuditEntry.objects.filter(event__startswith="export.").count() == before + 1
    last = AuditEntry.objects.latest("pk")
    return answer, last.event, last.details.get("reason")


def assert_no_byte(answer, row):
    given = body_of(answer)
    assert row.data_subject.number.encode() not in given
    assert "Content-Disposition" not in answer
    assert "no-store" in answer["Cache-Control"]


def test_its_owner_who_has_just_signed_in_gets_it_whole(mary, done):
    answer, event, _reason = tried(sign_in(mary), done)
    given = body_of(answer)
    assert (answer.status_code, event, len(given)) == (200, "export.opened", done.files["export.json"]["size"])
    assert mary.number.encode() in given
    assert "no-store" in answer["Cache-Control"]
    assert answer["Accept-Ranges"] == "none"


def test_another_session_and_a_colleague(done):
    colleague = Client()
    colleague.force_login(make.staff())
    for client in (sign_in(make.customer(login=True)), colleague):
        answer, event, reason = tried(client, done)
        assert (answer.status_code, event, reason) == (404, "export.refused", "not_yours")
        assert_no_byte(answer, done)


def test_nobody_and_whoever_signed_out(mary, done):
    client = sign_in(mary)
    client.logout()
    for nobody in (client, Client()):
        answer, event, reason = tried(nobody, done)
        assert (answer.status_code, event, reason) == (302, "export.refused", "not_yours")
        assert answer["Location"].startswith("/account/login/?next=/account/export/")
        assert AuditEntry.objects.latest("pk").actor == "anonymous"
        assert_no_byte(answer, done)


def test_a_sign_in_of_an_hour_ago_must_be_proven_again(mary, done):
    client = sign_in(mary, minutes_ago=60)
    for method in ("get", "head"):
        answer, event, reason = tried(client, done, method=method)
        assert (answer.status_code, event, reason) == (302, "export.refused", "not_proven")
        assert "reauthenticate" in answer["Location"]
        assert_no_byte(answer, done)
    page = client.get(f"/account/export/{done.case.reference}/").content.decode()
    assert "we ask you once more for your password" in page
    proven = client.post(answer["Location"], {"password": "correct horse battery"})
    assert proven["Location"] == address_of(done)
    answer, event, _reason = tried(client, done)
    assert (answer.status_code, event) == (200, "export.opened")


def test_one_second_too_late(mary, done):
    with time_machine.travel(done.expires_at - timedelta(seconds=1), tick=False):
        assert tried(sign_in(mary), done)[1] == "export.opened"
    with time_machine.travel(done.expires_at, tick=False):
        answer, _event, reason = tried(sign_in(mary), done)
        assert (answer.status_code, reason) == (404, "expired")
        assert_no_byte(answer, done)


def test_after_an_erasure(mary, done):
    client, path = sign_in(mary), path_of(done, "export.json")
    assert path.exists()
    export.discard_files(mary)
    assert not path.exists()
    answer, _event, reason = tried(client, done)
    assert (answer.status_code, reason) == (404, "expired")
    assert_no_byte(answer, done)


def test_after_a_new_address_was_proven(mary, done):
    client = sign_in(mary)
    row = EmailAddress.objects.get(customer=mary)
    details = {"record": f"customers.emailaddress:{row.pk}", "column": "address", "address": "new@example.org"}
    token = tokens.find("new_address", tokens.issue("new_address", mary, **details))
    assert confirm(token, actor=mary)
    answer, _event, reason = tried(client, done)
    assert (answer.status_code, reason) == (404, "address_changed")
    assert_no_byte(answer, done)
    for page in (f"/account/export/{done.case.reference}/", f"/account/requests/{done.case.reference}/"):
        assert "Your email address was changed" in client.get(page).content.decode()


def test_after_the_login_moved_to_another_address(mary, done):
    client = sign_in(mary)
    mary.account.email = "thief@example.org"
    mary.account.save()
    answer, _event, reason = tried(client, done)
    assert (answer.status_code, reason) == (404, "address_changed")
    assert_no_byte(answer, done)


@pytest.mark.parametrize("part", ["bytes=0-9", "bytes=-5", "bytes=0-", "rubbish"])
def test_a_part_of_it(mary, done, part):
    answer, _event, reason = tried(sign_in(mary), done, range=part)
    assert (answer.status_code, reason, body_of(answer)) == (416, "part", b"")


def test_head_gives_headers_and_no_byte(mary, done):
    answer, event, _reason = tried(sign_in(mary), done, method="head")
    assert (answer.status_code, event, body_of(answer)) == (200, "export.asked", b"")
    stranger, event, reason = tried(sign_in(make.customer(login=True)), done, method="head")
    assert (stranger.status_code, event, reason) == (404, "export.refused", "not_yours")


@pytest.mark.parametrize("name", ["export.xml", "EXPORT.JSON", "customers.order.csv"])
def test_a_guessed_name(mary, done, name):
    answer, _event, reason = tried(sign_in(mary), done, name)
    assert (answer.status_code, reason) == (404, "unknown")
    assert_no_byte(answer, done)


def test_a_guessed_number(mary, done):
    before = AuditEntry.objects.count()
    assert sign_in(mary).get("/account/export/NL-2026-999999/export.json").status_code == 404
    last = AuditEntry.objects.latest("pk")
    assert (AuditEntry.objects.count(), last.event, last.details) == (
        before + 1, "export.refused", {"reason": "unknown"},
    )  # fmt: skip
    assert Client().get("/account/export/NL-2026-999999/export.json").status_code == 302


def test_a_cache_between_us_keeps_nothing(mary, done):
    first = sign_in(mary).get(address_of(done))
    assert "ETag" not in first
    assert "Last-Modified" not in first
    again = Client().get(
        address_of(done), headers={"If-None-Match": "*", "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    )
    assert again.status_code == 302
    assert_no_byte(again, done)


def test_cnx_32_a_file_that_was_changed_gives_no_byte(mary, done):
    path = path_of(done, "export.json")
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    answer, _event, reason = tried(sign_in(mary), done)
    assert (answer.status_code, reason) == (404, "damaged")
    assert_no_byte(answer, done)


# --- how far it is -----------------------------------------------------------------------------------------


def states(mary):
    """Every state of a copy in the making, with what her page must say of it."""
    later = timezone.now() + timedelta(days=1)
    return [
        ({"job_state": "new"}, "waiting for its turn", "0"),
        ({"job_state": "working", "claims": 1, "progress": 40}, "40 % done", "40"),
        ({"job_state": "new", "claims": 1, "failures": 1, "progress": 40}, "we try again by ourselves", "40"),
        ({"job_state": "needs_attention", "claims": 3, "failures": 3, "progress": 40}, "still being prepared", "40"),
        ({"job_state": "done", "progress": 100}, "looks it through", "100"),
        ({"job_state": "done", "released_at": later, "expires_at": later, "files": {"a": {}}}, "is ready", None),
        ({"job_state": "done", "released_at": later, "expires_at": make.LONG_AGO}, "no longer here", None),
    ]


def test_her_page_says_of_every_state_what_it_means_without_a_script_and_for_the_script(mary):
    case = make.case(mary, "access", details="", identity_confirmed=True)
    client, page = sign_in(mary), f"/account/requests/{case.reference}/"
    fresh: dict = {"claims": 0, "failures": 0, "progress": 0, "released_at": None, "expires_at": None, "files": {}}
    for values, words, percent in states(mary):
        Export.objects.update(**fresh | {"addressees": []} | values)
        said = client.get(page).content.decode()
        told = client.get(page, headers={"accept": "application/json"}).json()
        assert words in said, words
        assert words in told["words"], words
        assert told["finished"] is (percent is None)
        assert ("<progress" in said) is (percent is not None)
        if percent is not None:
            assert f'<progress max="100" value="{percent}" aria-labelledby="progress-title"' in said
            assert "data-poll=" in said
