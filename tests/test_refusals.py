"""No: with a reason of the law and where to complain; as unfounded or excessive, or for a fee, by two people."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from privacy import rights, subject_requests
from privacy.cases import State
from privacy.notices import OutgoingEmail
from privacy.roles import AGENT, OFFICER
from privacy.subject_requests import DataSubjectRequest, Fee, NotAllowed, denials, fees, registers
from privacy.subject_requests.denials import DENIALS
from tests import make
from tests.office import STEP, colleague, desk, look, shown
from tests.portal import sign_in

pytestmark = pytest.mark.django_db
OF_THE_PROTOCOL = {
    "suspected_fraud", "insuf_verification", "no_match", "claim_not_covered", "outside_jurisdiction",
    "too_many_requests", "other",
}  # fmt: skip


@pytest.fixture
def mary():
    return make.customer(login=True)


@pytest.fixture
def agent():
    return colleague(AGENT)


@pytest.fixture
def officer():
    return colleague(OFFICER)


def refuse(case, actor, reason="no_match", **blocks):
    subject_requests.refuse(case, actor=actor, reason=reason, letter=make.letter("refusal", case, **blocks))


def propose(case, actor, reason="manifestly_unfounded"):
    letter = make.refusal(case, "You wrote that you only want to cost us time.")
    subject_requests.propose_refusal(case, actor=actor, reason=reason, letter=letter)


def refusals():
    return OutgoingEmail.objects.filter(template="case_refused")


# --- one person, with a reason ---------------------------------------------------------------------------


def test_every_reason_has_words_a_law_and_a_code_of_the_protocol():
    assert {denial.protocol_code for denial in DENIALS.values()} == OF_THE_PROTOCOL
    assert denials.NEEDS_TWO == ["too_many_requests", "manifestly_unfounded"]
    for kind, right in rights.REGISTER.items():
        offered = denials.for_kind(kind, two_people=False) + denials.for_kind(kind, two_people=True)
        assert bool(offered) == right.can_be_refused, kind
        assert all(one.label and one.to_person and one.law_for(kind) for one in offered), kind


@pytest.mark.parametrize(
    ("blocks", "line"),
    [
        ({"reasons": " "}, "needs its reasons"),
        ({"reasons": "No.", "us": ""}, "complain to us"),
        ({"reasons": "No.", "regulator": "Ask somebody."}, "Information Commissioner's Office"),
        ({"reasons": "No.", "courts": "That is all."}, "courts stay open"),
        ({"reasons": "Because {gap}."}, "still stands"),
    ],
)
def test_a_refusal_that_lacks_what_the_law_demands_does_not_leave(mary, officer, blocks, line):
    case = make.case(mary, "access")
    with pytest.raises(NotAllowed, match=line):
        refuse(case, officer, **blocks)
    case.refresh_from_db()
    assert case.is_open and not case.answer and not refusals().exists()


def test_a_refusal_keeps_its_reason_its_words_and_exactly_what_left(mary, officer):
    case = make.case(mary, "access", received_at=timezone.now())
    letter = make.refusal(case, "We looked and found nothing.")
    subject_requests.refuse(case, actor=officer, reason="no_match", letter=letter)
    event = case.events.get(kind="refused")
    assert (case.state, case.denial_reason, event.words) == (State.REFUSED, "no_match", letter.words)
    left = bytes(refusals().get().body).decode()
    assert case.answer == letter.text() == event.text and case.answer in left
    for words in ("found nothing", "service@northlight.example", "Information Commissioner", "court", case.reference):
        assert words in left
    page = sign_in(mary).get(f"/account/requests/{case.reference}/").content.decode()
    assert "We looked and found nothing about you." in page
    assert "no_match: We hold nothing about the person" in list(list(registers.REGISTERS["requests"].rows(
        timezone.localdate(), timezone.localdate()))[1])  # fmt: skip
    at_desk = desk(officer)
    assert "Refused: We hold nothing about the person" in shown(at_desk, case)
    look(at_desk, case)
    assert "GDPR Art. 11(2)" in shown(at_desk, case)


@pytest.mark.parametrize("reason", ["", "nonsense", "not_recorded", "claim_not_covered"])
def test_only_a_reason_that_holds_for_this_kind_refuses_it(mary, officer, reason):
    with pytest.raises(NotAllowed, match="Choose the reason"):
        refuse(make.case(mary, "enquiry"), officer, reason, reasons="No.")


def test_the_database_refuses_a_refusal_without_a_reason_and_a_reason_without_a_refusal(mary):
    rows = DataSubjectRequest.objects.filter(pk=make.case(mary).pk)
    for wrong in (
        {"state": State.REFUSED}, {"denial_reason": "other"}, {"state": "completed", "denial_reason": "other"},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)


# --- unfounded or excessive: two people ------------------------------------------------------------------


def test_nobody_refuses_as_unfounded_alone(mary, officer):
    case = make.case(mary, "access")
    with pytest.raises(NotAllowed, match="Two people"):
        refuse(case, officer, "manifestly_unfounded", reasons="No.")
    propose(case, officer)
    with pytest.raises(NotAllowed, match="different"):
        subject_requests.approve_refusal(case, actor=officer)
    case.refresh_from_db()
    assert case.state == State.AWAITING_APPROVAL


def test_the_database_refuses_one_person_twice_a_superuser_too(mary):
    root = colleague("superuser")
    case = make.case(mary, "access")
    propose(case, root)
    rows, done = DataSubjectRequest.objects.filter(pk=case.pk), {"state": State.REFUSED, "closed_at": timezone.now()}
    for wrong in (done, done | {"approved_by": root}, done | {"approved_by": root, "proposed_by": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)
    assert rows.update(**done, approved_by=colleague(OFFICER)) == 1


def test_the_person_hears_of_it_only_when_the_second_has_agreed_and_the_clock_runs(mary, agent, officer):
    case, browser = make.case(mary, "access", received_at=timezone.now()), sign_in(mary)
    due = case.due_on
    propose(case, agent)
    page = browser.get(f"/account/requests/{case.reference}/").content.decode()
    assert "cost us time" not in page and "We said no" not in page and "A second person is checking" in page
    assert (case.due_on, case.answer) == (due, "") and not refusals().exists()
    assert case.pk in DataSubjectRequest.objects.overdue(due + timedelta(days=1)).values_list("pk", flat=True)
    subject_requests.approve_refusal(case, actor=officer)
    assert (case.state, case.proposed_by, case.approved_by) == (State.REFUSED, agent, officer)
    assert "cost us time" in bytes(refusals().get().body).decode()
    assert case.events.get(kind="refused").words == case.events.get(kind="refusal_proposed").words


def test_the_office_shows_the_letter_to_the_second_person_once_a_reason_was_typed(mary, agent, officer):
    case = make.case(mary, "access")
    url = {name: reverse(STEP, args=[case.pk, name]) for name in ("propose_refusal", "approve_refusal", "approve")}
    sent = {"reason": "manifestly_unfounded", **make.refusal(case, "You only want to cost us time.").blocks}
    desk(agent).post(url["propose_refusal"], sent)
    first, second = desk(agent), desk(officer)
    assert first.post(url["approve_refusal"]).status_code == 403
    assert "cost us time" not in shown(second, case)
    second.post(url["approve_refusal"])
    case.refresh_from_db()
    assert case.state == State.AWAITING_APPROVAL, "nobody agrees to what she has not read"
    look(second, case)
    assert "cost us time" in shown(second, case)
    second.post(url["approve"])
    case.refresh_from_db()
    assert case.state == State.AWAITING_APPROVAL, "agreeing to a refusal is no agreeing to carry it out"
    second.post(url["approve_refusal"])
    case.refresh_from_db()
    assert case.state == State.REFUSED


def test_sent_back_doubted_or_withdrawn_nothing_of_the_proposal_is_left(mary, agent, officer):
    for leave in (
        lambda case: subject_requests.send_back(case, actor=officer, why="He means it."),
        lambda case: subject_requests.doubt(case, "fraud_suspected", actor=officer, why="Odd."),
        lambda case: subject_requests.withdraw(case, actor=mary),
    ):
        case = make.case(mary, "rectification")
        propose(case, agent)
        leave(case)
        assert case.denial_reason == "" and subject_requests.proposed_letter(case) is None
        with pytest.raises(NotAllowed, match="No refusal waits"):
            subject_requests.approve_refusal(case, actor=officer)


def test_an_erasure_is_not_approved_where_a_refusal_was_proposed_nor_the_other_way_round(mary, agent, officer):
    case = make.case(mary, "erasure", identity_confirmed=True)
    DataSubjectRequest.objects.update(execute_after=None)
    propose(case, agent)
    with pytest.raises(NotAllowed, match="to refuse this"):
        subject_requests.approve(case, actor=officer)
    subject_requests.send_back(case, actor=officer, why="No.")
    subject_requests.propose(case, actor=agent)
    with pytest.raises(NotAllowed, match="No refusal waits"):
        subject_requests.approve_refusal(case, actor=officer)


def test_a_first_request_is_never_one_too_many(mary, agent):
    now = timezone.now()
    case = make.case(mary, "access", source="letter", received_at=now)
    make.case(mary, "enquiry", source="letter", received_at=now - timedelta(days=9))
    with pytest.raises(NotAllowed, match="once only"):
        propose(case, agent, "too_many_requests")
    make.case(mary, "access", source="letter", received_at=now - timedelta(days=9))
    propose(case, agent, "too_many_requests")
    assert case.state == State.AWAITING_APPROVAL


# --- a fee (CNX-09) --------------------------------------------------------------------------------------


def want(case, actor, **values):
    given = {"reason": "manifestly_unfounded", "amount": Decimal("12.50"), "currency": "GBP"}
    letter = make.letter("fee", case, reasons="You asked for the eleventh copy this week.")
    fees.propose(case, actor=actor, **({**given, "letter": letter} | values))


@pytest.mark.parametrize("kind", ["complaint", "enquiry", "objection"])
def test_cnx_09_no_fee_for_what_is_no_right_that_may_be_refused(mary, agent, kind):
    with pytest.raises(NotAllowed, match="No fee"):
        want(make.case(mary, kind), agent)


@pytest.mark.parametrize("reason", ["no_match", "other", "", "too_many_requests"])
def test_cnx_09_a_fee_needs_a_reason_of_article_12_5_and_a_first_request_is_free(mary, agent, reason):
    with pytest.raises(NotAllowed):
        want(make.case(mary, "access"), agent, reason=reason)
    assert not Fee.objects.exists()


@pytest.mark.parametrize("wrong", [{"amount": Decimal(0)}, {"amount": Decimal(10_000)}, {"currency": "£"}])
def test_cnx_09_a_fee_is_an_amount_of_money(mary, agent, wrong):
    with pytest.raises(NotAllowed, match="amount"):
        want(make.case(mary, "access"), agent, **wrong)


def test_cnx_09_only_a_second_person_asks_for_it_and_the_database_says_so(mary, agent, officer):
    case = make.case(mary, "access")
    want(case, officer)
    assert not OutgoingEmail.objects.filter(template="case_fee").exists()
    with pytest.raises(NotAllowed, match="different"):
        fees.approve(case, actor=officer)
    rows = Fee.objects.filter(case=case)
    for wrong in ({"state": "asked"}, {"state": "paid"}, {"state": "asked", "approved_by": officer},
                  {"reason": "other"}, {"amount": 0}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)
    fees.send_back(case, actor=colleague(OFFICER), why="It is her first.")
    assert rows.get().state == Fee.State.WITHDRAWN and not OutgoingEmail.objects.filter(template="case_fee").exists()


def test_cnx_09_the_letter_says_how_much_why_and_where_to_complain_and_the_clock_waits(mary, agent, officer):
    with time_machine.travel(datetime(2026, 9, 3, 9, tzinfo=UTC), tick=False):
        case = make.case(mary, "access", received_at=timezone.now(), source="letter", identity_confirmed=False)
        want(case, agent)
        fees.approve(case, actor=officer)
    left = bytes(OutgoingEmail.objects.get(template="case_fee").body).decode()
    for words in ("12.50 GBP", "eleventh copy", "Information Commissioner", "court", "service@northlight.example"):
        assert words in left
    with pytest.raises(NotAllowed, match="fee"):
        subject_requests.confirm_identity(case, actor=agent, how="Called back.")
        subject_requests.carry_out(case, actor=agent)
    with time_machine.travel(datetime(2026, 9, 14, 9, tzinfo=UTC), tick=False):
        fees.paid(case, actor=agent)
    assert case.due_on.isoformat() == "2026-10-14"
    assert Fee.objects.get(case=case).state == Fee.State.PAID
    with pytest.raises(NotAllowed, match="No fee"):
        want(case, agent)


def test_cnx_09_a_fee_that_is_taken_back_was_never_asked_for(mary, agent, officer):
    with time_machine.travel(datetime(2026, 9, 3, 9, tzinfo=UTC), tick=False):
        case = make.case(mary, "access", received_at=timezone.now(), source="letter", identity_confirmed=False)
        due = case.due_on
        want(case, agent)
        fees.approve(case, actor=officer)
        assert any("fee" in reason for reason in case.due_reasons)
    with time_machine.travel(datetime(2026, 9, 20, 9, tzinfo=UTC), tick=False):
        fees.take_back(case, actor=agent, why="She asks for something else.")
    assert not any("fee" in reason for reason in case.due_reasons)
    assert case.due_on == due and subject_requests.clocks(case)[0].due_on == due
    assert "you owe us nothing" in bytes(OutgoingEmail.objects.get(template="case_fee_withdrawn").body).decode()


def test_cnx_09_a_case_that_is_closed_waits_for_no_money(mary, agent, officer):
    case = make.case(mary, "access", source="letter", received_at=timezone.now())
    want(case, agent)
    fees.approve(case, actor=officer)
    subject_requests.withdraw(case, actor=mary)
    assert Fee.objects.get(case=case).state == Fee.State.WITHDRAWN
    with pytest.raises(NotAllowed):
        fees.paid(case, actor=agent)


def test_cnx_09_the_office_walks_a_fee_from_proposal_to_payment(mary, agent, officer):
    case = make.case(mary, "access", source="letter", received_at=timezone.now())
    url = {name: reverse(STEP, args=[case.pk, name]) for name in ("ask_fee", "approve_fee", "fee_paid")}
    blocks = make.letter("fee", case, reasons="Again.").blocks
    sent = {"reason": "manifestly_unfounded", "amount": "12.50", "currency": "GBP", **blocks}
    assert desk(agent).post(url["ask_fee"], sent | {"currency": "pounds"}).status_code == 422
    desk(agent).post(url["ask_fee"], sent)
    second = desk(officer)
    look(second, case)
    assert "The letter as it would leave" in shown(second, case)
    second.post(url["approve_fee"])
    desk(agent).post(url["fee_paid"])
    assert Fee.objects.get(case=case).state == Fee.State.PAID
