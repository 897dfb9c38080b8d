"""The register of complaints and the register of requests for a period, as CSV and on paper (SFB-01, SFB-13)."""

import csv
import io
from datetime import UTC, date, datetime

import pikepdf
import pytest
from django.urls import reverse

from privacy.audit import AuditEntry
from privacy.subject_requests import Complaint, DataSubjectRequest, registers
from privacy.vocabulary import Source
from tests import make
from tests.office import colleague, desk
from tests.test_documents import opened, text_of

pytestmark = pytest.mark.django_db
PAGE = "/admin/registers/"


@pytest.fixture
def mary():
    return make.customer()


def at(year, month, day, hour=12):
    return datetime(year, month, day, hour, tzinfo=UTC)


def closed(case, when, **complaint):
    DataSubjectRequest.objects.filter(pk=case.pk).update(state="completed", closed_at=when, search_note=b"All.")
    Complaint.objects.filter(case=case).update(**complaint)


def walk(node):
    """Every element of the structure tree."""
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from walk(kid)


def fetch(register="complaints", first="2026-01-01", last="2026-12-31", form="csv", who="auditor"):
    sent = {"register": register, "first": first, "last": last, "form": form}
    return desk(colleague(who)).post(reverse("admin:registers"), sent)


def table(answer):
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_sfb_13_the_register_of_complaints_holds_them_with_their_outcomes(mary):
    said = {"subject": "advertising"}
    case = make.case(mary, "complaint", received_at=at(2026, 3, 2), source=Source.PHONE, particulars=said)
    closed(case, at(2026, 3, 12), stage="closed", outcome="partly")
    still = make.case(mary, "complaint", received_at=at(2026, 5, 1))
    make.case(mary, "access", received_at=at(2026, 3, 2))
    head, *lines = table(fetch())
    assert head[:6] == ["number", "person", "received", "channel", "subject", "stage"]
    number = str(mary)
    subject = "Advertising that I did not want"
    ended = ["closed", "", "The person is right in part", "2026-03-12", "10"]
    assert lines == [
        [case.reference, number, "2026-03-02", "phone call", subject, *ended],
        [still.reference, number, "2026-05-01", "website", "Something else", "with the shop", "", "", "", ""],
    ]


def test_the_register_of_requests_holds_every_kind_and_whether_it_was_in_time(mary):
    for kind, received, ended in (
        ("access", at(2026, 3, 2), at(2026, 3, 12)),
        ("enquiry", at(2026, 3, 2), at(2026, 6, 1)),
    ):
        closed(make.case(mary, kind, received_at=received), ended)
    open_one = make.case(mary, "complaint", received_at=at(2026, 3, 3))
    head, *lines = table(fetch("requests"))
    found = [dict(zip(head, line, strict=True)) for line in lines]
    assert [(row["kind"], row["outcome"], row["days taken"], row["in time"]) for row in found] == [
        ("Get a copy of my data", "Done", "10", "yes"),
        ("Ask a question about my data", "Done", "91", "no"),
        (str(open_one.right.label), "", "", ""),
    ]


def test_a_period_holds_its_first_and_last_day_where_the_shop_is(mary):
    inside = [make.case(mary, "complaint", received_at=at(2026, 6, 30, 23))]  # 1 July in London
    inside.append(make.case(mary, "complaint", received_at=at(2026, 7, 31, 22)))
    make.case(mary, "complaint", received_at=at(2026, 6, 30, 22))
    make.case(mary, "complaint", received_at=at(2026, 7, 31, 23))
    _head, *lines = table(fetch(first="2026-07-01", last="2026-07-31"))
    assert [line[0] for line in lines] == [case.reference for case in inside]


@pytest.mark.parametrize("register", ["complaints", "requests"])
def test_people_are_in_a_register_by_number_alone(mary, register):
    said = {"transaction_number": make.canary(mary)}
    case = make.case(mary, "complaint", received_at=at(2026, 3, 2), particulars=said)
    text = b"".join(fetch(register).streaming_content).decode()
    assert case.reference in text and str(mary) in text
    assert make.CANARY not in text


def test_no_cell_of_a_register_computes(mary, settings, monkeypatch):
    case = make.case(mary, "complaint", received_at=at(2026, 3, 2))
    DataSubjectRequest.objects.filter(pk=case.pk).update(reference='=HYPERLINK("x")')
    assert table(fetch())[1][0] == '\'=HYPERLINK("x")'


@pytest.mark.parametrize("register", ["complaints", "requests"])
def test_the_register_on_paper_can_be_read_by_everybody(mary, register):
    case = make.case(mary, "complaint", received_at=at(2026, 3, 2))
    answer = fetch(register, form="pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{register}-2026-01-01-2026-12-31.pdf"'
    text, paper = text_of(answer.content), opened(answer.content)
    assert case.reference in text and "Register of" in text
    assert paper.Root.MarkInfo.Marked and str(paper.Root.Lang).startswith("en")
    tags = {str(node.S) for node in walk(paper.Root.StructTreeRoot)}
    assert {"/Table", "/TR", "/TH", "/TD"} <= tags


def test_a_register_too_long_for_paper_says_so(mary, monkeypatch):
    monkeypatch.setattr(registers, "MOST_ON_PAPER", 1)
    for _ in range(2):
        make.case(mary, "complaint", received_at=at(2026, 3, 2))
    answer = fetch(form="pdf")
    assert answer.status_code == 422 and "take a shorter time" in answer.content.decode()
    assert len(table(fetch())) == 3


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"first": "2026-05-02", "last": "2026-05-01"}, "before the first"),
        ({"first": "nonsense"}, "valid date"),
        ({"register": "people"}, "valid choice"),
        ({"form": "exe"}, "valid choice"),
        ({"last": "9999-12-31"}, "less than or equal"),
        ({"first": "0001-01-01"}, "greater than or equal"),
    ],
)
def test_bad_input_gets_one_line(wrong, words):
    answer = fetch(**wrong)
    assert answer.status_code == 422 and words in answer.content.decode()


def test_that_a_register_was_taken_is_written_down(mary):
    fetch()
    entry = AuditEntry.objects.get(event="register.exported")
    assert entry.details == {"register": "complaints", "first": "2026-01-01", "last": "2026-12-31"}
    assert entry.actor.startswith("customers.account:")


def test_a_complaint_from_before_the_stages_is_in_the_register_too(mary):
    case = make.case(mary, "complaint", received_at=at(2026, 3, 2))
    Complaint.objects.all().delete()
    assert registers.days_taken(case) is None
    assert [line[0] for line in registers.REGISTERS["complaints"].rows(date(2026, 3, 1), date(2026, 3, 31))][1:] == [
        case.reference
    ]
