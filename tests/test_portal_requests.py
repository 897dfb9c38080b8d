"""Ask for a right, follow it, withdraw it."""

import json

import pytest
from django.utils import timezone
from django.utils.html import escape

from privacy import jobs, restrictions, subject_requests
from privacy.cases import State
from privacy.export import Export
from privacy.notices import OutgoingEmail
from privacy.restrictions import is_restricted
from privacy.subject_requests import DataSubjectRequest
from tests import make
from tests.portal import hidden, sign_in

pytestmark = pytest.mark.django_db
NEW = "/account/requests/new/"


def ask(client, kind: str, **more: str):
    key = hidden(client.get("/account/requests/new/").content.decode(), "key")
    return client.post("/account/requests/new/", {"kind": kind, "details": "please", "key": key} | more)


def test_a_request_gets_a_number_and_a_due_date_with_its_reason():
    mary = make.customer(login=True)
    client = sign_in(mary)
    answer = ask(client, "rectification")
    case = DataSubjectRequest.objects.get()
    assert answer["Location"] == f"/account/requests/{case.reference}/"
    page = client.get(answer["Location"]).content.decode()
    assert case.reference in page
    assert case.due_on.strftime("%-d %B %Y") in page
    assert "Why that day?" in page and case.due_reasons
    assert "Your request arrived." in page


def test_every_right_is_offered_in_plain_words():
    from privacy.rights import REGISTER

    page = sign_in(make.customer(login=True)).get("/account/requests/new/").content.decode()
    for entry in REGISTER.values():
        assert str(entry.label) in page
        assert escape(str(entry.explanation)) in page


def test_the_same_form_sent_twice_opens_one_case():
    mary = make.customer(login=True)
    client = sign_in(mary)
    key = hidden(client.get("/account/requests/new/").content.decode(), "key")
    answers = {
        client.post("/account/requests/new/", {"kind": "enquiry", "details": "", "key": key})["Location"]
        for _ in range(2)
    }
    assert len(answers) == 1
    assert DataSubjectRequest.objects.count() == 1


def test_the_same_form_with_another_wish_in_it_is_said_so_and_keeps_what_was_typed():
    mary = make.customer(login=True)
    client = sign_in(mary)
    key = hidden(client.get(NEW).content.decode(), "key")
    client.post(NEW, {"kind": "rectification", "details": "My name is Ann.", "key": key})
    for kind, details in (("rectification", "My name is Anne."), ("objection", "My name is Ann.")):
        answer = client.post(NEW, {"kind": kind, "details": details, "key": key})
        page = answer.content.decode()
        assert answer.status_code == 409 and details in page
        assert f"as request {mary.subject_requests.get().reference}" in page
    client.post(NEW, {"kind": kind, "details": details, "key": hidden(page, "key")})
    assert mary.subject_requests.count() == 2


@pytest.mark.parametrize("kind", ["access", "portability", "erasure"])
def test_a_second_wish_for_what_is_under_way_leads_to_the_open_case(kind):
    mary = make.customer(login=True)
    client = sign_in(mary)
    for _ in range(3):
        key = hidden(client.get(NEW).content.decode(), "key")
        answer = client.post(NEW, {"kind": kind, "details": "", "key": key, "understood": "on"})
    case = mary.subject_requests.get()
    assert answer["Location"].endswith(f"/{case.reference}/")
    assert case.events.filter(kind="asked_again").count() == 2
    assert OutgoingEmail.objects.filter(template="case_received").count() == 1
    DataSubjectRequest.objects.filter(pk=case.pk).update(state="withdrawn", closed_at=timezone.now())
    client.post(
        NEW, {"kind": kind, "details": "", "key": hidden(client.get(NEW).content.decode(), "key"), "understood": "on"}
    )
    assert mary.subject_requests.count() == 2


def test_the_key_of_another_persons_form_leads_nowhere():
    mary, peter = make.customer(login=True), make.customer(login=True)
    sent = {"kind": "enquiry", "details": "", "key": "same"}
    first = sign_in(mary).post("/account/requests/new/", sent)["Location"]
    second = sign_in(peter).post("/account/requests/new/", sent)["Location"]
    assert first != second


@pytest.mark.parametrize("kind", ["access", "portability", "erasure", "restriction"])
def test_weighty_requests_need_a_fresh_proof(kind):
    client = sign_in(make.customer(login=True), minutes_ago=60)
    answer = ask(client, kind, understood="1")
    assert answer["Location"].startswith("/account/reauthenticate/")
    assert not DataSubjectRequest.objects.exists()


def test_a_copy_is_queued_at_once_and_its_progress_can_be_followed():
    mary = make.customer(login=True)
    client = sign_in(mary)
    answer = ask(client, "access")
    assert Export.objects.get().data_subject == mary
    page = client.get(answer["Location"]).content.decode()
    assert "<progress" in page and "Look again" in page
    said = json.loads(client.get(answer["Location"], headers={"accept": "application/json"}).content)
    assert said["finished"] is False and 0 <= said["percent"] <= 100


def test_progress_speaks_of_a_copy_only_where_there_is_one():
    mary = make.customer(login=True)
    case = make.case(mary, "erasure")
    client = sign_in(mary)
    address = f"/account/requests/{case.reference}/"
    assert "copy" not in client.get(address, headers={"accept": "application/json"}).json()["words"]
    client.post(f"{address}withdraw/")
    said = client.get(address, headers={"accept": "application/json"}).json()
    assert said["finished"] and "ready" not in said["words"]


def test_objection_stops_advertising_at_once_without_a_fresh_proof():
    mary = make.customer(login=True)
    make.grant(mary)
    ask(sign_in(mary, minutes_ago=60), "objection")
    from privacy import preferences

    assert preferences.granted(mary) == set()
    assert DataSubjectRequest.objects.get().state == State.COMPLETED


def test_restriction_bars_use_at_once():
    mary = make.customer(login=True)
    ask(sign_in(mary), "restriction")
    assert is_restricted(mary)


def test_erasure_shows_first_what_goes_and_what_stays_then_waits_for_two_people():
    mary = make.customer(login=True)
    make.order(mary)
    make.newsletter(mary)
    client = sign_in(mary)
    preview = ask(client, "erasure")
    assert preview.status_code == 200
    text = preview.content.decode()
    assert "Newsletter subscription" in text or "newsletter" in text.lower()
    assert not DataSubjectRequest.objects.exists()
    answer = client.post(
        "/account/requests/new/", {"kind": "erasure", "details": "", "key": hidden(text, "key"), "understood": "1"}
    )
    case = DataSubjectRequest.objects.get()
    assert (case.kind, case.state) == ("erasure", State.RECEIVED)
    assert case.execute_after is not None
    assert "change your mind" in client.get(answer["Location"]).content.decode()


def test_she_can_change_her_mind_once_and_the_button_twice_does_no_harm():
    mary = make.customer(login=True)
    client = sign_in(mary)
    case = make.case(mary, "erasure")
    for _ in range(2):
        assert client.post(f"/account/requests/{case.reference}/withdraw/").status_code == 302
    case.refresh_from_db()
    assert case.state == State.WITHDRAWN


def test_the_answer_and_the_reasons_of_a_refusal_are_shown():
    mary = make.customer(login=True)
    case = make.case(mary)
    subject_requests.start(case, actor=make.staff())
    letter = make.refusal(case, "We hold nothing of the kind.")
    subject_requests.refuse(case, actor=make.staff(), reason="no_match", letter=letter)
    page = sign_in(mary).get(f"/account/requests/{case.reference}/").content.decode()
    assert "We hold nothing of the kind." in page and "We said no" in page


def test_what_was_wrong_with_the_form_is_said_above_it_and_beside_the_field():
    client = sign_in(make.customer(login=True))
    answer = client.post("/account/requests/new/", {"kind": "", "details": "", "key": "k"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Please check this" in page and page.count("Please choose one.") == 2


def test_only_the_owner_fetches_her_copy_and_only_while_it_is_kept():
    mary, peter = make.customer(login=True), make.customer(login=True)
    make.order(mary)
    client = sign_in(mary)
    ask(client, "access")
    export = Export.objects.get()
    assert export.case
    page, reference = f"/account/export/{export.case.reference}/", export.case.reference
    assert client.get(page).status_code == 404, "not before it is ready"
    assert jobs.work("privacy.export", export.pk)
    listed = client.get(page).content.decode()
    assert f'href="{page}export.json"' in listed and f'href="{page}export.pdf"' in listed
    answer = client.get(f"{page}export.json")
    assert answer["Content-Disposition"] == f'attachment; filename="{reference}-export.json"'
    assert mary.number in b"".join(answer.streaming_content).decode()
    assert "no-store" in answer["Cache-Control"]
    for address in (page, f"{page}export.json"):
        assert sign_in(peter).get(address).status_code == 404
    assert client.get(f"{page}../../secret").status_code == 404
    assert "Fetch it" in client.get(f"/account/requests/{reference}/").content.decode()
    Export.objects.update(expires_at=make.LONG_AGO)
    assert client.get(f"{page}export.json").status_code == 404
    assert "Ask for a new copy" in client.get(page).content.decode()


def test_cnx_12_who_asked_for_it_sees_that_her_data_is_locked_and_when_that_is_to_end():
    mary = make.customer(login=True)
    row = restrictions.impose(mary, restrictions.Restriction.Kind.ARTICLE_18, "asked", actor="test")
    at_home = sign_in(mary)
    assert "You get a letter some days before" in at_home.get("/account/requests/").content.decode()
    restrictions.propose_lifting(row, actor="test", why="All is right now.")
    assert "we plan to unlock it" in at_home.get("/account/requests/").content.decode()
