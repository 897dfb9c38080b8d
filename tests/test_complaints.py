"""A complaint: logged, acknowledged with its procedure, kept informed, mediated, and answered with where to go next."""

from datetime import UTC, date, datetime, time, timedelta
from importlib import import_module
from pathlib import Path

import pytest
import time_machine
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

import privacy
from privacy import subject_requests
from privacy.admin.steps import STEPS
from privacy.audit import AuditEntry
from privacy.cases import InvalidTransition, State
from privacy.notices import OutgoingEmail
from privacy.promises import CONTROLS
from privacy.promises import State as Stands
from privacy.subject_requests import CaseEvent, Complaint, DataSubjectRequest, NotAllowed, complaints
from privacy.subject_requests.complaint import MOVES, Outcome, Stage, locked, mediation_due_on
from privacy.vocabulary import Source
from tests import make
from tests.office import CASE, QUEUE, STEP, colleague, desk, look
from tests.portal import hidden, look_up, sign_in
from tests.races import at_once

pytestmark = pytest.mark.django_db
ORDER = {"transaction_number": "A-4711", "transaction_on": date(2020, 3, 1)}


@pytest.fixture
def mary():
    return make.customer(login=True)


@pytest.fixture
def agent():
    return colleague("care agent")


def complain(customer, particulars=None, **values):
    given = {"source": Source.WEB, "actor": customer, "details": "The post still comes.", "identity_confirmed": True}
    return subject_requests.open_case(customer, "complaint", particulars=particulars, **(given | values))


def letter(template):
    return bytes(OutgoingEmail.objects.filter(template=template).latest("pk").body).decode()


def answer(case, actor, **values):
    said = {name: values.pop(name) for name in ("text", "regulator", "mediation", "courts") if name in values}
    letter = make.letter("complaint_outcome", case, **({"text": "You are right; it is stopped."} | said))
    complaints.answer(case, actor=actor, **({"outcome": Outcome.UPHELD, "letter": letter} | values))


# --- logged and acknowledged -----------------------------------------------------------------------------


def test_sfb_01_a_complaint_is_logged_with_number_time_channel_and_subject(mary):
    case = complain(mary, {"subject": "advertising"}, source=Source.LETTER)
    row = case.complaint
    assert case.reference.startswith("NL-") and case.received_at and case.source == Source.LETTER
    assert (row.subject, row.stage, row.outcome) == ("advertising", Stage.COMPLAINT, "")


def test_sfb_02_sfb_03_the_acknowledgement_holds_the_procedure_and_the_target_date(mary):
    case = complain(mary)
    said = letter("case_received")
    target = f"{case.due_on.day} {case.due_on:%B %Y}"
    assert said.count(target) >= 2
    for words in ("look into", "14 days", "SafeBuy", "45 days", "costs you nothing", "arbitration", "court"):
        assert words in said
    assert "Information Commissioner's Office" in said
    page = bytes(OutgoingEmail.objects.get(template="case_received").html).decode()
    assert target in page and "SafeBuy" in page


def test_other_requests_are_acknowledged_without_the_procedure_of_complaints(mary):
    make.case(mary, "enquiry")
    assert "SafeBuy" not in letter("case_received")


@pytest.mark.parametrize(
    ("day", "now", "state"),
    [  # received on a Thursday, and three working days after it is a Tuesday, or after a holiday a Wednesday
        ((2026, 6, 4), (2026, 6, 9), Stands.KEPT),
        ((2026, 6, 4), (2026, 6, 10), Stands.BROKEN),
        ((2026, 5, 21), (2026, 5, 27), Stands.KEPT),
        ((2026, 5, 21), (2026, 5, 28), Stands.BROKEN),
    ],
)
def test_sfb_02_a_complaint_that_nobody_confirmed_is_red_from_the_fourth_working_day(mary, day, now, state):
    received, later = (datetime.combine(date(*one), time(9), UTC) for one in (day, now))
    with time_machine.travel(received, tick=False):
        make.case(mary, "complaint", received_at=received)
        told = make.case(make.customer(), "complaint", received_at=received)
        gone = make.case(make.customer(), "complaint", received_at=received)
        CaseEvent.objects.filter(kind="acknowledged").delete()
        told.events.create(kind="acknowledged", actor="system:outbox", occurred_at=received)
        subject_requests.withdraw(gone, actor="test")
    with time_machine.travel(later, tick=False):
        found = CONTROLS["complaints-confirmed"].look(timezone.now())
    assert (found.state, found.figures["looked_at"]) == (state, 2)
    assert found.figures.get("wrong", 0) == (state == Stands.BROKEN)


@pytest.mark.parametrize(("days", "stands"), [(-1, Stands.KEPT), (1, Stands.BROKEN)])
def test_sfb_03_a_complaint_that_was_answered_after_its_day_stays_red_for_a_year(mary, days, stands):
    case, look = make.case(mary, "complaint", state=State.COMPLETED), CONTROLS["complaints-day"].look
    closed = datetime.combine(case.due_on + timedelta(days=days), time(12), UTC)
    DataSubjectRequest.objects.filter(pk=case.pk).update(closed_at=closed)
    assert look(closed + timedelta(days=300)).state == stands
    assert look(closed + timedelta(days=400)).state == Stands.KEPT


@pytest.mark.parametrize(("days", "stands"), [(0, Stands.KEPT), (1, Stands.BROKEN)])
def test_sfb_10_a_mediation_that_went_on_or_ended_too_late_stays_red(mary, agent, days, stands):
    opened, look = date(2026, 3, 2), CONTROLS["complaints-mediation"].look
    ended = datetime.combine(mediation_due_on(opened) + timedelta(days=days), time(12), UTC)
    with time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False):
        case = make.case(mary, "complaint", received_at=timezone.now(), particulars={"subject": "other", **ORDER})
        complaints.open_mediation(case, actor=agent, opened_on=opened)
    with time_machine.travel(ended, tick=False):
        case.events.create(kind="mediation_closed", actor="x", is_internal=True, occurred_at=ended)
        Complaint.objects.filter(case=case).update(stage=Stage.ARBITRATION)
    assert look(ended + timedelta(days=30)).state == stands


# --- kept informed ---------------------------------------------------------------------------------------


def test_sfb_04_a_complaint_without_word_for_fourteen_days_is_on_the_queue_and_the_start_page(mary, agent, settings):
    now = timezone.now()
    with time_machine.travel(now - timedelta(days=15), tick=False):
        case = complain(mary)
        answered = complain(make.customer())
        subject_requests.withdraw(answered, actor="test")
    fresh = complain(make.customer())
    make.case(make.customer(), "enquiry", received_at=now - timedelta(days=60))
    assert list(complaints.silent(now)) == [case]
    page = desk(agent).get(f"{reverse(QUEUE)}?told=silent").content.decode()
    assert case.reference in page and fresh.reference not in page and answered.reference not in page
    assert "complaints without word to the person" in desk(agent).get(reverse("admin:index")).content.decode()
    complaints.inform(case, actor=agent, text="We asked the printer and wait for his answer.")
    assert not complaints.silent(now).exists()
    assert "complaints without word" not in desk(agent).get(reverse("admin:index")).content.decode()
    assert "We asked the printer" in letter("complaint_progress")
    settings.COMPLAINT_SILENCE_DAYS = 3
    assert list(complaints.silent(now + timedelta(days=4))) == [case, fresh]


def test_sfb_04_an_inner_note_is_no_word_to_the_person(mary, agent):
    now = timezone.now()
    with time_machine.travel(now - timedelta(days=15), tick=False):
        case = complain(mary)
    subject_requests.note(case, "comment", actor=agent, text="Called the printer.", is_internal=True)
    assert list(complaints.silent(now)) == [case]


# --- stages ----------------------------------------------------------------------------------------------


def test_sfb_08_mediation_cannot_be_opened_without_number_and_date(mary, agent):
    for said in ({}, {"transaction_number": "A-1"}, {"transaction_on": date(2020, 3, 1)}):
        case = complain(mary, said)
        with pytest.raises(NotAllowed, match="number and the day"):
            complaints.open_mediation(case, actor=agent, opened_on=timezone.localdate())
        assert Complaint.objects.get(case=case).stage == Stage.COMPLAINT
    complaints.describe(case, actor=agent, subject="sharing", **ORDER)
    complaints.open_mediation(case, actor=agent, opened_on=timezone.localdate())
    assert Complaint.objects.get(case=case).stage == Stage.MEDIATION


def test_sfb_08_the_database_itself_refuses_mediation_without_a_transaction(mary):
    rows = Complaint.objects.filter(case=complain(mary))
    today = timezone.localdate()
    for wrong in (
        {"stage": Stage.MEDIATION, "mediation_opened_on": today},
        {"stage": Stage.MEDIATION, **ORDER},
        {"stage": Stage.ARBITRATION, **ORDER},
        {"mediation_opened_on": today, "transaction_number": "A-1"},
        {"mediation_opened_on": date(2020, 2, 1), **ORDER},
        {"stage": Stage.CLOSED},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)
    assert rows.update(stage=Stage.MEDIATION, mediation_opened_on=today, **ORDER) == 1


def test_sfb_10_mediation_opened_on_1_june_ends_by_16_july(mary, agent):
    assert mediation_due_on(date(2026, 6, 1)) == date(2026, 7, 16)
    with time_machine.travel("2026-05-20T10:00Z", tick=False):
        case = complain(mary, ORDER)
    with time_machine.travel("2026-06-03T10:00Z", tick=False):
        complaints.open_mediation(case, actor=agent, opened_on=date(2026, 6, 1))
        assert "16 July 2026" in letter("complaint_stage")
        at_desk = desk(agent)
        look(at_desk, case)
        assert "16 July 2026" in at_desk.get(reverse(CASE, args=[case.pk])).content.decode()


def test_sfb_11_only_the_table_says_where_a_complaint_may_go(mary):
    case = complain(mary, ORDER)
    for was in Stage:
        for to in Stage:
            said = {"outcome": Outcome.UPHELD, "mediation_opened_on": timezone.localdate()}
            Complaint.objects.filter(case=case).update(stage=was, **said)
            with transaction.atomic():
                row = locked(case)
                if to in MOVES.get(was, ()):
                    row.move_to(to)
                else:
                    with pytest.raises(InvalidTransition):
                        row.move_to(to)
            assert Complaint.objects.get(case=case).stage == (to if to in MOVES.get(was, ()) else was)


def test_sfb_11_through_mediation_and_arbitration_to_the_end(mary, agent):
    case = complain(mary, ORDER)
    answer(case, agent, outcome=Outcome.NOT_UPHELD, stays_open=True)
    assert case.is_open and Complaint.objects.get(case=case).outcome == Outcome.NOT_UPHELD
    with pytest.raises(InvalidTransition):
        complaints.open_arbitration(case, actor=agent)
    complaints.open_mediation(case, actor=agent, opened_on=timezone.localdate())
    complaints.open_arbitration(case, actor=agent)
    answer(case, agent, outcome=Outcome.PARTLY)
    row = Complaint.objects.get(case=case)
    assert (row.stage, row.outcome, case.state) == (Stage.CLOSED, Outcome.PARTLY, State.COMPLETED)
    kinds = [event.kind for event in case.events.filter(is_internal=False)]
    assert kinds == ["received", "in_progress", "outcome", "mediation", "arbitration", "outcome", "completed"]
    assert AuditEntry.objects.filter(event="case.mediation", target__endswith=f":{case.pk}").exists()
    assert OutgoingEmail.objects.filter(template="complaint_outcome").count() == 2
    with pytest.raises(NotAllowed):
        complaints.open_mediation(case, actor=agent, opened_on=timezone.localdate())


def test_who_takes_a_complaint_back_closes_its_stages_too(mary):
    case = complain(mary, ORDER)
    subject_requests.withdraw(case, actor=mary)
    row = Complaint.objects.get(case=case)
    assert (row.stage, row.outcome) == (Stage.CLOSED, Outcome.WITHDRAWN)


def test_nobody_is_written_to_after_a_colleague_closed_it(mary, agent):
    case = complain(mary, ORDER)
    old_page = DataSubjectRequest.objects.get(pk=case.pk)
    subject_requests.withdraw(case, actor=mary)
    for step in (
        lambda: complaints.inform(old_page, actor=agent, text="Words."),
        lambda: complaints.open_mediation(old_page, actor=agent, opened_on=timezone.localdate()),
        lambda: complaints.describe(old_page, actor=agent, **ORDER),
        lambda: answer(old_page, agent),
    ):
        with pytest.raises(NotAllowed, match="closed"):
            step()
    assert not OutgoingEmail.objects.filter(template__startswith="complaint_").exists()


# --- the outcome letter ----------------------------------------------------------------------------------


def test_sfb_07_and_11_no_outcome_letter_leaves_without_where_to_go_next(mary, agent):
    case = complain(mary)
    for name, wrong in (("regulator", "Somebody."), ("mediation", " "), ("mediation", "A friend."), ("courts", " ")):
        with pytest.raises(NotAllowed, match=r"The letter must"):
            answer(case, agent, **{name: wrong})
    for said in ({"text": "  "}, {"outcome": ""}, {"outcome": Outcome.WITHDRAWN}, {"outcome": "nonsense"}):
        with pytest.raises(NotAllowed):
            answer(case, agent, **said)
    case.refresh_from_db()
    assert case.state == State.RECEIVED and not case.answer
    assert not OutgoingEmail.objects.filter(template="complaint_outcome").exists()
    answer(case, agent)
    for words in ("it is stopped", "Information Commissioner's Office", "SafeBuy", "costs you nothing", "court"):
        assert words in letter("complaint_outcome")
        assert words in case.answer


def test_sfb_07_there_is_no_way_round_the_outcome_letter(mary, agent):
    case = complain(mary)
    subject_requests.start(case, actor=agent)
    for way in (
        lambda: subject_requests.carry_out(case, actor=agent, text="Sorry."),
        lambda: subject_requests.complete(case, actor=agent, text="Sorry."),
        lambda: subject_requests.refuse(case, actor=agent, reason="other", letter=make.refusal(case)),
    ):
        with pytest.raises(NotAllowed, match="outcome letter"):
            way()
    case.refresh_from_db()
    assert case.is_open
    offered = {step.name for step in STEPS if step.is_open_to(colleague("privacy officer"), case)}
    assert "answer" in offered and not offered & {"carry_out", "refuse"}


def test_a_complaint_is_not_answered_before_we_know_who_complains(mary, agent):
    case = complain(mary, identity_confirmed=False)
    with pytest.raises(NotAllowed, match="who is asking"):
        answer(case, agent)
    assert Complaint.objects.get(case=case).stage == Stage.COMPLAINT


def test_the_form_in_the_office_shows_the_three_blocks_and_sends_them(mary, agent):
    case, browser = complain(mary), desk(agent)
    page = browser.get(reverse(CASE, args=[case.pk])).content.decode()
    blocks = make.letter("complaint_outcome", case, text="Yes.").blocks
    for name in ("regulator", "mediation", "courts"):
        assert f'name="{name}"' in page and blocks[name][:40].replace("'", "&#x27;") in page
    url, sent = reverse(STEP, args=[case.pk, "answer"]), {"outcome": "upheld", **blocks}
    assert browser.post(url, sent | {"courts": ""}).status_code == 422
    browser.post(url, sent | {"mediation": "Ask a friend."})
    case.refresh_from_db()
    assert case.is_open
    browser.post(url, sent)
    case.refresh_from_db()
    assert case.state == State.COMPLETED


# --- the person's own forms ------------------------------------------------------------------------------


def test_sfb_08_the_form_without_an_account_asks_for_number_and_date_and_says_why(client):
    mary = make.customer("mary@example.com")
    client.post("/complaints/new/", {"email": "mary@example.com"})
    look_up()
    address = next(w for w in letter("request_link").split() if "/complaints/new/" in w)
    address = address[address.index("/complaints") :]
    page = client.get(address).content.decode()
    assert "Number of the order or payment" in page and "A mediator acts only with this number" in page
    sent = {"details": "Catalogues.", "subject": "advertising", "key": hidden(page, "key")}
    client.post(address, sent | {"transaction_number": "A-4711", "transaction_on": "2020-03-01"})
    row = Complaint.objects.get(case__data_subject=mary)
    assert (row.subject, row.transaction_number, row.transaction_on) == ("advertising", "A-4711", date(2020, 3, 1))


def test_sfb_08_the_signed_in_form_takes_them_too_and_shows_them_again(mary):
    client = sign_in(mary)
    page = client.get("/account/requests/new/").content.decode()
    sent = {"kind": "complaint", "details": "Catalogues.", "key": hidden(page, "key"), "subject": "advertising"}
    sent |= {"transaction_number": "A-4711", "transaction_on": "2020-03-01", "proposed": "x" * 2000}
    answer = client.post("/account/requests/new/", sent)
    assert answer.status_code == 302, "what stands in the fields of a correction is not looked at"
    page = client.get(answer["Location"]).content.decode()
    assert "A-4711" in page and "1 March 2020" in page and "with the shop" in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"transaction_number": "9" * 10_000}, "at most 60 characters"),
        ({"transaction_on": "2999-01-01"}, "in the future"),
        ({"transaction_on": "yesterday"}, "valid date"),
        ({"subject": "nonsense"}, "valid choice"),
    ],
)
def test_bad_input_is_said_in_one_line_and_nothing_is_opened(mary, wrong, words):
    client = sign_in(mary)
    page = client.get("/account/requests/new/").content.decode()
    sent = {"kind": "complaint", "details": "Catalogues.", "key": hidden(page, "key")}
    answer = client.post("/account/requests/new/", sent | wrong)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not DataSubjectRequest.objects.exists()


def test_bad_input_is_refused_by_the_verbs_too(mary, agent):
    case, today = complain(mary, ORDER), timezone.localdate()
    for said in (
        {"transaction_number": "9" * 10_000},
        {"transaction_on": today + timedelta(days=1)},
        {"subject": "nonsense"},
    ):
        with pytest.raises(NotAllowed):
            complaints.describe(case, actor=agent, **(ORDER | said))
    for day in (today + timedelta(days=1), today - timedelta(days=1)):
        with pytest.raises(NotAllowed):
            complaints.open_mediation(case, actor=agent, opened_on=day)
    complaints.open_mediation(case, actor=agent, opened_on=today)
    with pytest.raises(NotAllowed, match="mediator"):
        complaints.describe(case, actor=agent, subject="other")
    assert Complaint.objects.get(case=case).transaction_number == "A-4711"
    with pytest.raises(NotAllowed):
        complaints.inform(make.case(mary), actor=agent, text="Words.")


def test_the_same_form_with_another_order_number_is_another_wish(mary):
    complain(mary, {"transaction_number": "A-1"}, idempotency_key="one")
    assert complain(mary, {"transaction_number": "A-1"}, idempotency_key="one") == DataSubjectRequest.objects.get()
    with pytest.raises(subject_requests.FormUsed):
        complain(mary, {"transaction_number": "A-2"}, idempotency_key="one")


def test_a_name_of_a_number_is_one_line(mary):
    case = complain(mary, {"transaction_number": "A-1\r\nBcc: all@example.com"})
    assert "\n" not in Complaint.objects.get(case=case).transaction_number


# --- two officers at once --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_officers_answer_at_once_and_one_letter_leaves():
    case, officers = complain(make.customer()), iter([colleague("privacy officer"), colleague("privacy officer")])

    def one():
        mine = DataSubjectRequest.objects.get(pk=case.pk)
        try:
            answer(mine, next(officers))
        except (NotAllowed, InvalidTransition):
            return "refused"
        return "sent"

    assert sorted(at_once(2, one)) == ["refused", "sent"]
    assert OutgoingEmail.objects.filter(template="complaint_outcome").count() == 1
    assert Complaint.objects.get(case=case).stage == Stage.CLOSED


@pytest.mark.django_db(transaction=True)
def test_two_officers_open_mediation_at_once_and_it_has_one_day():
    case, agent, today = complain(make.customer(), ORDER), make.staff(), timezone.localdate()

    def one():
        mine = DataSubjectRequest.objects.get(pk=case.pk)
        try:
            complaints.open_mediation(mine, actor=agent, opened_on=today)
        except InvalidTransition:
            return "refused"
        return "opened"

    assert sorted(at_once(2, one)) == ["opened", "refused"]
    assert OutgoingEmail.objects.filter(template="complaint_stage").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_and_an_answer_at_once_leave_one_lawful_end():
    mary = make.customer()
    case, agent = complain(mary), make.staff()
    deeds = iter([lambda c: answer(c, agent), lambda c: subject_requests.withdraw(c, actor=mary)])

    def one():
        mine, deed = DataSubjectRequest.objects.get(pk=case.pk), next(deeds)
        try:
            deed(mine)
        except (NotAllowed, InvalidTransition):
            return "refused"
        return "done"

    assert sorted(at_once(2, one)) == ["done", "refused"], connection.vendor
    case.refresh_from_db()
    row = Complaint.objects.get(case=case)
    ends = {(State.COMPLETED, Outcome.UPHELD), (State.WITHDRAWN, Outcome.WITHDRAWN)}
    assert row.stage == Stage.CLOSED and (case.state, row.outcome) in ends


# --- what came before ------------------------------------------------------------------------------------


def test_complaints_from_before_get_their_row_when_the_tables_come():
    begun = complain(make.customer())
    ended = make.case(make.customer(), "complaint", state=State.COMPLETED, closed_at=timezone.now())
    make.case(make.customer(), "enquiry")
    Complaint.objects.all().delete()
    (name,) = (path.stem for path in (Path(privacy.__file__).parent / "migrations").glob("*_complaints.py"))
    import_module(f"privacy.migrations.{name}").give_each_its_row(apps, None)
    found = set(Complaint.objects.values_list("case", "stage", "outcome"))
    assert found == {(begun.pk, Stage.COMPLAINT, ""), (ended.pk, Stage.CLOSED, Outcome.NOT_RECORDED)}
