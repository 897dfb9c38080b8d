"""One step for several requests: shown first, taken one by one, and each says what became of it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from privacy.admin import bulk
from privacy.cases import State
from privacy.roles import AGENT
from privacy.subject_requests import CaseEvent, DataSubjectRequest
from tests import make
from tests.office import QUEUE, colleague, desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return colleague(AGENT)


@pytest.fixture
def cases():
    """One that has just come, one whose time ran out long ago, one that is over."""
    mary = make.customer()
    fresh = make.case(mary, "rectification", received_at=timezone.now())
    late = make.case(mary, "access", received_at=timezone.now() - timedelta(days=60))
    over = make.case(mary, "enquiry", state=State.COMPLETED, closed_at=timezone.now())
    return {"fresh": fresh, "late": late, "over": over}


def send(account, cases, action, **said):
    chosen = [case.pk for case in cases.values()]
    url = reverse(QUEUE) + "?state=all"
    return desk(account).post(url, {"action": action, "_selected_action": chosen, **said}, follow=True)


def messages_of(answer):
    return [str(one) for one in answer.context["messages"]]


@pytest.mark.parametrize("action", ["take_in_hand", "acknowledge", "add_note", "extend"])
def test_nothing_happens_before_it_is_confirmed(agent, cases, action):
    before = CaseEvent.objects.count()
    page = send(agent, cases, action, text="Words.").content.decode()
    assert CaseEvent.objects.count() == before
    assert all(case.reference in page for case in cases.values())
    assert ("not possible now" in page) == (action != "add_note")


def test_each_request_says_what_became_of_it(agent, cases):
    said = messages_of(send(agent, cases, "extend", confirmed="1", text="There is very much of it."))
    fresh, late, over = (case.reference for case in cases.values())
    assert len(said) == 3
    assert any(fresh in line and "done for" in line for line in said)
    assert any(line.startswith(f"{late}: ") for line in said) and any(line.startswith(f"{over}: ") for line in said)
    assert CaseEvent.objects.filter(kind="extended").get().case == cases["fresh"]


def test_a_step_that_needs_words_is_shown_again_without_them(agent, cases):
    answer = send(agent, cases, "add_note", confirmed="1", text=" ")
    assert answer.status_code == 422
    assert not CaseEvent.objects.filter(kind="comment").exists()
    send(agent, cases, "add_note", confirmed="1", text="They moved house.")
    notes = CaseEvent.objects.filter(kind="comment")
    assert {note.text for note in notes} == {"They moved house."}
    assert notes.count() == 3 and all(note.is_internal for note in notes)


def test_what_was_taken_in_hand_is_given_back_with_one_click(agent, cases):
    browser = desk(agent)
    chosen = [case.pk for case in cases.values()]
    asked = {"action": "take_in_hand", "_selected_action": chosen, "confirmed": "1"}
    page = browser.post(reverse(QUEUE) + "?state=all", asked, follow=True).content.decode()
    mine = DataSubjectRequest.objects.filter(assignee=agent)
    assert mine.count() == 2 and "You moved 2 requests" in page
    browser.post(reverse("admin:privacy_datasubjectrequest_undo_assign"))
    assert not mine.exists()


def test_too_many_at_once_are_refused(agent, cases, monkeypatch):
    monkeypatch.setattr(bulk, "MOST", 2)
    said = messages_of(send(agent, cases, "add_note", confirmed="1", text="Words."))
    assert said == ["At most 2 requests at once: choose fewer."]
    assert not CaseEvent.objects.filter(kind="comment").exists()


def test_the_chosen_ones_are_a_file_of_numbers(agent, cases):
    answer = send(agent, {"fresh": cases["fresh"]}, "as_csv")
    text = answer.getvalue().decode()
    assert cases["fresh"].reference in text and cases["late"].reference not in text
    assert cases["fresh"].data_subject.display_name not in text
