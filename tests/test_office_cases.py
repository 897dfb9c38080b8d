"""The page of a case: only lawful steps, each through its verb; a refusal is one clear line; GET changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from privacy import restrictions, subject_requests
from privacy.audit import AuditEntry
from privacy.cases import State
from privacy.notices import OutgoingEmail
from privacy.roles import AGENT, OFFICER
from privacy.subject_requests import CaseEvent, DataSubjectRequest, NotAllowed
from tests import make
from tests.office import CASE, STEP, colleague, desk, look

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return colleague(AGENT)


@pytest.fixture
def officer():
    return colleague(OFFICER)


@pytest.fixture
def mary():
    return make.customer(display_name="Mária Byrne")


def page(account, case):
    """The page as a colleague sees it who has said why."""
    at_desk = desk(account)
    look(at_desk, case)
    return at_desk.get(reverse(CASE, args=[case.pk]))


def press(account, case, name, **said):
    answer = desk(account).post(reverse(STEP, args=[case.pk, name]), said, follow=True)
    case.refresh_from_db()
    return answer.content.decode()


def offered(account, case):
    return {shown["step"].name for shown in page(account, case).context["steps"]}


def test_the_page_says_what_when_why_and_what_we_hold(agent, mary):
    case = make.case(mary, "access", details="Everything, please.", received_at=timezone.now())
    text = page(agent, case).content.decode()
    for words in (case.reference, "Mária Byrne", "Everything, please.", "due in", "UK GDPR Art. 12(3)", "What we hold"):
        assert words in text, words
    assert "How to reach you" in text
    assert " style=" not in text
    assert "<script>" not in text


def test_opening_the_page_changes_nothing_but_the_access_log(agent, mary):
    case = make.case(mary)
    before = DataSubjectRequest.objects.filter(pk=case.pk).values().get(), CaseEvent.objects.count()
    page(agent, case)
    assert before == (DataSubjectRequest.objects.filter(pk=case.pk).values().get(), CaseEvent.objects.count())
    look = AuditEntry.objects.latest("pk")
    assert (look.event, look.actor) == ("person.viewed", f"customers.account:{agent.pk}")
    assert look.target == f"privacy.datasubjectrequest:{case.pk}"


def test_clg_20_a_superusers_look_stands_out(mary):
    page(colleague("superuser"), make.case(mary))
    assert AuditEntry.objects.latest("pk").event == "break_glass.person_viewed"


def test_only_lawful_steps_are_offered(agent, officer, mary):
    case = make.case(mary, "erasure")
    assert {"start", "confirm_identity", "id_asked", "note", "assign", "withdraw"} <= offered(agent, case)
    assert not {"approve", "refuse", "propose", "carry_out", "send_back"} & offered(agent, case)
    assert "refuse" in offered(officer, case)
    press(agent, case, "start")
    press(agent, case, "confirm_identity", how="Called back.")
    assert "propose" in offered(agent, case)
    press(agent, case, "withdraw")
    assert offered(agent, case) == {"note", "paper"}


def test_the_whole_way_of_an_erasure_with_two_people(agent, officer, mary):
    case = make.case(mary, "erasure")
    press(agent, case, "start")
    press(agent, case, "confirm_identity", how="Called back.")
    press(agent, case, "propose")
    assert case.state == State.AWAITING_APPROVAL
    assert "approve" not in offered(agent, case)
    assert "may still change her mind" in page(officer, case).content.decode()
    DataSubjectRequest.objects.update(execute_after=timezone.now() - timedelta(hours=1))
    assert "approve" not in offered(agent, case)
    press(officer, case, "send_back", text="Which address?")
    assert (case.state, case.proposed_by) == (State.IN_PROGRESS, None)
    press(agent, case, "propose")
    press(officer, case, "approve")
    assert case.state == State.EXECUTING
    assert case.erasure
    told = page(officer, case).content.decode()
    assert "Sent back to the first person" in told
    assert "Which address?" in told
    assert str(officer) in told


def test_clg_19_an_officer_who_proposed_cannot_approve(officer, mary):
    case = make.case(mary, "erasure", identity_confirmed=True)
    DataSubjectRequest.objects.update(execute_after=None)
    case.refresh_from_db()
    press(officer, case, "start")
    press(officer, case, "propose")
    assert "A second, different person must approve." in press(officer, case, "approve")
    assert case.state == State.AWAITING_APPROVAL


def test_a_step_that_is_not_possible_any_more_is_one_clear_line(agent, mary):
    case = make.case(mary)
    press(agent, case, "withdraw")
    for step in ("start", "propose", "carry_out", "id_asked", "withdraw"):
        said = press(agent, case, step, text="x", how="y", doubt="z")
        assert "not possible now" in said, step
    assert desk(agent).post(reverse(STEP, args=[case.pk, "no-such-step"])).status_code == 404
    assert desk(agent).post(reverse(STEP, args=[999_999, "start"])).status_code == 404
    assert desk(agent).get(reverse(CASE, args=[999_999])).status_code == 404


def test_a_step_without_its_words_is_asked_for_again(officer, mary):
    case = make.case(mary)
    answer = desk(officer).post(reverse(STEP, args=[case.pk, "refuse"]), {"text": "  "})
    assert answer.status_code == 422
    assert "This field is required." in answer.content.decode()
    assert DataSubjectRequest.objects.get().state == State.RECEIVED


def test_a_refusal_gives_reasons_and_an_objection_cannot_be_refused(officer, mary):
    case = make.case(mary)
    press(officer, case, "refuse", reason="no_match", **make.refusal(case, "There is no such letter.").blocks)
    assert (case.state, case.denial_reason) == (State.REFUSED, "no_match")
    assert case.answer.startswith("There is no such letter.") and "Information Commissioner" in case.answer
    objection = make.case(mary, "objection")
    assert "refuse" not in offered(officer, objection)
    with pytest.raises(NotAllowed, match="Nobody may refuse"):
        subject_requests.refuse(objection, actor=officer, reason="other", letter=make.refusal(objection))


def test_an_answer_is_written_where_the_right_needs_one(agent, mary):
    case = make.case(mary, "enquiry", identity_confirmed=True)
    said = press(agent, case, "carry_out", text="We hold two orders.")
    assert "Done: Carry it out" in said
    assert (case.state, case.answer) == (State.COMPLETED, "We hold two orders.")


@time_machine.travel(datetime(2026, 9, 10, 9, tzinfo=UTC), tick=False)
def test_asking_shows_the_new_day_first_then_writes_a_letter_and_moves_it(agent, mary):
    case = make.case(mary, "access", received_at=datetime(2026, 9, 3, 9, tzinfo=UTC))
    steps = {shown["step"].name: shown for shown in page(agent, case).context["steps"]}
    assert steps["extend"]["forecast"].due_on.isoformat() == "2026-12-03"
    press(agent, case, "extend", text="The archive is in another country.")
    assert case.due_on.isoformat() == "2026-12-03"
    letter = OutgoingEmail.objects.get(template="case_extended")
    assert "The archive is in another country." in bytes(letter.body).decode()
    assert "3 December 2026" in bytes(letter.body).decode()
    assert "extend" not in offered(agent, case)


def test_a_question_is_asked_once_and_its_answer_noted(agent, mary):
    case = make.case(mary, "access", received_at=timezone.now())
    press(agent, case, "id_asked", doubt="Another address than hers.", text="Please call us back.")
    assert case.state == State.VERIFYING
    assert "Please call us back." in bytes(OutgoingEmail.objects.get(template="case_question").body).decode()
    assert "id_asked" not in offered(agent, case)
    assert "id_received" in offered(agent, case)
    press(agent, case, "id_received")
    assert subject_requests.open_questions(case) == set()
    with pytest.raises(NotAllowed):
        subject_requests.answered(case, "id_asked", actor=agent)


@pytest.mark.parametrize("kind", ["identity_failed", "fraud_suspected"])
def test_clg_22_clg_23_a_doubt_stops_everything_until_a_second_person_settled_it(agent, officer, mary, kind):
    case = make.case(mary, "access", received_at=timezone.now())
    press(agent, case, "confirm_identity", how="Knows her last order.")
    press(agent, case, "doubt", kind=kind, text="The voice of a man half her age.")
    assert (case.state, case.identity_confirmed_at) == (State.VERIFYING, None)
    assert "confirm_identity" not in offered(agent, case)
    with pytest.raises(NotAllowed, match="second person"):
        subject_requests.confirm_identity(case, actor=agent, how="Again.")
    with pytest.raises(NotAllowed, match="different"):
        subject_requests.settle(case, actor=agent, outcome="It was her.")
    press(officer, case, "settle", text="Called her on the number we have.")
    assert case.identity_confirmed_at
    press(agent, case, "start")
    press(agent, case, "search", tables=["orders"], why="Nothing else is kept.")
    press(agent, case, "carry_out")
    assert case.state == State.EXECUTING


def test_a_doubt_about_a_proposed_erasure_takes_it_back(agent, officer, mary):
    case = make.case(mary, "erasure", identity_confirmed=True)
    press(agent, case, "start")
    press(agent, case, "propose")
    press(officer, case, "doubt", kind="fraud_suspected", text="Two requests from two countries.")
    assert (case.state, case.proposed_by) == (State.VERIFYING, None)


def test_the_preview_of_an_erasure_stands_on_its_page(agent, mary):
    make.order(mary), make.enquiry(mary)
    text = page(agent, make.case(mary, "erasure")).content.decode()
    assert "What an erasure would do today" in text
    assert "Orders" in text


def test_cnx_12_a_restriction_is_a_banner_and_is_lifted_by_two(officer, mary):
    other, case = colleague(OFFICER), make.case(mary)
    form = {"kind": "article_18", "on": "everything", "reason": "She asked.", "review_on": ""}
    at_desk = desk(officer)
    assert at_desk.post(f"/admin/hold/?person={mary.number}", form).status_code == 302
    assert "Do not use this person" in page(officer, case).content.decode()
    row = restrictions.Restriction.objects.get()
    verbs = ("propose", "told", "keep", "lift")
    propose, told, keep, lift = (reverse(f"admin:privacy_restriction_{verb}", args=[row.pk]) for verb in verbs)
    assert "Two different people" in at_desk.post(lift, follow=True).content.decode()
    assert "Write why it ends" in at_desk.post(propose, follow=True).content.decode()
    assert "has not left yet" in at_desk.post(propose, {"why": "All is right now."}, follow=True).content.decode()
    assert "not been told" in desk(other).post(lift, follow=True).content.decode()
    assert "It stays in force" in desk(other).post(keep, follow=True).content.decode()
    at_desk.post(propose, {"why": "All is right now."})
    assert "Say how" in at_desk.post(told, {"road": "rumour"}, follow=True).content.decode()
    assert "The person was told on" in at_desk.post(told, {"road": "phone"}, follow=True).content.decode()
    assert "short while ago" in desk(other).post(lift, follow=True).content.decode()
    assert restrictions.is_restricted(mary)
    restrictions.Restriction.objects.update(told_at=timezone.now() - timedelta(days=7))
    desk(other).post(lift)
    assert not restrictions.is_restricted(mary)


def test_assigning_and_notes(agent, officer, mary):
    case = make.case(mary)
    press(agent, case, "assign", to=officer.pk)
    assert case.assignee == officer
    press(agent, case, "assign", to="")
    assert case.assignee is None
    press(agent, case, "note", text="She prefers the phone.")
    assert "She prefers the phone." in page(officer, case).content.decode()
    assert case.events.get(kind="comment").is_internal


def test_what_a_person_wrote_is_never_markup(agent):
    bad = make.customer(display_name="<script>alert(1)</script>")
    case = make.case(bad, details="<img src=x onerror=alert(1)>")
    at_desk = desk(agent)
    look(at_desk, case)
    for url in (
        reverse(CASE, args=[case.pk]),
        "/admin/privacy/datasubjectrequest/",
        f"/admin/customers/customer/{bad.pk}/change/",
    ):
        text = at_desk.get(url).content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text
