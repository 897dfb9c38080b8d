"""How well we know who asks (CLG-22, CLG-23): the ladder, call-backs, and proof only in doubt."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from privacy import subject_requests
from privacy.cases import State
from privacy.roles import AGENT, OFFICER
from privacy.subject_requests import CallBack, NotAllowed, Rung
from tests import make
from tests.office import CASE, QUEUE, STEP, colleague, desk, look

pytestmark = pytest.mark.django_db
CALLS = "/admin/call-backs/"


@pytest.fixture
def agent():
    return colleague(AGENT)


@pytest.fixture
def officer():
    return colleague(OFFICER)


@pytest.fixture
def mary():
    return make.customer("mary@example.com", phone="+44 7700 900123")


@pytest.fixture
def case(mary):
    return make.case(mary, "access", received_at=timezone.now())


def test_each_rung_is_read_off_what_happened(case, agent, officer):
    seen = [subject_requests.rung(case)]
    for step in (
        lambda: subject_requests.ask(case, "id_asked", actor=agent, text="Who?", doubt="A new address."),
        lambda: subject_requests.answered(case, "id_asked", actor=agent),
        lambda: subject_requests.confirm_identity(case, actor=agent, how="Called."),
        lambda: subject_requests.doubt(case, "identity_failed", actor=agent, why="Does not know her order."),
        lambda: subject_requests.tried(case, actor=agent, outcome="Nobody answered", next_try_on=None),
        lambda: subject_requests.not_the_person(case, actor=officer, outcome="It was her son."),
        lambda: subject_requests.settle(case, actor=officer, outcome="She called herself."),
        lambda: subject_requests.doubt(case, "fraud_suspected", actor=agent, why="Again from abroad."),
    ):
        step()
        seen.append(subject_requests.rung(case))
    assert seen == [
        Rung.NOT_CHECKED, Rung.DOCUMENTS, Rung.CAME, Rung.MATCHED, Rung.CALL_BACK, Rung.CALL_BACK, Rung.FAILED,
        Rung.MATCHED, Rung.FRAUD,
    ]  # fmt: skip


def test_a_page_of_rungs_is_one_statement(mary, agent, django_assert_num_queries):
    cases = [make.case(mary) for _ in range(5)]
    subject_requests.doubt(cases[0], "fraud_suspected", actor=agent, why="Odd.")
    with django_assert_num_queries(1):
        assert list(subject_requests.rungs(cases).values()) == [Rung.FRAUD, *[Rung.NOT_CHECKED] * 4]


def test_clg_22_a_failed_match_opens_one_task_with_its_tries(case, agent):
    subject_requests.doubt(case, "identity_failed", actor=agent, why="Does not know her order.")
    task = CallBack.objects.waiting().get()
    today = timezone.localdate()
    assert (task.case, task.next_try_on) == (case, today)
    subject_requests.tried(case, actor=agent, outcome="Nobody answered", next_try_on=today + timedelta(days=3))
    task.refresh_from_db()
    assert task.next_try_on == today + timedelta(days=3)
    with pytest.raises(NotAllowed, match="past"):
        subject_requests.tried(case, actor=agent, outcome="x", next_try_on=today - timedelta(days=1))
    subject_requests.doubt(case, "fraud_suspected", actor=agent, why="It gets worse.")
    assert CallBack.objects.get().why == "fraud_suspected", "one task, not two"


def test_clg_23_who_doubted_first_does_not_settle_it_nor_turn_the_person_away(case, agent, officer):
    subject_requests.doubt(case, "identity_failed", actor=agent, why="Odd.")
    subject_requests.doubt(case, "fraud_suspected", actor=officer, why="Odder.")
    for who in (agent, officer):
        for verb in (subject_requests.settle, subject_requests.not_the_person):
            with pytest.raises(NotAllowed, match="different person"):
                verb(case, actor=who, outcome="All well.")
    subject_requests.settle(case, actor=colleague(OFFICER), outcome="Called her.")
    assert not CallBack.objects.waiting().exists()


def test_the_database_wants_two_people_for_a_call_back(case, agent):
    subject_requests.doubt(case, "fraud_suspected", actor=agent, why="Odd.")
    first = CallBack.objects.get().opened_by
    for values in ({"closed_by": first}, {"closed_by": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CallBack.objects.update(closed_at=timezone.now(), result="person", **values)


def test_it_was_not_the_person_nothing_runs_and_it_may_be_refused(case, agent, officer):
    subject_requests.doubt(case, "identity_failed", actor=agent, why="Odd.")
    subject_requests.not_the_person(case, actor=officer, outcome="Her neighbour.")
    with pytest.raises(NotAllowed):
        subject_requests.confirm_identity(case, actor=agent, how="x")
    with pytest.raises(NotAllowed):
        subject_requests.carry_out(case, actor=officer)
    letter = make.refusal(case, "It was not you who asked.")
    subject_requests.refuse(case, actor=officer, reason="insuf_verification", letter=letter)
    assert case.state == State.REFUSED


def test_d2_proof_is_asked_for_only_with_a_reason_to_doubt(case, agent):
    for doubt in ("", "  "):
        with pytest.raises(NotAllowed, match="why you doubt"):
            subject_requests.ask(case, "id_asked", actor=agent, text="Who are you?", doubt=doubt)
    assert case.state == State.RECEIVED


def test_d2_who_signed_in_is_asked_only_with_one_and_is_then_not_known_any_more(mary, agent):
    case = make.case(mary, "enquiry", received_at=timezone.now(), identity_confirmed=True)
    with pytest.raises(NotAllowed, match="only in doubt"):
        subject_requests.ask(case, "id_asked", actor=agent, text="Who are you?")
    subject_requests.ask(case, "id_asked", actor=agent, text="Who are you?", doubt="Her password was on sale.")
    assert (subject_requests.rung(case), case.identity_confirmed_at) == (Rung.DOCUMENTS, None)
    assert "on sale" in case.events.get(kind="id_doubt", is_internal=True).text


def test_the_queue_and_the_page_say_it_plainly(case, mary, agent):
    make.case(mary, "enquiry")
    subject_requests.doubt(case, "fraud_suspected", actor=agent, why="Odd.")
    at_desk = desk(agent)
    said = at_desk.get(reverse(QUEUE)).content.decode()
    assert "misuse suspected: stopped" in said and "not checked yet" in said
    found = at_desk.get(reverse(QUEUE), {"identity": "fraud"}).content.decode()
    assert case.reference in found and "1 entry" in found
    assert "0 entries" in at_desk.get(reverse(QUEUE), {"identity": "failed"}).content.decode()
    page = at_desk.get(reverse(CASE, args=[case.pk])).content.decode()
    assert "Misuse suspected: stopped" in page and "Nothing runs until a second person" in page


def test_the_office_lists_whom_to_call_and_shows_the_end_of_a_number_only_after_a_reason(case, agent, officer):
    at_desk = desk(agent)
    assert "Nobody to call back" in at_desk.get(CALLS).content.decode()
    at_desk.post(reverse(STEP, args=[case.pk, "doubt"]), {"kind": "identity_failed", "text": "Odd."})
    at_desk.post(reverse(STEP, args=[case.pk, "called"]), {"outcome": "Nobody answered", "text": "Rang long."})
    page = at_desk.get(CALLS).content.decode()
    assert case.reference in page
    assert "••• 123" not in page and "900123" not in page and "Nobody answered" not in page
    look(at_desk, case)
    page = at_desk.get(CALLS).content.decode()
    assert "••• 123" in page and "Nobody answered" in page and "900123" not in page and "900 123" not in page
    said = desk(officer).post(reverse(STEP, args=[case.pk, "not_the_person"]), {"text": "Her son."}, follow=True)
    assert "It is not the person who is asking." in said.content.decode()
    assert "Nobody to call back" in at_desk.get(CALLS).content.decode()


def test_a_closed_request_waits_for_no_call(case, agent):
    subject_requests.doubt(case, "fraud_suspected", actor=agent, why="Odd.")
    subject_requests.withdraw(case, actor=agent)
    assert not CallBack.objects.waiting().exists()


def test_doubts_from_before_get_their_call(case, mary, agent, officer):
    subject_requests.doubt(case, "identity_failed", actor=agent, why="Odd.")
    settled = make.case(mary, "enquiry")
    subject_requests.doubt(settled, "fraud_suspected", actor=agent, why="Odd.")
    subject_requests.settle(settled, actor=officer, outcome="Called.")
    CallBack.objects.all().delete()
    import_module("privacy.migrations.0021_who_asks").give_each_doubt_its_call(apps, None)
    made = CallBack.objects.get()
    assert (made.case, made.why, made.opened_by) == (case, "identity_failed", f"customers.account:{agent.pk}")
