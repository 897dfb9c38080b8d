"""A request followed by whoever asked: in the account or by the link in our letters, without a script."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from privacy import subject_requests
from privacy.cases import State
from privacy.notices import OutgoingEmail
from privacy.subject_requests import CasePaper, DataSubjectRequest, following, papers, representing
from tests import make
from tests.portal import hidden, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest():
    return make.customer("guest@example.com", display_name="Gwen Guest")


@pytest.fixture
def agent():
    return make.staff()


def opened(person, kind="enquiry", **values):
    return subject_requests.open_case(person, kind, source="web", actor=person, details="Please look.", **values)


def link_of(case):
    """The link in the last letter about it."""
    letter = OutgoingEmail.objects.filter(to_address=case.data_subject.contact_email).latest("pk")
    found = re.search(r"https?://[^/]+(/requests/follow/\w+/)", bytes(letter.body).decode())
    assert found
    return found.group(1)


def path_of(case):
    """Where its letters lead."""
    return re.sub(r"https?://[^/]+", "", following.link(case))


def by_link(strict=True):
    return Client(enforce_csrf_checks=strict)


def test_letters_lead_a_guest_to_a_page_of_hers_and_a_customer_into_her_account(guest):
    case = opened(guest)
    page = by_link().get(link_of(case))
    text = page.content.decode()
    assert case.reference in text and "Please look." in text
    assert "no-store" in page["Cache-Control"] and page["Referrer-Policy"] == "no-referrer"
    mary = make.customer("mary@example.com", login=True)
    assert following.link(opened(mary)).endswith(f"/account/requests/{mary.subject_requests.get().reference}/")


def test_both_pages_show_days_reasons_steps_letters_papers_and_what_may_be_said(guest):
    mary = make.customer("mary@example.com", login=True)
    for person in (guest, mary):
        case = opened(person)
        papers.add(case, "evidence", "photo.png", make.PDF, actor=person)
        page = (sign_in(person) if person.account else Client()).get(path_of(case))
        text = page.content.decode()
        for words in ("You have our answer by", "Why that day?", "We make sure who is asking", "What we wrote to you",
                      "photo.png", "Add something", "Make a complaint", "Withdraw my request"):  # fmt: skip
            assert words in text, words
        assert "Its number is" in text, "the letter itself"


@pytest.mark.parametrize("kind", ["clarification_asked", "id_asked"])
def test_our_question_is_answered_on_the_page_and_the_clock_goes_on(guest, agent, kind):
    case = opened(guest)
    subject_requests.ask(case, kind, actor=agent, text="Which year?", doubt="A new address.")
    address = link_of(case)
    assert "Which year?" in by_link().get(address).content.decode()
    given = {"text": "2024.", "paper": SimpleUploadedFile("card.pdf", make.PDF)}
    assert "Thank you, we have it." in by_link().post(f"{address}{kind}/", given, follow=True).content.decode()
    assert subject_requests.open_questions(case) == set()
    event = case.events.get(kind=kind.replace("asked", "received"))
    assert (event.text, event.is_internal) == ("2024.", False)
    assert case.papers.get().kind == (CasePaper.Kind.IDENTITY if kind == "id_asked" else CasePaper.Kind.EVIDENCE)


@pytest.mark.parametrize(("content", "why"), [
    (b"<script>", "Only PDF"), (b"%PDF-" + b"x" * 20 * 1024**2, "larger than 10 MB"),
])  # fmt: skip
def test_a_hostile_or_huge_file_loses_no_word(guest, content, why):
    case = opened(guest)
    given = {"text": "My words.", "paper": SimpleUploadedFile("a.pdf", content)}
    answer = by_link().post(f"{link_of(case)}add/", given)
    assert answer.status_code == 422
    assert why in answer.content.decode() and "My words." in answer.content.decode()
    assert "Write something" in by_link().post(f"{link_of(case)}add/", {"text": " "}).content.decode()
    assert not case.papers.exists() and not case.events.filter(kind="added").exists()


def test_withdrawing_asks_first_where_there_is_no_script_and_can_be_asked_for_again(guest):
    mary = make.customer("mary@example.com", login=True)
    for person in (guest, mary):
        case, client = opened(person), sign_in(person) if person.account else Client()
        address = path_of(case)
        for answer in (client.get(f"{address}withdraw/"), client.post(f"{address}withdraw/", {"sure": "ask"})):
            assert "Yes, withdraw it" in answer.content.decode()
        case.refresh_from_db()
        assert case.is_open
        said = client.post(f"{address}withdraw/", {"sure": "yes"}, follow=True).content.decode()
        assert "Your request is withdrawn" in said and "Ask for it again" in said
        case.refresh_from_db()
        assert case.state == State.WITHDRAWN


def test_a_complaint_and_a_new_look_are_requests_of_their_own_once_each(guest, agent):
    case = opened(guest)
    subject_requests.start(case, actor=agent)
    letter = make.refusal(case, "We hold nothing of the kind.")
    subject_requests.refuse(case, actor=agent, reason="no_match", letter=letter)
    address = path_of(case)
    page = by_link().get(address).content.decode()
    assert "Not happy with the answer?" in page and "Add something" not in page
    for name, kind in (("complain", "complaint"), ("review", "human_review")):
        given = {"text": "That cannot be.", "key": hidden(page, "key")}
        for _ in range(2):
            said = by_link().post(f"{address}{name}/", given, follow=True).content.decode()
        new = DataSubjectRequest.objects.get(kind=kind)
        assert new.reference in said and case.reference in new.text
        assert (new.data_subject, new.identity_confirmed_at) == (guest, None)
        page = by_link().get(address).content.decode()


def test_a_deed_that_is_not_possible_any_more_is_one_line(guest):
    case = opened(guest)
    address = link_of(case)
    for name in ("clarification_asked", "review", "nonsense"):
        said = by_link().post(f"{address}{name}/", {"text": "x", "key": "k"}, follow=True).content.decode()
        assert "your request has moved on" in said, name


def test_a_link_ends_with_the_address_the_representative_and_the_person(guest, agent):
    case = opened(guest)
    hers = link_of(case)
    representing.name(case, "Ann Lee", "ann@law.example", actor=agent)
    papers.add(case, "authority", "a.pdf", make.PDF, actor=agent)
    representing.person_told(case, actor=agent, how="By phone.")
    representing.authority_seen(case, actor=agent)
    assert by_link().get(hers).status_code == 404, "her letters go to somebody else now"
    subject_requests.ask(case, "clarification_asked", actor=agent, text="Which year?")
    theirs = path_of(case)
    text = by_link().get(theirs).content.decode()
    assert "Which year?" in text and "Its number is" not in text, "letters of before were not theirs"
    representing.ended(case, actor=agent)
    assert by_link().get(theirs).status_code == 404
    assert by_link().get(hers).status_code == 200
    assert by_link().get(hers.replace("follow/", "follow/a")).status_code == 404


def test_an_old_address_of_hers_opens_nothing(guest):
    case = opened(guest)
    address = link_of(case)
    make.EmailAddress.objects.filter(customer=guest).update(address="new@example.com")
    assert by_link().get(address).status_code == 404


def test_the_link_opens_no_other_request_and_no_copy(guest):
    case = opened(guest, "access")
    other = opened(guest)
    text = by_link().get(link_of(case)).content.decode()
    assert "/account/export/" not in text
    assert other.reference not in by_link().get(path_of(case)).content.decode()
