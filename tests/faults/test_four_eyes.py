"""Two people, a person who changes her mind, a hold and a doubt, in every order: only lawful states (FAULTS B13, B14).

All orders of these deeds are walked like a tree, each branch in a savepoint that is rolled back: four deeds deep
these are 14,641 orders, each judged after every deed.
"""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.models import Customer, Enquiry
from privacy import jobs, restrictions, subject_requests
from privacy.cases import TRANSITIONS, InvalidTransition, State
from privacy.erasure import Erasure
from privacy.notices import OutgoingEmail
from privacy.restrictions import NotLawful, Restriction
from privacy.roles import AGENT, OFFICER
from privacy.subject_requests import DataSubjectRequest, NotAllowed
from tests import make
from tests.office import colleague

pytestmark = pytest.mark.django_db
REFUSED = (NotAllowed, NotLawful, InvalidTransition, IntegrityError)


@dataclass(frozen=True)
class Scene:
    """Who acts, and on what."""

    case: int
    record: int
    agent: Any
    officer: Any
    other: Any


def now():
    return timezone.now()


def the(scene):
    return DataSubjectRequest.objects.select_related("data_subject").get(pk=scene.case)


def hold(scene):
    person, until = the(scene).data_subject, make.next_month()
    restrictions.impose(person, Restriction.Kind.DEBT, "unpaid", actor=scene.officer, review_on=until)


def hold_a_record(scene):
    person, until, name = the(scene).data_subject, make.next_month(), f"customers.enquiry:{scene.record}"
    restrictions.impose(person, Restriction.Kind.CLAIM, "sued", actor=scene.officer, review_on=until, scope=name)


def release(scene):
    row = Restriction.objects.active().first()
    if row is None:
        raise NotLawful
    restrictions.propose_lifting(row, actor=scene.officer)
    restrictions.lift(row, actor=scene.other, now=now())


def worker(scene):
    for pk in Erasure.objects.filter(job_state="new").values_list("pk", flat=True):
        assert jobs.work("privacy.erasure", pk)


DEEDS = {
    "the agent proposes": lambda s: subject_requests.propose(the(s), actor=s.agent),
    "the agent approves": lambda s: subject_requests.approve(the(s), actor=s.agent, now=now()),
    "the officer approves": lambda s: subject_requests.approve(the(s), actor=s.officer, now=now()),
    "the officer sends back": lambda s: subject_requests.send_back(the(s), actor=s.officer, why="no"),
    "the person withdraws": lambda s: subject_requests.withdraw(the(s), actor=the(s).data_subject),
    "a hold is set": hold,
    "one record is held": hold_a_record,
    "a hold is released": release,
    "a colleague doubts": lambda s: subject_requests.doubt(the(s), "fraud_suspected", actor=s.agent, why="odd"),
    "the officer settles the doubt": lambda s: subject_requests.settle(the(s), actor=s.officer, outcome="called"),
    "the worker comes by": worker,
}


def unfounded(scene, who):
    case = the(scene)
    letter = make.refusal(case, "You wrote that you only want to cost us time.")
    subject_requests.propose_refusal(case, actor=who, reason="manifestly_unfounded", letter=letter)


REFUSING = {
    "the agent proposes to refuse": lambda s: unfounded(s, s.agent),
    "the officer proposes to refuse": lambda s: unfounded(s, s.officer),
    "the agent agrees to the refusal": lambda s: subject_requests.approve_refusal(the(s), actor=s.agent),
    "the officer agrees to the refusal": lambda s: subject_requests.approve_refusal(the(s), actor=s.officer),
    **{name: DEEDS[name] for name in (
        "the agent proposes", "the officer approves", "the officer sends back", "the person withdraws",
        "a colleague doubts",
    )},
}  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """What can be seen of the case at one moment."""

    state: str
    is_there: bool
    is_held: bool
    record_is_held: bool
    record_is_there: bool
    is_doubted: bool
    is_agreed: bool
    proposed_by: int | None
    approved_by: int | None
    denial: str = ""
    is_told: bool = False

    @classmethod
    def of(cls, scene):
        """Read from the database."""
        case = the(scene)
        return cls(
            state=case.state,
            is_there=Customer.objects.filter(pk=case.data_subject_id, erased_at=None).exists(),
            is_held=Restriction.objects.active().filter(scope="").exists(),
            record_is_held=Restriction.objects.active().exclude(scope="").exists(),
            record_is_there=Enquiry.objects.filter(pk=scene.record).exists(),
            is_doubted=subject_requests.open_doubt(case) is not None,
            is_agreed=Erasure.objects.filter(case=case).exists(),
            proposed_by=case.proposed_by_id,
            approved_by=case.approved_by_id,
            denial=case.denial_reason,
            is_told=OutgoingEmail.objects.filter(template="case_refused").exists() or bool(case.answer),
        )


def judge(before, deed, after, told):
    """What must hold from one moment to the next, whatever the order."""
    assert after.state == before.state or after.state in reachable(before.state), told
    if before.state not in TRANSITIONS:
        assert after.state == before.state, f"{told}: what is closed stays closed"
    if after.is_agreed:
        assert after.proposed_by and after.approved_by, f"{told}: two people"
        assert after.proposed_by != after.approved_by, f"{told}: two different people"
    if after.is_agreed and not before.is_agreed:
        assert deed == "the officer approves", told
        assert before.state == State.AWAITING_APPROVAL, told
        assert not before.is_doubted, f"{told}: nothing is agreed while a colleague doubts"
        assert not before.denial, f"{told}: what was agreed to is what was proposed"
    if after.state == State.REFUSED:
        assert after.proposed_by and after.approved_by, f"{told}: two people"
        assert after.proposed_by != after.approved_by, f"{told}: two different people"
    if after.state == State.REFUSED != before.state:
        assert deed in ("the officer agrees to the refusal", "the agent agrees to the refusal"), told
        assert before.state == State.AWAITING_APPROVAL and before.denial, told
    assert after.is_told == (after.state == State.REFUSED), f"{told}: the person hears of it when it is done"
    if before.state == State.WITHDRAWN:
        assert not after.is_agreed, f"{told}: what is withdrawn is not erased"
    if before.is_there and not after.is_there:
        assert before.is_agreed, told
        assert not before.is_held or deed == "a hold is released", f"{told}: a hold wins"
    judge_the_record(before, deed, after, told)
    if deed == "the worker comes by" and before.is_agreed and not before.is_held:
        assert (after.state, after.is_there) == (State.COMPLETED, False), f"{told}: agreed and free, so it is done"


def judge_the_record(before, deed, after, told):
    """A hold on one record keeps that one, and ends with its release."""
    if before.record_is_there and not after.record_is_there:
        assert before.is_agreed and deed == "the worker comes by", told
        assert not before.is_held and not before.record_is_held, f"{told}: a hold on one record wins"
    if after.record_is_held and not before.record_is_held:
        assert before.record_is_there, f"{told}: what is gone cannot be held any more, and that is said"
    if deed == "the worker comes by" and before.is_agreed and not before.is_held and not before.record_is_held:
        assert not after.record_is_there, f"{told}: released, so the rest goes too"


def reachable(state):
    """In one deed, which may move a case twice (a doubt takes it back to who is asking)."""
    once = TRANSITIONS.get(state, set())
    return once | {further for one in once for further in TRANSITIONS.get(one, set())}


class Undo(Exception):
    """Ends a branch."""


def walk(scene, before, depth, path=(), deeds=DEEDS):
    """Every order of deeds from here; how many ends there are."""
    if depth == 0:
        return 1
    ends = 0
    for name, deed in deeds.items():
        try:
            with transaction.atomic():
                try:
                    with transaction.atomic():
                        deed(scene)
                except REFUSED:
                    after = before
                    assert Picture.of(scene) == before, f"{(*path, name)}: a refusal changes nothing"
                else:
                    after = Picture.of(scene)
                judge(before, name, after, " > ".join((*path, name)))
                ends += walk(scene, after, depth - 1, (*path, name), deeds)
                raise Undo
        except Undo:
            continue
    return ends


@pytest.fixture(autouse=True)
def no_line_outside(monkeypatch):
    """Every branch is taken back, which a line in the ledger's file cannot be; tests/test_restore.py is about that."""
    monkeypatch.setattr("privacy.erasure.farewell.note", lambda *_, **__: None)


@pytest.fixture
def scene():
    """A deletion whose days of reflection are over and whose asker is known, in hand."""
    mary = make.customer()
    make.order(mary)
    record = make.enquiry(mary)
    case = make.case(mary, "erasure", received_at=now())
    agent, officer, other = colleague(AGENT), colleague(OFFICER), colleague(OFFICER)
    subject_requests.start(case, actor=agent)
    subject_requests.confirm_identity(case, actor=agent, how="called back")
    DataSubjectRequest.objects.update(execute_after=now())
    return Scene(case.pk, record.pk, agent, officer, other)


def test_every_order_of_two_deeds_leads_to_lawful_states(scene):
    assert walk(scene, Picture.of(scene), 2) == len(DEEDS) ** 2


@pytest.mark.parametrize("first", ["the agent proposes"])
def test_every_order_of_two_deeds_after_a_proposal(scene, first):
    DEEDS[first](scene)
    assert walk(scene, Picture.of(scene), 2, (first,)) == len(DEEDS) ** 2


def test_every_order_of_two_deeds_after_two_people_agreed(scene):
    subject_requests.propose(the(scene), actor=scene.agent)
    subject_requests.approve(the(scene), actor=scene.officer, now=now())
    assert walk(scene, Picture.of(scene), 2, ("agreed",)) == len(DEEDS) ** 2


@pytest.mark.parametrize("first", ["the agent proposes to refuse", "the agent proposes"])
def test_every_order_of_two_deeds_after_a_refusal_or_a_deletion_was_proposed(scene, first):
    REFUSING[first](scene)
    assert walk(scene, Picture.of(scene), 2, (first,), REFUSING) == len(REFUSING) ** 2


@pytest.mark.full
def test_every_order_of_three_deeds_of_refusing_leads_to_lawful_states(scene):
    assert walk(scene, Picture.of(scene), 3, deeds=REFUSING) == len(REFUSING) ** 3


@pytest.mark.full
def test_every_order_of_four_deeds_leads_to_lawful_states(scene):
    assert walk(scene, Picture.of(scene), 4) == len(DEEDS) ** 4


def test_the_judge_sees_an_unlawful_step():
    """The test that cannot fail is none: each rule of the judge is broken once."""
    fine = Picture(State.AWAITING_APPROVAL, True, False, False, True, False, False, 1, None)
    agreed = replace(fine, state=State.EXECUTING, is_agreed=True, approved_by=2)
    refused = replace(fine, state=State.REFUSED, approved_by=2, denial="x", is_told=True)
    agrees = "the officer agrees to the refusal"
    worker_came, approval = "the worker comes by", "the officer approves"
    unlawful = [
        (fine, approval, replace(agreed, approved_by=1)),
        (fine, approval, replace(agreed, approved_by=None)),
        (replace(fine, is_doubted=True), approval, agreed),
        (replace(fine, state=State.WITHDRAWN), approval, agreed),
        (replace(agreed, is_held=True), worker_came, replace(agreed, is_there=False)),
        (fine, worker_came, replace(fine, is_there=False)),
        (agreed, worker_came, agreed),
        (replace(agreed, record_is_held=True), worker_came, replace(agreed, is_there=False, record_is_there=False)),
        (agreed, worker_came, replace(agreed, state=State.COMPLETED, is_there=False)),
        (replace(fine, record_is_there=False), "one record is held", replace(fine, record_is_held=True)),
        (replace(fine, state=State.COMPLETED), worker_came, fine),
        (replace(fine, denial="x"), approval, replace(agreed, denial="x")),
        (fine, agrees, replace(refused, approved_by=1)),
        (fine, agrees, refused),
        (replace(fine, denial="x"), approval, refused),
        (replace(fine, denial="x"), "the agent proposes to refuse", replace(fine, denial="x", is_told=True)),
    ]
    refusing = replace(fine, denial="x")
    judge(refusing, agrees, refused, "")
    for before, deed, after in unlawful:
        with pytest.raises(AssertionError):
            judge(before, deed, after, "")
    judge(fine, approval, agreed, "")
