"""What single kinds of request need: a correction its details, a question its conversion, a list its register."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from privacy import agencies, deadlines, rights, subject_requests
from privacy.cases import State
from privacy.notices import OutgoingEmail
from privacy.subject_requests import DataSubjectRequest, NotAllowed, Rectification, convert, rectification
from privacy.vocabulary import Source
from tests import make
from tests.office import CASE, STEP, colleague, desk, look
from tests.portal import hidden, sign_in

pytestmark = pytest.mark.django_db
TEXTS = {"field": "My name", "current": "Marie", "proposed": "Mária", "evidence": "It is on my invoice."}


@pytest.fixture
def mary():
    return make.customer(login=True)


@pytest.fixture
def agent():
    return colleague("care agent")


def ask(customer, kind, **values):
    given = {"source": Source.WEB, "actor": customer, "identity_confirmed": True}
    return subject_requests.open_case(customer, kind, **(given | values))


def letter(template):
    return bytes(OutgoingEmail.objects.filter(template=template).latest("pk").body).decode()


# --- rectification ---------------------------------------------------------------------------------------


def test_cnx_11_a_correction_says_which_field_what_stands_there_what_should_and_how_we_can_tell(mary):
    client = sign_in(mary)
    page = client.get("/account/requests/new/").content.decode()
    sent = {"kind": "rectification", "details": "", "key": hidden(page, "key"), "transaction_on": "nonsense"}
    shown = client.get(client.post("/account/requests/new/", sent | TEXTS)["Location"]).content.decode()
    row = Rectification.objects.get(case__data_subject=mary)
    assert {name: row.said(name) for name in TEXTS} == TEXTS
    assert all(text in shown for text in TEXTS.values())


def test_cnx_11_the_office_sees_old_and_proposed_where_it_carries_out(mary):
    case = ask(mary, "rectification", particulars=TEXTS)
    at_desk = desk(colleague("privacy officer"))
    assert "Mária" not in at_desk.get(reverse(CASE, args=[case.pk])).content.decode(), "masked before a reason"
    look(at_desk, case)
    page = at_desk.get(reverse(CASE, args=[case.pk])).content.decode()
    step = page[page.index("Carry it out") :]
    step = step[: step.index("</form>")]
    assert "Marie" in step and "Mária" in step
    assert "Mária" not in desk(colleague("auditor")).get(reverse(CASE, args=[case.pk])).content.decode()


def test_the_texts_of_a_correction_lie_encrypted(mary):
    case = ask(mary, "rectification", particulars=TEXTS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT proposed, current FROM privacy_rectification WHERE case_id = %s", [case.pk])
        assert all("ria" not in bytes(value).decode("latin-1") for value in cursor.fetchone())


def test_staff_write_down_what_was_said_on_the_phone(mary, agent):
    browser = desk(agent)
    url = f"{reverse('admin:intake')}?person={mary.number}"
    page = browser.get(url).content.decode()
    sent = {"kind": "rectification", "source": "phone", "received_on": timezone.localdate().isoformat()}
    browser.post(url, sent | TEXTS | {"key": hidden(page, "key")})
    case = DataSubjectRequest.objects.get(data_subject=mary)
    assert case.rectification.said("proposed") == "Mária"
    look(browser, case)
    browser.post(reverse(STEP, args=[case.pk, "describe"]), TEXTS | {"proposed": "Marija"})
    assert Rectification.objects.get(case=case).said("proposed") == "Marija"
    assert browser.post(reverse(STEP, args=[case.pk, "describe"]), TEXTS | {"proposed": ""}).status_code == 422


def test_sfb_06_an_error_of_ours_is_marked_once_with_its_reason(mary, agent):
    case = ask(mary, "rectification", particulars=TEXTS)
    with pytest.raises(NotAllowed):
        rectification.whose_error(case, is_ours=True, actor=agent, why=" ")
    rectification.whose_error(case, is_ours=True, actor=agent, why="We typed it wrongly.")
    assert Rectification.objects.get(case=case).is_own_error
    event = case.events.get(kind="own_error")
    assert event.is_internal and event.text == "We typed it wrongly."
    with pytest.raises(NotAllowed, match="already"):
        rectification.whose_error(case, is_ours=True, actor=agent, why="Again.")
    with pytest.raises(NotAllowed):
        rectification.whose_error(ask(mary, "enquiry"), is_ours=True, actor=agent, why="Words.")


def test_what_is_too_long_for_a_correction_is_refused(mary):
    with pytest.raises(NotAllowed, match="too long"):
        ask(mary, "rectification", particulars=TEXTS | {"proposed": "x" * 10_000})
    assert not DataSubjectRequest.objects.exists()


def test_the_same_form_with_another_proposal_is_another_wish(mary):
    ask(mary, "rectification", particulars=TEXTS, idempotency_key="one")
    assert ask(mary, "rectification", particulars=TEXTS, idempotency_key="one")
    with pytest.raises(subject_requests.FormUsed):
        ask(mary, "rectification", particulars=TEXTS | {"proposed": "Maja"}, idempotency_key="one")


# --- human review and agency details ---------------------------------------------------------------------


def test_cnx_15_a_person_can_ask_that_a_person_looks_at_a_decision_again(mary, agent):
    page = sign_in(mary).get("/account/requests/new/").content.decode()
    assert "Have a person look at a decision again" in page
    case = ask(mary, "human_review")
    with pytest.raises(NotAllowed, match="answer"):
        subject_requests.carry_out(case, actor=agent)
    subject_requests.carry_out(case, actor=agent, text="I looked at it: you may pay by invoice.")
    assert "you may pay by invoice" in letter("case_completed")


def test_lrd_17_the_answer_about_credit_agencies_comes_from_the_register_and_is_seen_before_it_leaves(mary, agent):
    agency = make.recipient(
        "Example Score", kind="credit_reference", group="payment", legal_name="Example Score Ltd",
        postal_address="1 Score Street, Leeds", policy_url="https://score.example/privacy",
    )  # fmt: skip
    make.recipient("Old Score", kind="credit_reference", group="payment", is_active=False)
    make.recipient("Second Score", kind="credit_reference", group="payment")
    make.disclosure(mary, recipient=agency)
    make.disclosure(make.customer(), recipient=agency, occurred_at=datetime(2021, 1, 1, tzinfo=UTC))
    case = ask(mary, "agency_details")
    assert case.state == State.RECEIVED, "nothing leaves before somebody has read it"
    draft = agencies.in_words(case)
    assert all(words in draft for words in ("Example Score Ltd", "1 Score Street", "score.example", "15 March 2020"))
    assert "Second Score" in draft and "got nothing about you" in draft
    assert "Old Score" not in draft and "Carrier" not in draft and "2021" not in draft
    browser = desk(agent)
    assert "Score" not in browser.get(reverse(CASE, args=[case.pk])).content.decode(), "masked before a reason"
    look(browser, case)
    assert "1 Score Street, Leeds" in browser.get(reverse(CASE, args=[case.pk])).content.decode()
    browser.post(reverse(STEP, args=[case.pk, "carry_out"]), {"text": draft})
    assert "Example Score Ltd" in letter("case_completed")


def test_lrd_17_a_disclosure_that_must_stay_secret_is_not_told(mary):
    agency = make.recipient("Example Score", kind="credit_reference", group="payment")
    make.disclosure(mary, recipient=agency, secret_until=timezone.localdate() + timedelta(days=9))
    assert "2020" not in agencies.in_words(ask(mary, "agency_details"))


def test_lrd_17_without_agencies_the_answer_says_so(mary):
    assert "no credit agency" in agencies.in_words(ask(mary, "agency_details"))


@pytest.mark.parametrize("law", sorted(deadlines.RULES))
def test_agency_details_have_the_time_of_an_access_request_everywhere(law):
    for day in (date(2026, 1, 31), date(2026, 11, 25)):
        assert deadlines.deadline(law, "agency_details", day) == deadlines.deadline(law, "access", day)


# --- from a question to a request ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(set(rights.REGISTER) - {"enquiry"}))
def test_clg_25_a_question_becomes_any_request_and_keeps_its_day_of_receipt(mary, agent, kind):
    received = datetime(2026, 9, 3, 9, tzinfo=UTC)
    with time_machine.travel("2026-09-10T10:00Z", tick=False):
        case = ask(mary, "enquiry", source=Source.EMAIL, received_at=received)
        convert(case, kind, actor=agent)
        case.refresh_from_db()
        assert (case.kind, case.received_at, case.state) == (kind, received, State.RECEIVED)
        expected = deadlines.deadline("GB", kind, date(2026, 9, 3))
        assert (case.due_on, tuple(case.due_reasons)) == (expected.due_on, expected.reasons)
        assert (case.execute_after is not None) == (kind == "erasure")
    assert case.events.get(kind="converted").text == str(case.right.label)
    assert case.reference in letter("case_converted") and "3 September 2026" in letter("case_converted")
    assert hasattr(case, kind) == (kind in ("complaint", "rectification"))
    page = desk(agent).get(reverse(CASE, args=[case.pk])).content.decode()
    assert "A question became this request" in page


def test_clg_25_what_happened_before_still_counts(mary, agent):
    with time_machine.travel("2026-09-03T10:00Z", tick=False):
        case = ask(mary, "enquiry")
    with time_machine.travel("2026-09-07T10:00Z", tick=False):
        subject_requests.ask(case, "clarification_asked", actor=agent, text="Which order?")
    with time_machine.travel("2026-09-11T10:00Z", tick=False):
        subject_requests.answered(case, "clarification_asked", actor=agent)
        convert(case, "access", actor=agent)
    assert case.due_on == date(2026, 10, 8)


def test_clg_25_only_an_open_question_is_converted_and_only_to_a_right(mary, agent):
    case = ask(mary, "enquiry")
    for kind in ("enquiry", "nonsense", ""):
        with pytest.raises(NotAllowed):
            convert(case, kind, actor=agent)
    with pytest.raises(NotAllowed):
        convert(ask(mary, "complaint"), "access", actor=agent)
    subject_requests.withdraw(case, actor=mary)
    with pytest.raises(NotAllowed):
        convert(case, "access", actor=agent)
    case.refresh_from_db()
    assert case.kind == "enquiry"


def test_clg_25_a_second_officer_with_an_old_page_converts_nothing(mary, agent):
    case = ask(mary, "enquiry")
    stale = DataSubjectRequest.objects.get(pk=case.pk)
    convert(case, "access", actor=agent)
    with pytest.raises(NotAllowed):
        convert(stale, "erasure", actor=agent)
    case.refresh_from_db()
    assert case.kind == "access"


def test_sfb_06_whose_mistake_it_was_is_one_question_and_the_later_answer_counts(mary, agent, settings):
    settings.SHOP_PACKS = ["SafeBuy"]
    case = ask(mary, "rectification")
    promised = {clock.name for clock in subject_requests.clocks(case)}
    for is_ours in (False, True, False):
        rectification.whose_error(case, is_ours=is_ours, actor=agent, why="We looked.")
        running = {clock.name for clock in subject_requests.clocks(case)}
        assert running == (promised if is_ours else promised - {"own_error"})
        assert Rectification.objects.get(case=case).is_own_error == is_ours
    assert not case.events.get(kind="own_error").is_internal
