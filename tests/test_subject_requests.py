"""A person's wish as a case: number, due date, one door, two people where two must agree."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from privacy import consent, erasure, restrictions, rights, subject_requests
from privacy.audit import AuditEntry
from privacy.cases import TRANSITIONS, InvalidTransition, State
from privacy.notices import OutgoingEmail
from privacy.subject_requests import DataSubjectRequest, NotAllowed
from privacy.vocabulary import Purpose, Source
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def mary():
    return make.customer()


@pytest.fixture
def agent():
    return make.staff()


@pytest.fixture
def officer():
    return make.staff()


def open_case(customer, kind="enquiry", **values):
    return subject_requests.open_case(customer, kind, **({"source": Source.WEB, "actor": customer} | values))


@pytest.mark.parametrize(
    "kind", ["access", "rectification", "restriction", "erasure", "portability", "objection", "complaint"]
)
def test_lrd_12_every_right_opens_a_case_with_number_due_date_and_acknowledgement(mary, kind):
    case = open_case(mary, kind, details="Please.")
    assert case.reference.startswith("NL-")
    assert case.due_on > timezone.localdate()
    assert case.due_reasons
    assert case.text == "Please."
    letter = OutgoingEmail.objects.get(template="case_received")
    assert case.reference in letter.subject
    assert letter.to_address == mary.contact_email


def test_sfb_41_each_receipt_leaves_at_once_under_a_number_of_its_own(mary):
    cases = [open_case(person) for person in (mary, make.customer(), make.customer())]
    letters = {letter.subject: letter for letter in OutgoingEmail.objects.filter(template="case_received")}
    assert len({case.reference for case in cases}) == len(letters) == 3
    for case in cases:
        [letter] = [letter for subject, letter in letters.items() if case.reference in subject]
        assert letter.run_after - case.received_at < timedelta(hours=24)


def test_the_due_date_comes_from_the_clock_and_the_shops_time_zone(mary):
    received = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # 1 July in London; 1 August 2026 is a Saturday
    with time_machine.travel(received, tick=False):
        assert open_case(mary).due_on == date(2026, 8, 3)


def test_a_letter_counts_from_the_day_it_arrived(mary):
    case = open_case(mary, source=Source.LETTER, received_at=datetime(2026, 9, 3, 9, tzinfo=UTC))
    assert case.due_on == date(2026, 10, 5)


def test_the_same_form_sent_twice_is_one_case_and_one_letter(mary):
    first, second = (open_case(mary, idempotency_key="form-1") for _ in range(2))
    assert first == second
    assert DataSubjectRequest.objects.count() == OutgoingEmail.objects.count() == 1


def test_only_the_table_says_where_a_case_may_go(mary, agent):
    case, earlier = open_case(mary), open_case(mary)
    for was in State:
        for to in State:
            merged = {"merged_into": earlier if was == State.MERGED else None}
            mine = DataSubjectRequest.objects.filter(pk=case.pk)
            mine.update(state=was, kind="enquiry", denial_reason="other" if was == State.REFUSED else "", **merged)
            case.refresh_from_db()
            if to in TRANSITIONS.get(was, ()):
                needed = {State.MERGED: {"merged_into": earlier}, State.REFUSED: {"denial_reason": "other"}}
                case.move_to(to, actor=agent, **needed.get(to, {}))
                assert case.state == to
            else:
                with pytest.raises(InvalidTransition):
                    case.move_to(to, actor=agent)


def test_every_move_leaves_a_line_in_the_timeline_and_in_the_audit_log(mary, agent):
    case = open_case(mary)
    subject_requests.start(case, actor=agent)
    assert [event.kind for event in case.events.all()] == ["received", "in_progress"]
    assert AuditEntry.objects.filter(event="case.in_progress", target=f"privacy.datasubjectrequest:{case.pk}").exists()
    assert case.assignee == agent


def test_a_clock_event_moves_the_due_date_and_an_unlawful_one_changes_nothing(mary, agent):
    case = open_case(mary, "access", source=Source.LETTER, received_at=datetime(2026, 9, 3, 9, tzinfo=UTC))
    subject_requests.note(case, "extended", actor=agent, now=datetime(2026, 9, 20, 9, tzinfo=UTC))
    assert case.due_on == date(2026, 12, 3)
    late = open_case(mary, "access", source=Source.LETTER, received_at=datetime(2026, 9, 3, 9, tzinfo=UTC))
    with pytest.raises(ValueError):
        subject_requests.note(late, "extended", actor=agent, now=datetime(2026, 10, 20, 9, tzinfo=UTC))
    late.refresh_from_db()
    assert late.due_on == date(2026, 10, 5)
    assert not late.events.filter(kind="extended").exists()


def test_an_objection_to_marketing_takes_effect_at_once_and_cannot_be_refused(mary):
    make.grant(mary)
    case = open_case(mary, "objection", identity_confirmed=True)
    assert case.state == State.COMPLETED
    assert not consent.is_granted(mary, Purpose.MARKETING, channel="email", sender="own")


def test_cnx_12_a_restriction_bites_at_once(mary):
    open_case(mary, "restriction", identity_confirmed=True)
    assert restrictions.is_restricted(mary)


def test_nothing_is_carried_out_before_we_know_who_asks(mary, agent):
    case = open_case(mary, "access")
    with pytest.raises(NotAllowed, match="who is asking"):
        subject_requests.carry_out(case, actor=agent)
    subject_requests.confirm_identity(case, actor=agent, how="Called back on the number we have.")
    subject_requests.searching.write(case, actor=agent, tables=["orders"], why="Nothing else is kept.")
    subject_requests.carry_out(case, actor=agent)
    assert case.state == State.EXECUTING


def test_a_question_needs_an_answer(mary, agent):
    case = open_case(mary, "human_review", identity_confirmed=True)
    with pytest.raises(NotAllowed, match="answer"):
        subject_requests.carry_out(case, actor=agent)
    subject_requests.carry_out(case, actor=agent, text="We are sorry; it is mended.")
    assert case.state == State.COMPLETED
    assert "it is mended" in bytes(OutgoingEmail.objects.get(template="case_completed").body).decode()


def test_a_refusal_needs_reasons_and_names_regulator_and_court(mary, agent):
    case = open_case(mary)
    subject_requests.start(case, actor=agent)
    with pytest.raises(NotAllowed):
        subject_requests.refuse(case, actor=agent, reason="no_match", letter=make.refusal(case, "  "))
    subject_requests.refuse(
        case, actor=agent, reason="no_match", letter=make.refusal(case, "You asked for the same thing yesterday.")
    )
    letter = bytes(OutgoingEmail.objects.get(template="case_refused").body).decode()
    assert all(words in letter for words in ("asked for the same", "Information Commissioner", "court"))


def proposed_erasure(customer, actor):
    case = open_case(customer, "erasure", identity_confirmed=True)
    DataSubjectRequest.objects.filter(pk=case.pk).update(execute_after=timezone.now() - timedelta(hours=1))
    case.refresh_from_db()
    subject_requests.start(case, actor=actor)
    subject_requests.propose(case, actor=actor)
    return case


def test_erasure_needs_two_different_people(mary, agent, officer):
    case = proposed_erasure(mary, agent)
    with pytest.raises(NotAllowed, match="different"):
        subject_requests.approve(case, actor=agent)
    subject_requests.approve(case, actor=officer)
    assert case.state == State.EXECUTING
    assert case.erasure


def test_nothing_is_proposed_or_carried_out_while_a_colleague_doubts_who_asks(mary, agent, officer):
    case = subject_requests.open_case(mary, "erasure", source=Source.LETTER, actor=agent, identity_confirmed=True)
    subject_requests.start(case, actor=agent)
    stale = type(case).objects.get(pk=case.pk)
    subject_requests.doubt(case, next(iter(subject_requests.DOUBTS)), actor=officer, why="The hand is another.")
    for step in (subject_requests.propose, lambda c, actor: subject_requests.carry_out(c, actor=actor, text="Done.")):
        with pytest.raises(subject_requests.NotAllowed):
            step(stale, actor=agent)
    stale.refresh_from_db()
    assert stale.state not in ("awaiting_approval", "executing", "completed")


def test_when_the_effect_fails_the_approval_has_not_happened_either(mary, agent, officer, monkeypatch):
    case = subject_requests.open_case(mary, "erasure", source=Source.LETTER, actor=agent, identity_confirmed=True)
    subject_requests.start(case, actor=agent)
    subject_requests.propose(case, actor=agent)
    monkeypatch.setattr(erasure, "start", lambda *_args, **_values: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        subject_requests.approve(case, actor=officer, now=timezone.now() + timedelta(days=4))
    case.refresh_from_db()
    assert (case.state, case.approved_by) == ("awaiting_approval", None)


def test_the_database_itself_refuses_one_person_twice(mary, agent):
    case = proposed_erasure(mary, agent)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataSubjectRequest.objects.filter(pk=case.pk).update(approved_by=agent)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataSubjectRequest.objects.filter(pk=case.pk).update(state=State.EXECUTING)


def test_during_the_cooling_off_nobody_can_approve(mary, agent, officer):
    case = open_case(mary, "erasure", identity_confirmed=True)
    subject_requests.start(case, actor=agent)
    subject_requests.propose(case, actor=agent)
    with pytest.raises(NotAllowed, match="change her mind"):
        subject_requests.approve(case, actor=officer)
    subject_requests.withdraw(case, actor=mary)
    assert case.state == State.WITHDRAWN


def test_the_queue_speaks_the_domain(mary, agent):
    early = open_case(mary, source=Source.LETTER, received_at=timezone.now() - timedelta(days=60))
    later = open_case(mary)
    subject_requests.start(later, actor=agent)
    today = timezone.localdate()
    rows = DataSubjectRequest.objects
    assert list(rows.open()) == [early, later]
    assert list(rows.overdue(today)) == [early]
    assert list(rows.unassigned()) == [early]
    assert list(rows.of_assignee(agent)) == [later]
    subject_requests.withdraw(early, actor=mary)
    assert list(rows.closed()) == [early]


def test_every_right_has_words_a_law_and_a_verb():
    assert {
        "access",
        "rectification",
        "erasure",
        "restriction",
        "portability",
        "objection",
        "complaint",
    } <= rights.REGISTER.keys()
    for entry in rights.REGISTER.values():
        assert entry.article
        assert str(entry.explanation).endswith(".")
        assert callable(entry.verb)
