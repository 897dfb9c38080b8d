"""The clocks of a case: shown with their reasons, met by what happens, and forecast before a step is taken."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import checks, mail
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from customers.models import EmailAddress
from privacy import jobs, subject_requests
from privacy.cases import State
from privacy.notices import OutgoingEmail
from privacy.promises import CONTROLS
from privacy.roles import AGENT
from privacy.subject_requests import CaseEvent, NotAllowed, rectification
from privacy.vocabulary import Source
from tests import make
from tests.office import CASE, STEP, colleague, desk
from tests.portal import sign_in

pytestmark = pytest.mark.django_db
JOINED = override_settings(SHOP_PACKS=["SafeBuy"])
FRIDAY = datetime(2026, 7, 3, 9, tzinfo=UTC)


@pytest.fixture
def agent():
    return colleague(AGENT)


@pytest.fixture
def mary():
    return make.customer(display_name="Mária Byrne")


def page(account, case):
    return desk(account).get(reverse(CASE, args=[case.pk]))


def plain(answer):
    """What the page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def press(account, case, name, **said):
    answer = desk(account).post(reverse(STEP, args=[case.pk, name]), said, follow=True)
    case.refresh_from_db()
    return answer.content.decode()


def by_name(case):
    return {clock.name: clock for clock in subject_requests.clocks(case)}


def forecast_lines(answer, step):
    shown = {shown["step"].name: shown for shown in answer.context["steps"]}[step]
    return [re.sub(r"<[^>]+>", "", line) for line in shown["forecast"].lines]


# --- what is shown -----------------------------------------------------------------------------------


@JOINED
@time_machine.travel(FRIDAY, tick=False)
def test_the_office_sees_every_clock_of_a_complaint_with_its_reasons(agent, mary):
    answer = plain(page(agent, make.case(mary, "complaint", received_at=FRIDAY)))
    for words in (
        "We answer by 1 August 2026 due in 29 days",
        "We answer (as the regulator counts) by 3 August 2026",
        "We confirm that we have it by 8 July 2026",
        "The rule is SafeBuy Code 5.2",
        "3 working days after 3 July is 8 July",
    ):
        assert words in answer, words


@time_machine.travel(FRIDAY, tick=False)
def test_a_shop_that_has_joined_no_code_promises_nothing_but_the_law(agent, mary):
    case = make.case(mary, "rectification", received_at=FRIDAY)
    assert list(by_name(case)) == ["answer"]
    assert "SafeBuy" not in plain(page(agent, case))


@JOINED
def test_the_legal_clock_says_what_the_person_was_told_even_if_the_law_is_read_otherwise_today(mary):
    case = make.case(mary, "complaint", received_at=FRIDAY)
    type(case).objects.filter(pk=case.pk).update(due_on=date(2026, 7, 30), due_reasons=["as it was"])
    case.refresh_from_db()
    answer = by_name(case)["answer"]
    assert (answer.due_on, answer.reasons) == (date(2026, 7, 30), ("as it was",))
    assert by_name(case)["acknowledgement"].due_on == date(2026, 7, 8)


@JOINED
@time_machine.travel(FRIDAY, tick=False)
def test_the_customer_reads_the_promise_that_is_earlier_than_the_law():
    mary = make.customer(login=True)
    case = make.case(mary, "rectification", received_at=FRIDAY)
    where = f"/account/requests/{case.reference}/"
    answer = plain(sign_in(mary).get(where))
    assert "If the mistake is ours, we put it right by 17 July 2026" in answer
    rectification.whose_error(case, is_ours=False, actor="test", why="The courier misread it.")
    assert "If the mistake is ours" not in plain(sign_in(mary).get(where))
    complaint = make.case(mary, "complaint", received_at=FRIDAY)
    answer = plain(sign_in(mary).get(f"/account/requests/{complaint.reference}/"))
    assert "We confirm that we have it by 8 July 2026" in answer
    assert "regulator counts" not in answer, "a later reading is no promise to her"


# --- what is met -------------------------------------------------------------------------------------


@JOINED
def test_sfb_02_the_receipt_is_confirmed_when_the_letter_has_left_and_not_before(agent, mary):
    with time_machine.travel(FRIDAY, tick=False):
        case = make.case(mary, "complaint", received_at=FRIDAY)
        assert by_name(case)["acknowledgement"].met_on is None
    with time_machine.travel(FRIDAY + timedelta(days=3), tick=False):
        jobs.work("privacy.outgoingemail", OutgoingEmail.objects.get(template="case_received").pk)
        assert case.reference in mail.outbox[-1].subject
        assert by_name(case)["acknowledgement"].met_on == date(2026, 7, 6)
        assert "done on 6 July 2026" in plain(page(agent, case))
        assert by_name(case)["answer"].met_on is None


@JOINED
def test_a_letter_that_the_mail_server_refuses_confirms_nothing(mary, monkeypatch):
    case = make.case(mary, "complaint", received_at=FRIDAY)
    monkeypatch.setattr(mail, "outbox", None)
    jobs.work("privacy.outgoingemail", OutgoingEmail.objects.get(template="case_received").pk)
    assert OutgoingEmail.objects.get(template="case_received").failures == 1
    assert not CaseEvent.objects.filter(kind="acknowledged").exists()
    assert by_name(case)["acknowledgement"].met_on is None


@JOINED
@time_machine.travel(FRIDAY, tick=False)
def test_somebody_without_email_is_told_by_letter_and_the_colleague_notes_it(agent):
    paul = make.customer()
    EmailAddress.objects.filter(customer=paul).delete()
    assert not paul.contact_email
    case = make.case(paul, "complaint", received_at=FRIDAY, source=Source.LETTER)
    assert not OutgoingEmail.objects.exists()
    press(agent, case, "acknowledged", text="Letter of today.")
    assert by_name(case)["acknowledgement"].met_on == date(2026, 7, 3)
    assert "acknowledged" not in {shown["step"].name for shown in page(agent, case).context["steps"]}
    with pytest.raises(NotAllowed):
        subject_requests.acknowledge(case, actor=agent, how=" ")


@JOINED
def test_an_answer_meets_every_clock_and_a_late_one_says_so(agent, mary):
    with time_machine.travel(FRIDAY, tick=False):
        case = make.case(mary, "complaint", received_at=FRIDAY, identity_confirmed=True)
    with time_machine.travel(FRIDAY + timedelta(days=7), tick=False):
        said = {
            "outcome": "upheld",
            "letter": make.letter("complaint_outcome", case, text="You are right; it is mended."),
        }
        subject_requests.complaints.answer(case, actor=agent, **said)
        assert {clock.met_on for clock in by_name(case).values()} == {date(2026, 7, 10)}
        answer = plain(page(agent, case))
        assert "done too late, on 10 July 2026" in answer and "done on 10 July 2026" in answer


@JOINED
def test_a_withdrawn_request_has_no_clocks(agent, mary):
    case = make.case(mary, "complaint", received_at=FRIDAY)
    subject_requests.withdraw(case, actor=agent)
    assert subject_requests.clocks(case) == ()
    assert "Nothing is due" in plain(page(agent, case))


def test_a_fast_clock_of_a_mail_server_does_not_break_the_page(agent, mary):
    tomorrow = timezone.now() + timedelta(days=1)
    case = make.case(mary, "complaint", received_at=tomorrow)
    subject_requests.acknowledge(case, actor=agent, how="By telephone.")
    assert page(agent, case).status_code == 200


# --- what would be -----------------------------------------------------------------------------------


@time_machine.travel(datetime(2026, 10, 1, 9, tzinfo=UTC), tick=False)
def test_before_asking_who_it_is_the_page_says_what_quick_and_slow_answers_do(agent, mary):
    case = make.case(mary, "access", received_at=datetime(2026, 10, 1, 8, tzinfo=UTC))
    before = case.due_on
    assert forecast_lines(page(agent, case), "id_asked") == [
        "The last day is then 2 November 2026.",
        "If the answer comes on 1 October 2026, it is 2 November 2026.",
        "If the answer comes on 8 October 2026, it is 9 November 2026.",
    ]
    case.refresh_from_db()
    assert case.due_on == before and not case.events.filter(kind="id_asked").exists()


def test_a_forecast_on_a_case_with_pauses_comes_true_to_the_day_for_every_step(agent, mary):
    received = datetime(2026, 9, 1, 9, tzinfo=UTC)
    case = make.case(mary, "access", received_at=received)
    steps = [(7, "clarification_asked"), (11, "clarification_received"), (14, "id_asked"), (17, "id_received"),
             (21, "clarification_asked"), (23, "clarification_received"), (24, "extend")]  # fmt: skip
    days = []
    for number, step in steps:
        with time_machine.travel(datetime(2026, 9, number, 9, tzinfo=UTC), tick=False):
            shown = {s["step"].name: s for s in page(agent, case).context["steps"]}
            foreseen = shown[step]["forecast"].due_on
            press(agent, case, step, text="Because.", doubt="Odd.")
            assert case.due_on == foreseen, step
            assert by_name(case)["answer"].due_on == foreseen
            days.append(str(foreseen))
    assert days == ["2026-10-01", "2026-10-06", "2026-10-06", "2026-10-19", "2026-10-19", "2026-10-20", "2026-12-21"]


@JOINED
@time_machine.travel(FRIDAY, tick=False)
def test_a_forecast_speaks_of_every_clock_and_says_where_waiting_helps_nothing(agent, mary):
    case = make.case(mary, "rectification", received_at=FRIDAY)
    assert forecast_lines(page(agent, case), "clarification_asked") == [
        "The last day is then 3 August 2026.",
        "Waiting for the answer does not move it.",
        "If the mistake is ours, we put it right by 17 July 2026.",
    ]
    assert forecast_lines(page(agent, case), "extend") == [
        "The last day is then 5 October 2026.",
        "If the mistake is ours, we put it right by 17 July 2026.",
    ]


def test_what_the_law_forbids_is_neither_foreseen_nor_offered(agent, mary):
    case = make.case(mary, "access", received_at=datetime(2026, 9, 3, 9, tzinfo=UTC))
    with time_machine.travel(datetime(2026, 10, 6, 9, tzinfo=UTC), tick=False):
        assert "extend" not in {shown["step"].name for shown in page(agent, case).context["steps"]}
        assert "after its last day" in press(agent, case, "extend", text="Too late.")
    assert case.state == State.RECEIVED and not case.events.filter(kind="extended").exists()


# --- settings ----------------------------------------------------------------------------------------


def test_an_unknown_law_or_pack_of_the_shop_is_an_error_of_check(settings):
    settings.SHOP_PACKS = ["SafeBuy"]
    assert not [found for found in checks.run_checks() if found.id == "privacy.E010"]
    settings.SHOP_PACKS, settings.SHOP = ["NoBuy"], settings.SHOP | {"jurisdiction": "SafeBuy"}
    said = [found.msg for found in checks.run_checks() if found.id == "privacy.E010"]
    assert len(said) == 2
    assert said[0].startswith("SHOP_JURISDICTION 'SafeBuy' is not one of GB, EU, ")
    assert said[1] == "SHOP_PACKS ['NoBuy'] are not among SafeBuy."


@JOINED
@pytest.mark.parametrize(("days", "state"), [(0, "kept"), (1, "broken")])
def test_sfb_06_a_mistake_of_ours_that_was_put_right_too_late_stays_red_when_it_is_done(mary, days, state):
    wrong = dict.fromkeys(("field", "current", "proposed", "evidence"), "x")
    with time_machine.travel(FRIDAY, tick=False):
        case = make.case(mary, "rectification", received_at=FRIDAY, particulars=wrong)
    due = by_name(case)["own_error"].due_on
    done = datetime.combine(due + timedelta(days=days), FRIDAY.timetz())
    owes_nothing = {"next_promise": "", "next_promise_on": case.due_on}
    type(case).objects.filter(pk=case.pk).update(state="completed", closed_at=done, **owes_nothing)
    assert CONTROLS["requests-own-mistakes"].look(done + timedelta(days=9)).state == state
