"""What is owed next on a case: stored for the queue, always what the clocks say, missed ones plain to see."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import override_settings

from privacy import jobs, subject_requests
from privacy.cases import InvalidTransition
from privacy.deadlines import UnlawfulEvent
from privacy.notices import OutgoingEmail
from privacy.roles import AGENT
from privacy.subject_requests import CaseEvent, DataSubjectRequest, NotAllowed, complaints, promises, rectification
from tests import make
from tests.office import colleague, desk

pytestmark = pytest.mark.django_db
JOINED = override_settings(SHOP_PACKS=["SafeBuy"])
FRIDAY = datetime(2026, 7, 3, 9, tzinfo=UTC)
URL = "/admin/privacy/datasubjectrequest/"


@pytest.fixture
def mary():
    return make.customer(display_name="Mária Byrne")


def at(days):
    return time_machine.travel(FRIDAY + timedelta(days=days), tick=False)


def owed(case):
    """Read off the clocks here, not by the code that stores it."""
    running = subject_requests.clocks(case) if case.is_open else ()
    left = sorted((clock.due_on, not clock.is_legal, clock.name) for clock in running if clock.met_on is None)
    if not left:
        return case.due_on, ""
    day, is_beside, name = left[0]
    return day, name if is_beside else ""


def stored(case):
    fresh = DataSubjectRequest.objects.get(pk=case.pk)
    return fresh.next_promise_on, fresh.next_promise


# --- the stored value is that of the clocks ---------------------------------------------------------------


def letter_leaves(case, _other):
    letter = OutgoingEmail.objects.filter(template="case_received", job_state="new").first()
    if letter:
        jobs.work("privacy.outgoingemail", letter.pk)


def mediate(case, _other):
    complaints.describe(case, actor="test", transaction_number="A 1", transaction_on=date(2026, 6, 1))
    complaints.open_mediation(case, actor="test", opened_on=date(2026, 7, 4))


def conclude(case, _other):
    letter = make.letter("complaint_outcome", case, text="You are right.")
    complaints.answer(case, actor="test", outcome="upheld", letter=letter, stays_open=case.pk % 2 == 0)


STEPS = [
    letter_leaves, mediate, conclude,
    lambda case, _other: subject_requests.acknowledge(case, actor="test", how="By letter."),
    lambda case, _other: subject_requests.ask(case, "id_asked", actor="test", text="Who are you?", doubt="New phone."),
    lambda case, _other: subject_requests.answered(case, "id_asked", actor="test"),
    lambda case, _other: subject_requests.ask(case, "clarification_asked", actor="test", text="Which order?"),
    lambda case, _other: subject_requests.answered(case, "clarification_asked", actor="test"),
    lambda case, _other: subject_requests.extend(case, actor="test", reasons="A lot of data."),
    lambda case, _other: rectification.whose_error(case, is_ours=False, actor="test", why="The courier."),
    lambda case, _other: rectification.whose_error(case, is_ours=True, actor="test", why="It was us."),
    lambda case, _other: subject_requests.start(case, actor="test"),
    lambda case, _other: subject_requests.confirm_identity(case, actor="test", how="Called back."),
    lambda case, _other: subject_requests.doubt(case, "identity_failed", actor="a", why="Another voice."),
    lambda case, _other: subject_requests.settle(case, actor="b", outcome="It is her."),
    lambda case, _other: subject_requests.convert(case, "rectification", actor="test"),
    lambda case, _other: complaints.open_arbitration(case, actor="test"),
    lambda case, _other: subject_requests.carry_out(case, actor="test", text="Here it is."),
    lambda case, _other: subject_requests.withdraw(case, actor="test"),
    lambda case, other: subject_requests.merge(case, other, actor="test"),
]  # fmt: skip


@pytest.mark.parametrize(("law", "packs"), [("GB", ["SafeBuy"]), ("US-CA", [])])
def test_on_every_way_through_the_steps_the_stored_promise_is_that_of_the_clocks(mary, settings, law, packs):
    settings.SHOP, settings.SHOP_PACKS = settings.SHOP | {"jurisdiction": law}, packs
    luck, taken, named = Random(f"{law}{packs}"), 0, set()
    for kind in ("complaint", "rectification", "access", "enquiry"):
        for _way in range(3):
            with at(0):
                case, other = (make.case(mary, kind, received_at=FRIDAY, source="letter") for _ in range(2))
                assert stored(case) == owed(case)
            for day in range(1, 13):
                with at(day * 3), transaction.atomic():
                    case = DataSubjectRequest.objects.get(pk=case.pk)
                    try:
                        with transaction.atomic():
                            luck.choice(STEPS)(case, other)
                            taken += 1
                    except (NotAllowed, UnlawfulEvent, InvalidTransition, IntegrityError):
                        pass
                    for one in (case, other):
                        fresh = DataSubjectRequest.objects.get(pk=one.pk)
                        assert stored(fresh) == owed(fresh)
                        named.add(fresh.next_promise)
    assert taken > 40
    assert named >= {"", "acknowledgement"}


@JOINED
def test_what_was_written_past_the_steps_is_put_right_by_one_command(mary, settings):
    cases = [make.case(mary, "complaint", received_at=FRIDAY) for _ in range(5)]
    CaseEvent.objects.create(case=cases[0], kind="acknowledged", occurred_at=FRIDAY, actor="import")
    DataSubjectRequest.objects.filter(pk=cases[1].pk).update(next_promise_on=date(2020, 1, 1))
    CaseEvent.objects.create(case=cases[2], kind="extended", occurred_at=FRIDAY - timedelta(days=9), actor="import")
    assert promises.rebuild() == 2
    assert promises.rebuild() == 0
    assert all(stored(case) == owed(case) for case in (*cases[:2], *cases[3:]))
    assert stored(cases[0])[1] == "" and stored(cases[1])[1] == "acknowledgement"


def test_a_shop_that_leaves_a_code_keeps_the_promises_it_made_and_makes_no_new_ones(mary):
    with JOINED:
        old = make.case(mary, "complaint", received_at=FRIDAY)
    new = make.case(mary, "complaint", received_at=FRIDAY)
    assert stored(old) == (date(2026, 7, 8), "acknowledgement")
    assert stored(new) == (date(2026, 8, 1), "")
    assert promises.rebuild() == 0
    old.packs = ["NoSuchCodeAnyMore"]
    assert [clock.name for clock in subject_requests.clocks(old)] == ["answer", "regulator"]


def test_the_database_refuses_a_closed_case_that_owes_something(mary):
    case = make.case(mary, "complaint", state="completed", closed_at=FRIDAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataSubjectRequest.objects.filter(pk=case.pk).update(next_promise="acknowledgement")


# --- the queue --------------------------------------------------------------------------------------------


@JOINED
def test_a_missed_promise_of_three_days_is_plain_in_the_queue_long_before_the_law_is_broken(mary):
    with at(0):
        late, later = (make.case(mary, kind, received_at=FRIDAY) for kind in ("complaint", "access"))
    with at(10):
        at_desk = desk(colleague(AGENT))
        page = at_desk.get(URL)
        assert [case.pk for case in page.context["cl"].result_list] == [late.pk, later.pk]
        assert "5 days overdue" in page.content.decode()
        assert "We confirm that we have it: 8 July 2026" in page.content.decode()
        missed = at_desk.get(f"{URL}?promise=missed")
        assert [case.pk for case in missed.context["cl"].result_list] == [late.pk]
        assert not at_desk.get(f"{URL}?due=overdue").context["cl"].result_list
        subject_requests.acknowledge(late, actor="test", how="By letter.")
        assert not at_desk.get(f"{URL}?promise=missed").context["cl"].result_list
        file = b"".join(at_desk.post(f"{URL}export/").streaming_content).decode()
        assert "2026-08-01,we answer" in file


@JOINED
def test_the_queue_is_sorted_by_what_is_owed_next_either_way_and_page_by_page(mary):
    with at(0):
        for n in range(30):
            make.case(
                mary,
                ("complaint", "rectification", "access")[n % 3],
                received_at=FRIDAY - timedelta(days=n),
                source="letter",
            )
    with at(1):
        at_desk = desk(colleague(AGENT))
        for order, backwards in (("6", False), ("-6", True)):
            first = at_desk.get(f"{URL}?o={order}").context["cl"]
            second = at_desk.get(f"{URL}{first.older_link}").context["cl"]
            days = [case.next_promise_on for page in (first, second) for case in page.result_list]
            assert len(days) == 30 and days == sorted(days, reverse=backwards)


@JOINED
def test_the_next_deadlines_are_those_of_all_clocks_of_all_cases(mary):
    with at(0):
        made = [make.case(mary, kind, received_at=FRIDAY) for kind in ("complaint", "rectification", "access")]
        made[0].lock()
    with at(1):
        mediate(made[0], None)
    every = sorted(
        (clock.due_on, case.pk, clock.name)
        for case in made for clock in subject_requests.clocks(DataSubjectRequest.objects.get(pk=case.pk))
        if clock.name != "regulator"
    )  # fmt: skip
    for day in (date(2026, 7, 3), date(2026, 7, 9), date(2026, 7, 20), date(2026, 8, 4)):
        coming = [(one.clock.due_on, one.case.pk, one.clock.name) for one in promises.coming(day, 10)]
        assert coming == [line for line in every if line[0] >= day], day
    assert len(promises.coming(date(2026, 7, 3), 2)) == 2
