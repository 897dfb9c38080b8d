"""A mailing list handed in by a colleague: each row asked about, reasons counted, the list back, and gone next day."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from privacy import jobs, list_checks, roles, suppression
from privacy.audit import AuditEntry
from privacy.gate import contact, mailing_list
from privacy.jobs import rows
from privacy.list_checks import ListCheck
from tests import make
from tests.office import colleague, desk

pytestmark = pytest.mark.django_db
CHECK = "admin:check_list"


@pytest.fixture
def mary():
    person = make.customer("mary@example.com")
    make.grant(person)
    return person


def rows_of(row):
    text = b"".join(list_checks.fetch(row, actor="test")).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_every_row_is_answered_and_the_reasons_are_counted(mary):
    make.customer("never@example.com")
    make.grant(make.customer("listed@example.com"))
    suppression.suppress("listed@example.com", reason="complaint")
    text = "email,name\nmary@example.com,=M(1)\nnever@example.com,N\nlisted@example.com,L\nwho@example.com,W\nbad\n"
    row = make.list_check(text)
    assert [one["allowed"] for one in rows_of(row)] == ["true", "false", "false", "false", "false"]
    assert (row.checked, row.allowed) == (5, 1)
    assert dict(row.reasons) == {
        "no yes to this channel and sender": 1, "on a list of those who must not be written to": 1,
        "we know nobody by this": 1, "the row cannot be read": 1,
    }  # fmt: skip
    assert AuditEntry.objects.get(event="list.checked").details == {"rows": 5, "allowed": 1}


def test_every_rule_of_the_gate_has_words_for_the_count():
    assert {rule.__name__ for rule in contact.RULES} <= set(mailing_list.WHY)


@pytest.mark.parametrize(("text", "why"), [("", "empty"), ("colour\nred\n", "email"), ("email,email\n", "two columns")])
def test_a_file_that_cannot_be_read_says_why_in_one_line_and_is_not_tried_again(text, why):
    row = make.list_check(text)
    assert why in row.wrong and row.job_state == "done" and not row.is_ready


def test_the_list_lies_encrypted_and_is_gone_the_next_day(mary):
    row = make.list_check("email\nmary@example.com\n")
    assert len(rows_of(row)) == 1, "it was there"
    for name in (list_checks.GIVEN, list_checks.CHECKED):
        assert b"mary@example.com" not in row.path(name).read_bytes()
    assert list_checks.forget(timezone.now()) == 0
    assert list_checks.forget(timezone.now() + timedelta(days=1)) == 1
    row.refresh_from_db()
    assert not row.path(list_checks.GIVEN).exists() and not row.is_ready
    list_checks.forget(timezone.now() + timedelta(days=31))
    assert not ListCheck.objects.exists()


def test_the_office_hands_a_list_in_sees_the_reasons_and_gets_it_back(mary):
    officer = desk(colleague(roles.OFFICER))
    assert "Check it" in officer.get(reverse(CHECK)).content.decode()
    said = {"channel": "email", "sender": "own", "content": "own", "at": ""}
    file = SimpleUploadedFile("list.csv", b"email\nmary@example.com\nwho@example.com\n", "text/csv")
    answer = officer.post(reverse(CHECK), {**said, "file": file})
    row = ListCheck.objects.get()
    here = reverse("admin:privacy_listcheck_change", args=[row.pk])
    assert answer.url == here
    assert "Being checked" in officer.get(here).content.decode()
    fetch = reverse("admin:privacy_listcheck_fetch", args=[row.pk])
    assert officer.post(fetch).status_code == 404, "not before it is ready"
    assert jobs.work("privacy.listcheck", row.pk)
    page = officer.get(here).content.decode()
    assert "we know nobody by this" in page and "mary@example.com" not in page
    assert b"mary@example.com,true" in b"".join(officer.post(fetch).streaming_content)
    assert AuditEntry.objects.filter(event="list.fetched").count() == 1
    assert officer.get(fetch).status_code == 405


def test_a_link_by_text_message_is_one_clear_line():
    officer = desk(colleague(roles.OFFICER))
    file = SimpleUploadedFile("list.csv", b"email\n", "text/csv")
    said = {"channel": "sms", "sender": "own", "content": "own", "with_links": "on", "file": file}
    answer = officer.post(reverse(CHECK), said)
    assert answer.status_code == 422 and "Links are for mailings by email." in answer.content.decode()
    assert not ListCheck.objects.exists()


def test_a_list_that_says_how_far_it_is_is_not_taken_by_another_worker(mary, monkeypatch):
    monkeypatch.setattr(rows, "SECONDS_BETWEEN_WRITES", 0)
    written, real = [], ListCheck.write

    def write(self, **values):
        written.append(values)
        real(self, **values)

    monkeypatch.setattr(ListCheck, "write", write)
    make.list_check("email\n" + "mary@example.com\n" * 5)
    assert [values["checked"] for values in written if set(values) == {"checked"}] == [0, 1, 2, 3, 4, 5]
