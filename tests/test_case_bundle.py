"""Everything about one case in one file: whole for ourselves, without inner notes for both parties (SFB-09)."""

import hashlib
import io
import tracemalloc
import zipfile

import pytest
from django.urls import reverse
from django.utils import timezone

from privacy import subject_requests
from privacy.admin.bundles import Speaker
from privacy.audit import AuditEntry
from privacy.case_bundle import collect, zip_of
from privacy.inbound import deeds
from privacy.notices import OutgoingEmail
from privacy.roles import AGENT, AUDITOR
from privacy.subject_requests import CasePaper, papers, redacting
from tests import make
from tests.office import colleague, desk, look
from tests.test_documents import opened, text_of

pytestmark = pytest.mark.django_db
FOREIGN = "Ottilie Quarkstein"
SCAN = make.PDF + b"the letter itself"
MAIL = b"From: Mary <mary@example.com>\r\nSubject: My parcel\r\n\r\nIt went to the neighbour.\r\n"


@pytest.fixture
def agent():
    return colleague(AGENT)


@pytest.fixture
def case(agent):
    """A complaint that came by mail, with a paper, a letter of ours, an inner note, and a proof of who asks."""
    mary = make.customer("mary@example.com", display_name="Mária Byrne")
    mail = make.inbound_email(mary, raw=MAIL, received_at=timezone.now())
    said = {"transaction_number": "2026-0815"}
    begun = make.case(
        mary, "complaint", details="You gave it to them.", particulars=said, received_at=timezone.now(),
        idempotency_key=deeds.key_of_case(mail.pk, "complaint"),
    )  # fmt: skip
    papers.add(begun, "scan", "letter.pdf", SCAN, actor=agent)
    papers.add(begun, "identity", "card.pdf", make.PDF + b"her identity card", actor=agent)
    subject_requests.note(begun, "comment", actor=agent, text=f"{FOREIGN} is angry.", is_internal=True)
    subject_requests.complaints.inform(begun, actor=agent, text="We ask the carrier.")
    return begun


def take(account, case, *, opened=True, **said):
    browser = desk(account)
    if opened:
        look(browser, case)
    return browser.post(reverse("admin:privacy_datasubjectrequest_bundle", args=[case.pk]), said)


def words_of(answer):
    return " ".join(text_of(answer.content).split())


def test_our_own_file_holds_everything(agent, case):
    text = words_of(take(agent, case, kind="ours", form="pdf"))
    for said in (
        case.reference, "Mária Byrne", "You gave it to them.", "2026-0815", "Request received", "We ask the carrier.",
        FOREIGN, "It went to the neighbour.", "My parcel", "card.pdf", str(agent), "30 days", "Not to be handed on",
    ):  # fmt: skip
        assert said in text, said
    assert hashlib.sha256(SCAN).hexdigest() in text.replace(" ", "")
    letters = OutgoingEmail.objects.filter(data_subject=case.data_subject)
    assert letters.count() == 2
    for letter in letters:
        assert letter.subject in text


def test_sfb_09_the_file_for_both_parties_holds_no_inner_word_no_colleague_and_no_proof_of_identity(agent, case):
    text = words_of(take(agent, case, kind="both", form="pdf"))
    for said in (
        case.reference,
        "You gave it to them.",
        "We ask the carrier.",
        "It went to the neighbour.",
        "letter.pdf",
    ):
        assert said in text, said
    for hidden in (FOREIGN, str(agent), "card.pdf", "for colleagues"):
        assert hidden not in text, hidden


def test_the_zip_holds_every_document_bit_by_bit(agent, case):
    answer = take(agent, case, kind="ours", form="zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    assert archive.testzip() is None
    names = archive.namelist()
    assert names[0] == f"{case.reference}.pdf"
    assert archive.read("papers/01.pdf") == SCAN
    assert [archive.read(name) for name in names if name.endswith(".eml")] == [MAIL]
    assert sum(name.startswith("letters/") for name in names) == 2
    assert opened(archive.read(names[0])).pages
    both = zipfile.ZipFile(io.BytesIO(take(agent, case, kind="both", form="zip").getvalue()))
    assert not any(b"identity card" in both.read(name) for name in both.namelist())
    assert any(b"identity card" in archive.read(name) for name in names)


def test_what_is_left_out_is_in_no_part_of_the_file_for_both_parties(agent):
    mary = make.customer("mary@example.com")
    mail = make.inbound_email(mary, raw=MAIL.replace(b"the neighbour", FOREIGN.encode()), received_at=timezone.now())
    key = deeds.key_of_case(mail.pk, "access")
    case = make.case(mary, "access", details=f"Tell {FOREIGN} nothing.", idempotency_key=key)
    for place in (
        ("privacy.inboundemail", str(mail.pk), "raw"),
        ("privacy.datasubjectrequest", str(case.pk), "details"),
    ):
        redacting.leave_out(case, place, passage=FOREIGN, why="Her name.", actor=agent)
    archive = zipfile.ZipFile(io.BytesIO(take(agent, case, kind="both", form="zip").getvalue()))
    assert not any(name.endswith(".eml") for name in archive.namelist())
    text = text_of(archive.read(archive.namelist()[0]))
    assert "Quarkstein" not in text and "It went to" in text
    assert FOREIGN in words_of(take(agent, case, kind="ours", form="pdf"))


def test_it_is_written_down_and_needs_the_right_and_a_reason(agent, case):
    assert take(agent, case, opened=False, kind="ours", form="pdf").status_code == 302
    assert take(colleague(AUDITOR), case, kind="ours", form="pdf").status_code == 403
    for said in ({"kind": "x", "form": "pdf"}, {"kind": "ours", "form": "exe"}, {}):
        assert take(agent, case, **said).status_code == 404
    assert not AuditEntry.objects.filter(event="case.bundle_taken").exists()
    take(agent, case, kind="both", form="zip")
    entry = AuditEntry.objects.get(event="case.bundle_taken")
    assert (entry.details, entry.target) == ({"kind": "both", "form": "zip"}, f"privacy.datasubjectrequest:{case.pk}")


def test_no_more_than_one_document_is_held_at_a_time(case):
    big = 4 * 1024**2
    for number in range(8):
        papers.add(case, "evidence", f"{number}.pdf", make.PDF + bytes([number]) * big, actor="test")
    bundle = collect(case, for_both=False, now=timezone.now(), speaker=Speaker())
    pieces = zip_of(bundle)
    next(pieces)
    tracemalloc.start()
    assert sum(map(len, pieces)) > 0
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert CasePaper.objects.count() == 10
    assert peak < 6 * big
