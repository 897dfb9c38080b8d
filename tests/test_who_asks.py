"""Who asks, and by what right: papers that came with a request, people who act for others, the same wish twice."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from privacy import subject_requests
from privacy.audit import AuditEntry
from privacy.cases import State
from privacy.notices import OutgoingEmail
from privacy.roles import AGENT
from privacy.subject_requests import CasePaper, DataSubjectRequest, NotAllowed, NotAPaper, merging, papers, representing
from tests import make
from tests.office import CASE, STEP, colleague, desk, look

pytestmark = pytest.mark.django_db
SCAN, AUTHORITY, IDENTITY = CasePaper.Kind.SCAN, CasePaper.Kind.AUTHORITY, CasePaper.Kind.IDENTITY


@pytest.fixture
def agent():
    return colleague(AGENT)


@pytest.fixture
def mary():
    return make.customer("mary@example.com", display_name="Mária Byrne")


@pytest.fixture
def case(mary):
    return subject_requests.open_case(mary, "access", source="letter", actor="test", details="Everything, please.")


# --- papers ------------------------------------------------------------------------------------------------


def test_cnx_07_a_scan_is_kept_encrypted_and_comes_back_byte_for_byte(case, agent):
    content = make.PDF + b"canary-in-a-scan"
    paper = papers.add(case, SCAN, "letter\r\nX-Evil: 1.pdf", content, actor=agent)
    assert "\n" not in paper.name
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM privacy_casepaper")
        assert b"canary-in-a-scan" not in bytes(cursor.fetchone()[0])
    assert papers.taken(CasePaper.objects.get(), actor=agent) == content


def test_the_same_paper_twice_is_one(case, agent):
    one, other = (papers.add(case, SCAN, name, make.PDF, actor=agent) for name in ("a.pdf", "b.pdf"))
    assert one == other
    assert AuditEntry.objects.filter(event="case.paper_added").count() == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"%PDF-" + b"x" * 10 * 1024**2, "larger than 10 MB"),
        (b"<html><script>alert(1)</script>", "Only PDF"),
        (b"MZ\x90\x00 a program", "Only PDF"),
        (b"PK\x03\x04 an archive", "Only PDF"),
        (b"\x00" * 100, "Only PDF"),
    ],
)
def test_a_hostile_or_huge_attachment_is_one_clear_line(case, agent, content, why):
    with pytest.raises(NotAPaper, match=why):
        papers.add(case, SCAN, "letter.pdf", content, actor=agent)
    assert not CasePaper.objects.exists()


def test_a_request_cannot_be_flooded_with_papers(case, agent):
    for number in range(papers.MOST):
        papers.add(case, SCAN, "page", make.PDF + bytes([number]), actor=agent)
    with pytest.raises(NotAPaper, match="20 papers"):
        papers.add(case, SCAN, "page", make.PDF + b"one more", actor=agent)


def test_nobody_keeps_an_identity_card_once_it_is_settled_who_is_asking(case, agent):
    papers.add(case, IDENTITY, "card", make.PDF + b"card", actor=agent)
    papers.add(case, SCAN, "letter", make.PDF + b"letter", actor=agent)
    subject_requests.confirm_identity(case, actor=agent, how="Card seen.")
    assert [paper.kind for paper in case.papers.all()] == [SCAN]


def test_an_identity_card_goes_with_a_request_that_ends_without_an_answer(case, agent):
    papers.add(case, IDENTITY, "card", make.PDF, actor=agent)
    subject_requests.withdraw(case, actor=agent)
    assert not case.papers.exists()


def upload(agent, case, content, kind="scan", name="letter.pdf"):
    url = reverse(STEP, args=[case.pk, "paper"])
    given = {"kind": kind, "file": SimpleUploadedFile(name, content)}
    return desk(agent).post(url, given, follow=True).content.decode()


def test_a_colleague_adds_a_paper_saves_it_and_deletes_it(agent, case):
    assert "Done: Add a paper." in upload(agent, case, make.PDF)
    paper = case.papers.get()
    at_desk = desk(agent)
    url = reverse("admin:privacy_datasubjectrequest_paper", args=[case.pk, paper.pk])
    assert at_desk.post(url).status_code == 302, "first a reason"
    look(at_desk, case)
    saved = at_desk.post(reverse("admin:privacy_datasubjectrequest_paper", args=[case.pk, paper.pk]))
    assert saved.content == make.PDF
    assert saved["Content-Type"] == "application/octet-stream"
    assert saved["Content-Disposition"].startswith("attachment")
    assert saved["X-Content-Type-Options"] == "nosniff"
    assert AuditEntry.objects.filter(event="case.paper_taken").count() == 1
    remove = reverse("admin:privacy_datasubjectrequest_remove_paper", args=[case.pk, paper.pk])
    assert "The paper is deleted." in at_desk.post(remove, follow=True).content.decode()
    assert not case.papers.exists()


def test_a_paper_is_not_found_under_another_request(agent, case, mary):
    paper = papers.add(case, SCAN, "a", make.PDF, actor=agent)
    other = make.case(mary)
    url = reverse("admin:privacy_datasubjectrequest_paper", args=[other.pk, paper.pk])
    assert desk(agent).post(url).status_code == 404


def test_a_refused_upload_says_why(agent, case):
    assert "Only PDF, JPEG, PNG and TIFF" in upload(agent, case, b"<svg onload=alert(1)>", name="photo.jpg")


# --- somebody acts for the person --------------------------------------------------------------------------


@pytest.fixture
def represented(case, agent):
    representing.name(case, "Kanzlei Müller", "office@law.example", actor=agent)
    return case


def letters(template):
    return list(OutgoingEmail.objects.filter(template=template).values_list("to_address", flat=True))


def test_sfb_05_the_person_is_told_that_somebody_asks_in_her_name(represented):
    assert letters("case_represented") == ["mary@example.com"]


def test_nothing_is_done_in_somebodys_name_before_the_authority_was_seen(represented, agent):
    subject_requests.confirm_identity(represented, actor=agent, how="x")
    subject_requests.start(represented, actor=agent)
    subject_requests.searching.write(represented, actor=agent, tables=["orders"], why="All of it stands there.")
    with pytest.raises(NotAllowed, match="document by which somebody acts"):
        subject_requests.carry_out(represented, actor=agent)
    with pytest.raises(NotAllowed, match="First add the document"):
        representing.authority_seen(represented, actor=agent)
    papers.add(represented, AUTHORITY, "authority", make.PDF, actor=agent)
    representing.person_told(represented, actor=agent, how="By phone.")
    representing.authority_seen(represented, actor=agent)
    subject_requests.carry_out(represented, actor=agent)


def test_sfb_05_letters_go_to_the_representative_once_that_is_proven(represented, agent):
    subject_requests.ask(represented, "clarification_asked", actor=agent, text="Which orders?")
    papers.add(represented, AUTHORITY, "authority", make.PDF, actor=agent)
    representing.person_told(represented, actor=agent, how="By phone.")
    representing.authority_seen(represented, actor=agent)
    subject_requests.answered(represented, "clarification_asked", actor=agent)
    subject_requests.ask(represented, "clarification_asked", actor=agent, text="Which year?")
    assert letters("case_question") == ["mary@example.com", "office@law.example"]
    body = bytes(OutgoingEmail.objects.get(to_address="office@law.example").body).decode()
    assert "Hello Kanzlei Müller" in body
    assert "You act for Mária Byrne" in body
    representing.ended(represented, actor=agent)
    subject_requests.withdraw(represented, actor=agent)
    assert letters("case_withdrawn") == ["mary@example.com"]


def test_the_database_wants_somebody_who_has_seen_the_authority(represented):
    acting = subject_requests.Representative.objects
    with pytest.raises(IntegrityError), transaction.atomic():
        acting.update(authority_seen_at=timezone.now())


def test_the_steps_of_a_representative_in_the_office(agent, case):
    at_desk = desk(agent)
    look(at_desk, case)

    def press(step, **said):
        return at_desk.post(reverse(STEP, args=[case.pk, step]), said, follow=True).content.decode()

    assert "authority not seen yet" in press("represent", name="Ann Lee", email="ann@law.example")
    assert "First add the document" in press("authority_seen")
    upload(agent, case, make.PDF, kind="authority")
    assert "First the person must know" in press("authority_seen")
    press("person_told", text="Called her.")
    assert "authority seen" in press("authority_seen")
    assert "Ann Lee" not in press("representation_ended")


# --- recorded at the desk ----------------------------------------------------------------------------------

LETTER = {"kind": "access", "source": "letter", "received_on": "2026-11-02", "details": "All, please.", "key": "k1"}


def record(agent, mary, **said):
    return desk(agent).post(f"/admin/intake/?person={mary.number}", LETTER | said, follow=True)


def test_lrd_04_a_letter_is_recorded_with_its_scan_its_day_and_whoever_acts(agent, mary):
    scan = SimpleUploadedFile("scan.pdf", make.PDF)
    record(agent, mary, scan=scan, acting="Ann Lee", acting_email="ann@law.example")
    case = DataSubjectRequest.objects.get()
    assert timezone.localdate(case.received_at).isoformat() == "2026-11-02"
    assert case.papers.get().kind == SCAN
    assert case.representative.name == "Ann Lee"
    record(agent, mary, scan=SimpleUploadedFile("scan.pdf", make.PDF), acting="Ann Lee")
    assert DataSubjectRequest.objects.count() == CasePaper.objects.count() == 1, "clicked twice"


def test_a_scan_that_is_none_loses_nothing_that_was_typed(agent, mary):
    answer = record(agent, mary, scan=SimpleUploadedFile("scan.pdf", b"<html>"))
    assert answer.status_code == 422
    assert "Only PDF" in answer.content.decode()
    assert "All, please." in answer.content.decode()
    assert not DataSubjectRequest.objects.exists()


def test_an_address_of_nobody_is_asked_about(agent, mary):
    assert "Write whose address" in record(agent, mary, acting_email="ann@law.example").content.decode()


# --- asked only in doubt -----------------------------------------------------------------------------------


def test_who_is_known_is_not_asked_for_papers(mary, agent):
    case = subject_requests.open_case(mary, "enquiry", source="web", actor=mary, identity_confirmed=True)
    with pytest.raises(NotAllowed, match="only in doubt"):
        subject_requests.ask(case, "id_asked", actor=agent, text="Send your card.")


# --- the same wish twice -----------------------------------------------------------------------------------


def asked(mary, days_ago, kind="access", **values):
    at = timezone.now() - timedelta(days=days_ago)
    return subject_requests.open_case(
        mary, kind, source="email", actor="test", details=f"{days_ago} days ago", received_at=at, **values
    )


def test_of_two_equal_wishes_the_earlier_goes_on_with_its_clock_and_the_proof_of_either(mary, agent):
    early, late = asked(mary, 9), asked(mary, 2)
    subject_requests.confirm_identity(late, actor=agent, how="Signed in.")
    due = early.due_on
    kept = subject_requests.merge(late, early, actor=agent)
    late.refresh_from_db()
    assert kept == early
    assert (kept.due_on, kept.is_open) == (due, True)
    assert kept.identity_confirmed_at is not None
    assert (late.state, late.merged_into) == (State.MERGED, early)
    assert "2 days ago" in early.events.get(kind="merged_with").text
    assert letters("case_merged") == ["mary@example.com"]
    assert early.reference in bytes(OutgoingEmail.objects.get(template="case_merged").body).decode()


def test_a_strangers_copy_spoils_nothing_that_the_person_has_proven(mary, agent):
    """GHSA-qx5f: a duplicate, known to come from nobody in particular, took the proof of the real one away."""
    real, strange = asked(mary, 9), asked(mary, 2)
    subject_requests.confirm_identity(real, actor=agent, how="Called back.")
    proven = real.identity_confirmed_at
    subject_requests.merge(strange, real, actor=agent)
    real.refresh_from_db()
    assert real.identity_confirmed_at == proven


@pytest.mark.parametrize("doubted", [0, 1])
def test_a_doubt_is_settled_before_two_wishes_become_one(mary, agent, doubted):
    both = asked(mary, 9), asked(mary, 2)
    subject_requests.doubt(both[doubted], "fraud_suspected", actor=agent, why="Odd address.")
    with pytest.raises(NotAllowed, match="doubts who is asking"):
        subject_requests.merge(*both, actor=agent)


def test_only_the_same_wish_of_the_same_person_can_be_merged(mary, agent):
    mine = asked(mary, 3)
    for other in (asked(mary, 2, "erasure"), asked(make.customer(), 2)):
        with pytest.raises(NotAllowed, match="Only requests of one person"):
            subject_requests.merge(mine, other, actor=agent)
    subject_requests.withdraw(again := asked(mary, 1), actor=agent)
    with pytest.raises(NotAllowed, match="moved on"):
        subject_requests.merge(mine, again, actor=agent)


def test_the_database_wants_to_know_where_a_merged_request_goes_on(mary):
    case = asked(mary, 1)
    for values in ({"state": State.MERGED}, {"merged_into": asked(mary, 2)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            DataSubjectRequest.objects.filter(pk=case.pk).update(**values)


def test_merging_in_the_office_and_what_the_person_sees(agent, client):
    mary = make.customer("mary@example.com", login=True)
    early, late, other = asked(mary, 9), asked(mary, 2), asked(mary, 1, "erasure")
    at_desk = desk(agent)
    page = at_desk.get(reverse(CASE, args=[late.pk])).content.decode()
    assert "The same wish came twice" in page
    assert "The same wish came twice" not in at_desk.get(reverse(CASE, args=[other.pk])).content.decode()
    said = at_desk.post(reverse(STEP, args=[late.pk, "merge"]), {"other": other.pk}, follow=True)
    assert late.is_open and said.status_code == 422
    said = at_desk.post(reverse(STEP, args=[late.pk, "merge"]), {"other": early.pk}, follow=True).content.decode()
    assert "Goes on as" in said
    client.force_login(mary.account)
    shown = client.get(f"/account/requests/{late.reference}/").content.decode()
    assert "You asked for the same thing twice" in shown
    assert early.reference in shown


def test_two_colleagues_who_merge_at_once_merge_once(mary, agent):
    early, late = asked(mary, 9), asked(mary, 2)
    stale = DataSubjectRequest.objects.get(pk=late.pk)
    subject_requests.merge(late, early, actor=agent)
    with pytest.raises(NotAllowed):
        merging.merge(stale, early, actor=agent)
