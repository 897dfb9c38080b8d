"""A copy of somebody's data leaves searched for, looked through and to the right place, without what others said."""

import subprocess
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from privacy import export, jobs, rights, subject_requests
from privacy.audit import AuditEntry
from privacy.cases import State
from privacy.export import CannotOpen, Redaction, redactions
from privacy.notices import OutgoingEmail
from privacy.roles import AGENT, AUDITOR
from privacy.subject_requests import DataSubjectRequest, NotAllowed, ReleaseCheck, redacting, releasing, searching
from tests import make
from tests.office import CASE, STEP, colleague, desk, look
from tests.races import at_once

pytestmark = pytest.mark.django_db
FOREIGN = "Ottilie Quarkstein"
OTHERS = "admin:privacy_datasubjectrequest_others"
BACK = "admin:privacy_datasubjectrequest_put_back"


@pytest.fixture
def agent():
    return colleague(AGENT)


@pytest.fixture
def mary():
    return make.customer("mary@example.com", login=True, display_name="Mária Byrne")


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    """Finished files lie here."""
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = settings.STORAGES | {"default": storage}


def by_letter(person, kind="access", **values):
    """A request that a colleague took in, of somebody whom she knows."""
    values = {"received_at": timezone.now(), "source": "letter", "details": ""} | values
    return make.case(person, kind, **values)


def known(person, agent, kind="access"):
    case = by_letter(person, kind)
    subject_requests.confirm_identity(case, actor=agent, how="Called back.")
    return case


def ready(person, agent, kind="access"):
    """One whose search is noted."""
    case = known(person, agent, kind)
    searching.write(case, actor=agent, tables=["orders"], why="All of it stands there.")
    return case


def made(case, actor):
    """Carried out, and the worker has been there."""
    subject_requests.carry_out(case, actor=actor)
    return worked(case)


def worked(case):
    row = export.Export.objects.get(case=case)
    assert jobs.work("privacy.export", row.pk)
    case.refresh_from_db()
    return export.Export.objects.get(case=case)


def letters(person):
    return OutgoingEmail.objects.filter(template="export_ready", data_subject=person).count()


def files_of(row):
    """The plain text of everything in it, by name."""
    found = {}
    for name in row.files:
        data = b"".join(export.open_for(row.data_subject.account, row, name).chunks)
        found[name] = data.decode() if not name.endswith(".pdf") else printed(data)
    return found


def printed(pdf):
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def press(account, case, name, **said):
    browser = desk(account)
    look(browser, case)
    answer = browser.post(reverse(STEP, args=[case.pk, name]), said, follow=True)
    case.refresh_from_db()
    return answer.content.decode()


# --- the note of the search --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", rights.SEARCHED)
def test_no_copy_is_carried_out_before_the_search_was_noted(mary, agent, kind):
    case = known(mary, agent, kind)
    with pytest.raises(NotAllowed, match="searched"):
        subject_requests.carry_out(case, actor=agent)
    assert "First note what was searched" in press(agent, case, "carry_out")
    assert not export.Export.objects.exists()
    press(agent, case, "search", tables=["orders", "messages"], places=["mail"], elsewhere="The safe", why="Enough.")
    press(agent, case, "carry_out")
    assert case.state == State.EXECUTING


@pytest.mark.parametrize("state", [State.EXECUTING, State.COMPLETED])
@pytest.mark.parametrize("kind", rights.SEARCHED)
def test_the_database_refuses_a_copy_without_the_note(mary, kind, state):
    case = by_letter(mary, kind)
    rows = DataSubjectRequest.objects.filter(pk=case.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(state=state)
    rows.update(state=state, search_note=b"Everything.")
    assert rows.get().search == "Everything."


def test_the_form_knows_what_is_held_and_the_note_says_it(mary, agent):
    make.order(mary), make.order(mary), make.enquiry(mary)
    case = known(mary, agent)
    browser = desk(agent)
    assert "Your orders: 2" in browser.get(reverse(CASE, args=[case.pk])).content.decode()
    said = {"tables": ["orders", "messages"], "places": ["paper"], "elsewhere": "The safe", "why": "Old ones go."}
    press(agent, case, "search", **said)
    assert case.search == (
        "In our records: Your orders (2), Messages and chats (2).\nAlso searched: paper files, The safe.\nOld ones go."
    )
    masked = desk(agent).get(reverse(CASE, args=[case.pk])).content.decode()
    assert "Search noted" in masked and "The safe" not in masked
    look(browser, case)
    assert "The safe" in browser.get(reverse(CASE, args=[case.pk])).content.decode()


def test_a_note_needs_places_and_reasons_and_stays_once_the_copy_is_made(mary, agent):
    case = known(mary, agent)
    for said in ({"tables": [], "why": "Because."}, {"tables": ["orders"], "why": " "}):
        with pytest.raises(NotAllowed):
            searching.write(case, actor=agent, **said)
    searching.write(case, actor=agent, tables=["orders"], why="First.")
    searching.write(case, actor=agent, tables=["orders"], why="Second.")
    assert "Second." in case.search and "First." not in case.search
    made(case, agent)
    with pytest.raises(NotAllowed, match="made already"):
        searching.write(case, actor=agent, tables=["orders"], why="Third.")
    with pytest.raises(NotAllowed):
        searching.write(by_letter(mary, "enquiry"), actor=agent, tables=["orders"], why="Third.")


def test_of_a_copy_made_by_itself_the_machine_notes_every_category_with_its_count(mary):
    make.order(mary)
    case = make.case(mary, "access", identity_confirmed=True)
    assert case.state == State.EXECUTING
    assert "Your orders (1)" in case.search and "Newsletters and offers (0)" in case.search


def test_the_note_goes_with_the_person_and_the_request_stays_done(mary, agent):
    case = by_letter(mary, state=State.COMPLETED, closed_at=timezone.now())
    DataSubjectRequest.objects.filter(pk=case.pk).update(**DataSubjectRequest.personal_data.blanks())
    case.refresh_from_db()
    assert (bytes(case.search_note), case.state) == (b"", State.COMPLETED)


# --- three looks before it leaves --------------------------------------------------------------------------


def test_lrd_23_a_copy_that_a_colleague_started_waits_for_all_three(mary, agent):
    case = ready(mary, agent)
    row = made(case, agent)
    assert (row.job_state, row.released_at, case.state, letters(mary)) == ("done", None, State.EXECUTING, 0)
    with pytest.raises(CannotOpen, match="not_ready"):
        export.open_for(mary.account, row, "export.pdf")
    for kinds in (["identity"], ["others"]):
        press(agent, case, "checks", kinds=kinds)
        assert (case.state, letters(mary)) == (State.EXECUTING, 0)
    press(agent, case, "checks", kinds=["address"])
    assert (case.state, letters(mary)) == (State.COMPLETED, 1)
    row.refresh_from_db()
    assert export.open_for(mary.account, row, "export.pdf").size
    assert {check.ticked_by for check in case.release_checks.all()} == {agent}
    assert AuditEntry.objects.filter(event="case.release_checked").count() == 3


def test_ticked_before_it_is_made_it_leaves_by_itself(mary, agent):
    case = ready(mary, agent)
    releasing.tick(case, releasing.Kind.values, actor=agent)
    made(case, agent)
    assert (case.state, letters(mary)) == (State.COMPLETED, 1)


def test_another_address_opens_the_third_again(mary, agent):
    case = ready(mary, agent)
    releasing.tick(case, releasing.Kind.values, actor=agent)
    make.EmailAddress.objects.filter(customer=mary).update(address="eve@example.com")
    row = made(case, agent)
    assert (row.released_at, letters(mary), releasing.open_checks(case)) == (None, 0, ["address"])
    releasing.tick(case, ["address"], actor=agent)
    assert case.state == State.COMPLETED


def test_a_new_text_opens_the_second_again_and_a_doubt_the_first(mary, agent):
    case = ready(mary, agent)
    releasing.tick(case, releasing.Kind.values, actor=agent)
    subject_requests.note(case, "comment", actor=agent, text=f"{FOREIGN} called.", is_internal=True)
    assert releasing.open_checks(case) == ["others"]
    releasing.tick(case, ["others"], actor=agent)
    subject_requests.doubt(case, "identity_failed", actor=agent, why="A strange voice.")
    assert "identity" in releasing.open_checks(case)
    with pytest.raises(NotAllowed):
        releasing.tick(case, ["identity"], actor=agent)


def test_nobody_ticks_without_a_reason_to_see_the_person(mary, agent):
    case = ready(mary, agent)
    desk(agent).post(reverse(STEP, args=[case.pk, "checks"]), {"kinds": ["identity"]})
    assert not ReleaseCheck.objects.exists()


# --- what others said --------------------------------------------------------------------------------------


def planted(person, case, agent):
    """A note of ours, and a gift message of hers, that name somebody else."""
    subject_requests.note(case, "comment", actor=agent, text=f"Her neighbour {FOREIGN}\nlet us in.", is_internal=True)
    make.order(person, gift_message=f"For {FOREIGN}, with love")


def places(person, **values):
    return [text.place for text in export.texts(person, **values) if FOREIGN in text.text]


@pytest.mark.parametrize(("kind", "endings"), [("access", {"json", "csv", "pdf"}), ("portability", {"json", "csv"})])
def test_lrd_19_a_name_that_is_left_out_is_in_none_of_the_files(mary, agent, kind, endings):
    whole = ready(mary, agent, kind)
    planted(mary, whole, agent)
    releasing.tick(whole, releasing.Kind.values, actor=agent)
    before = files_of(made(whole, agent))
    assert {name.rpartition(".")[2] for name, text in before.items() if FOREIGN in text} == endings

    less = ready(mary, agent, kind)
    found = places(mary, only_provided=kind == "portability")
    assert len(found) == (1 if kind == "portability" else 2)
    for place in found:
        redacting.leave_out(less, place, passage="ottilie  QUARKSTEIN", why="The neighbour's own.", actor=agent)
    releasing.tick(less, releasing.Kind.values, actor=agent)
    after = files_of(made(less, agent))
    assert set(after) == set(before)
    assert not [name for name, text in after.items() if "uarkstein" in text or "ttilie" in text]
    assert {name.rpartition(".")[2] for name, text in after.items() if redactions.removed() in text} == endings
    original = subject_requests.CaseEvent.objects.filter(kind="comment").get()
    assert FOREIGN in original.text


def test_what_is_left_out_stays_out_when_the_copy_is_made_again(mary, agent):
    case = ready(mary, agent)
    planted(mary, case, agent)
    row = made(case, agent)
    note, gift = places(mary)
    redacting.leave_out(case, note, why="All of it is about the neighbour.", actor=agent)
    again = worked(case)
    assert again.pk != row.pk
    redacting.leave_out(case, gift, passage=FOREIGN, why="Her name.", actor=agent)
    worked(case)
    releasing.tick(case, releasing.Kind.values, actor=agent)
    assert case.state == State.COMPLETED
    whole = "".join(files_of(export.Export.objects.get(case=case)).values())
    assert FOREIGN not in whole and "with love" in whole and "let us in" not in whole


def test_a_worker_that_is_at_it_cannot_finish_a_copy_with_what_was_left_out_meanwhile(mary, agent):
    case = ready(mary, agent)
    planted(mary, case, agent)
    releasing.tick(case, releasing.Kind.values, actor=agent)
    subject_requests.carry_out(case, actor=agent)
    job = jobs.claim(export.Export, export.Export.objects.get(case=case).pk, timezone.now())
    redacting.leave_out(case, places(mary)[0], passage=FOREIGN, why="Her name.", actor=agent)
    with pytest.raises(jobs.LostClaim):
        job.perform()
    assert letters(mary) == 0


def test_a_passage_is_put_back_until_the_copy_has_left(mary, agent):
    case = ready(mary, agent)
    planted(mary, case, agent)
    left_out = redacting.leave_out(case, places(mary)[0], passage=FOREIGN, why="Her name.", actor=agent)
    redacting.put_back(case, left_out, actor=agent)
    assert not Redaction.objects.exists()
    left_out = redacting.leave_out(case, places(mary)[0], passage=FOREIGN, why="Her name.", actor=agent)
    releasing.tick(case, releasing.Kind.values, actor=agent)
    made(case, agent)
    with pytest.raises(NotAllowed, match="has left"):
        redacting.put_back(case, left_out, actor=agent)
    with pytest.raises(NotAllowed, match="has left"):
        redacting.leave_out(case, places(mary)[1], passage=FOREIGN, why="Her name.", actor=agent)


def test_a_passage_that_is_not_there_is_refused_and_one_that_is_gone_takes_the_text_with_it(mary, agent):
    case = ready(mary, agent)
    planted(mary, case, agent)
    with pytest.raises(NotAllowed, match="does not stand"):
        redacting.leave_out(case, places(mary)[0], passage="Somebody else", why="Her name.", actor=agent)
    with pytest.raises(NotAllowed, match="not in the copy"):
        redacting.leave_out(case, ("customers.order", "999", "gift_message"), why="Her name.", actor=agent)
    assert redactions.without("Otti was here", ["Ottilie"]) == redactions.removed()


def test_the_page_shows_each_text_takes_a_passage_out_and_puts_it_back(mary, agent):
    case = ready(mary, agent)
    planted(mary, case, agent)
    browser, url = desk(agent), reverse(OTHERS, args=[case.pk])
    assert browser.get(url).url == reverse(CASE, args=[case.pk])
    look(browser, case)
    page = browser.get(url).content.decode()
    assert page.count(FOREIGN) >= 2 and "from the person herself" in page
    table, row, field = places(mary)[0]
    place = {"table": table, "row": row, "field": field}
    wrong = browser.post(url, place | {"passage": "Nobody", "why": "x"})
    assert wrong.status_code == 422 and "does not stand in the text" in wrong.content.decode()
    assert browser.post(url, place | {"why": "x"}).status_code == 422
    done = browser.post(url, place | {"passage": FOREIGN, "why": "Of the neighbour."}, follow=True).content.decode()
    assert "Of the neighbour." in done
    left_out = Redaction.objects.get()
    assert (left_out.words, left_out.made_by) == (FOREIGN, agent)
    browser.post(reverse(BACK, args=[case.pk, left_out.pk]))
    assert not Redaction.objects.exists()
    assert desk(colleague(AUDITOR)).get(url).status_code == 403


# --- a copy made by itself ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["access", "portability"])
def test_a_copy_made_by_itself_leaves_at_once_where_nothing_of_ours_can_speak_of_others(mary, kind):
    make.order(mary, gift_message="For Aunt Berta"), make.enquiry(mary, answer="It comes on Monday.")
    case = make.case(mary, kind, details="", identity_confirmed=True)
    row = worked(case)
    assert (case.state, row.held_back, letters(mary)) == (State.COMPLETED, 0, 1)
    assert {check.ticked_by for check in case.release_checks.all()} == {None}
    text = files_of(row)
    assert "Berta" in text["export.json"] and ("Monday" in text.get("export.pdf", "")) == (kind == "access")


def test_notes_of_ours_are_held_back_said_so_and_come_once_a_colleague_has_read_them(mary, agent):
    older = by_letter(mary, "enquiry")
    subject_requests.note(older, "comment", actor=agent, text=f"{FOREIGN} saw her. She is kind.", is_internal=True)
    case = make.case(mary, "access", details="", identity_confirmed=True)
    first = worked(case)
    assert (case.state, first.held_back, letters(mary)) == (State.NEEDS_ATTENTION, 1, 1)
    text = files_of(first)
    assert not [name for name, said in text.items() if FOREIGN in said or "She is kind" in said]
    assert "a colleague first reads" in text["export.json"] and "a colleague first reads" in text["export.pdf"]
    letter = OutgoingEmail.objects.get(template="export_ready", data_subject=mary)
    assert "One text" in bytes(letter.body).decode()

    redacting.leave_out(case, places(mary)[0], passage=FOREIGN, why="Her name.", actor=agent)
    press(agent, case, "start")
    press(agent, case, "checks", kinds=["others"])
    press(agent, case, "carry_out")
    second = worked(case)
    assert (case.state, letters(mary)) == (State.COMPLETED, 2)
    whole = "".join(files_of(second).values())
    assert "She is kind" in whole and FOREIGN not in whole


def test_a_new_address_meanwhile_stops_a_copy_made_by_itself(mary):
    case = make.case(mary, "access", details="", identity_confirmed=True)
    make.EmailAddress.objects.filter(customer=mary).update(address="eve@example.com")
    row = worked(case)
    assert (case.state, row.released_at, letters(mary)) == (State.NEEDS_ATTENTION, None, 0)


def test_my_data_shows_no_more_of_it_than_a_copy_made_by_itself(mary, agent, client):
    case = ready(mary, agent)
    order = make.order(mary, gift_message=f"For {FOREIGN}, with love")
    make.restriction(mary, reason=f"{FOREIGN} claims the money", lifted_at=None, lifted_by="", lift_proposed_by="")
    client.force_login(mary.account)
    for url in ("/account/", "/account/data/customers.order/", "/account/data/privacy.restriction/"):
        text = client.get(url).content.decode()
        assert (FOREIGN in text) == ("restriction" not in url), url
        assert "claims the money" not in text
    place = ("customers.order", str(order.pk), "gift_message")
    redacting.leave_out(case, place, passage=FOREIGN, why="x", actor=agent)
    for url in ("/account/", "/account/data/customers.order/"):
        text = client.get(url).content.decode()
        assert FOREIGN not in text and "with love" in text


def test_what_is_left_out_is_unreadable_at_rest_and_in_no_copy(mary, agent, tmp_path):
    case = ready(mary, agent)
    planted(mary, case, agent)
    redacting.leave_out(case, places(mary)[0], passage=FOREIGN, why="About Ottilie", actor=agent)
    raw = Redaction.objects.extra(select={"sealed": "passage", "reason": "why"}).values_list("sealed", "reason").get()
    assert not any(b"Ottilie" in bytes(value) for value in raw)
    assert not AuditEntry.objects.filter(details__icontains="Ottilie").exists()
    assert timezone.now() - case.redactions.get().made_at < timedelta(minutes=1)


# --- two at once -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_worker_who_ends_and_a_colleague_who_leaves_something_out_never_let_the_name_go():
    agent, mary = colleague(AGENT), make.customer("mary@example.com", login=True)
    case = ready(mary, agent)
    planted(mary, case, agent)
    place, _gift = places(mary)
    releasing.tick(case, releasing.Kind.values, actor=agent)
    subject_requests.carry_out(case, actor=agent)
    job = jobs.claim(export.Export, export.Export.objects.get(case=case).pk, timezone.now())

    def leave_out():
        mine = DataSubjectRequest.objects.select_related("data_subject").get(pk=case.pk)
        redacting.leave_out(mine, place, passage=FOREIGN, why="Her name.", actor=agent)

    calls, ended = [job.perform, leave_out], []

    def one():
        try:
            calls.pop()()
        except NotAllowed:
            ended.append("too late")
        except (jobs.LostClaim, FileNotFoundError):  # the row, or the folder that went with it
            ended.append("lost")

    at_once(2, one)
    case.refresh_from_db()
    row = export.Export.objects.get(case=case)
    if case.state == State.COMPLETED:
        assert ended == ["too late"] and not Redaction.objects.exists()
    else:
        assert ended == ["lost"] and row.released_at is None and letters(mary) == 0
        assert Redaction.objects.get().words == FOREIGN
