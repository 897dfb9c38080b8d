"""The record of processing (Art. 30; issue 5.8): whole in every form, searchable, and what it said before."""

import csv
import io
import json
import re
import subprocess
from html import unescape

import pikepdf
import pytest
from django.core.management import call_command
from django.urls import reverse

from privacy import processing_record, tasks
from privacy.audit import AuditEntry
from privacy.personal_data import declarations
from privacy.processing_record import RecordVersion
from privacy.purposes import Purpose
from privacy.recipients import Recipient
from privacy.roles import AGENT, AUDITOR, OFFICER
from tests import make
from tests.office import colleague, desk

pytestmark = pytest.mark.django_db
PAGE, EXPORT = "admin:processing_record", "admin:processing_record_export"
VERSIONS = "admin:processing_record_versions"


@pytest.fixture
def two():
    """A recipient of each role that shows, one outside the EEA."""
    make.recipient("Kuckuck Cloud", country="US", safeguard="SCC 2021", group="measurement", fields=["phone"],
                   is_necessary=False)  # fmt: skip
    make.recipient("Specht Ads", kind="joint", legal_name="Specht Ads SE", group="advertising", fields=["email"])
    make.recipient("Gone Ltd", is_active=False)


def words_of_pdf(content, tmp_path):
    (tmp_path / "r.pdf").write_bytes(content)
    text = subprocess.run(["pdftotext", tmp_path / "r.pdf", "-"], capture_output=True, text=True, check=True).stdout
    return re.sub(r"\s+", "", text)


def forms(tmp_path):
    """The record in every form in which it leaves, blanks aside."""
    at_desk, found = desk(colleague(AUDITOR)), {}
    for form in ("json", "csv", "pdf"):
        answer = at_desk.post(reverse(EXPORT), {"form": form})
        content = (
            words_of_pdf(answer.content, tmp_path) if form == "pdf" else re.sub(r"\s+", "", answer.content.decode())
        )
        found[form] = content
    found["page"] = re.sub(r"\s+", "", unescape(at_desk.get(reverse(PAGE)).content.decode()))
    return found


def test_every_declaration_purpose_and_active_recipient_stands_in_every_form(two, tmp_path):
    Purpose.objects.create(slug="own", label="To train our parrots", lawful_basis="consent")
    said = processing_record.record()
    for form, text in forms(tmp_path).items():

        def missing(*words, text=text):
            return [word for word in words if re.sub(r"\s+", "", word).lower() not in text.lower()]

        kinds = [d.model._meta.label_lower if form in ("json", "csv") else str(d.model._meta.verbose_name_plural)
                 for d in declarations()]  # fmt: skip
        periods = [d.retention.in_words() for d in declarations() if d.retention]
        assert missing(*kinds, *periods) == [], form
        assert missing(*Purpose.objects.values_list("label", flat=True)) == [], form
        assert missing("Kuckuck Cloud", "SCC 2021", "Specht Ads SE", said["fingerprint"]) == [], form
        assert missing(said["controller"]["legal_name"], said["data_protection_officer"]) == [], form
        assert missing(*said["security_measures"]) == [], form
        assert missing("Gone Ltd") == ["Gone Ltd"], form


def test_recipients_stand_with_the_activities_for_which_they_get_data(two):
    said = processing_record.record()
    activities = {one["purpose"]: one for one in said["activities"]}
    assert activities["profiling"]["recipients"] == ["Specht Ads", "Kuckuck Cloud"]
    assert activities["transfer"]["recipients"] == ["Kuckuck Cloud"]
    assert activities["order"]["recipients"] == []
    tables = {table["table"]: table for one in said["activities"] for table in one["tables"]}
    assert tables["customers.customer"]["recipients"] == ["Kuckuck Cloud"], "who gets the phone number"
    assert tables["customers.emailaddress"]["recipients"] == ["Specht Ads"]
    assert said["transfers"][0]["ground"] == "SCC 2021"
    assert said["joint_controllers"] == ["Specht Ads SE: Brings the parcel."]


def test_each_group_of_recipients_has_its_purposes():
    assert set(processing_record.FOR_GROUP) == set(Recipient.Group)


def test_no_cell_of_the_csv_is_a_formula():
    make.recipient('=HYPERLINK("http://evil.example")', purpose="+1+1", country="DE")
    rows = list(csv.reader(io.StringIO(processing_record.csv_text(processing_record.record()))))
    assert len({len(row) for row in rows}) == 1
    assert any("HYPERLINK" in cell for row in rows for cell in row)
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))] == []


def test_the_command_writes_the_same_record_in_each_form(two, tmp_path, capsys):
    call_command("processing_record", format="csv")
    assert "Kuckuck Cloud" in capsys.readouterr().out
    for form in ("json", "csv", "pdf"):
        call_command("processing_record", format=form, out=tmp_path / f"r.{form}")
        assert (tmp_path / f"r.{form}").stat().st_size > 1000
    said = json.loads((tmp_path / "r.json").read_text())
    assert said["fingerprint"] == processing_record.record()["fingerprint"]
    with pikepdf.open(tmp_path / "r.pdf") as file:
        assert file.Root.MarkInfo.Marked and "processing-record.json" in file.attachments


def test_the_page_finds_activities_by_a_word_and_narrows_their_records(two):
    at_desk = desk(colleague(OFFICER))
    shown = at_desk.get(reverse(PAGE), {"q": "VAT Act"}).context["activities"]
    tables = {table["table"] for one in shown for table in one["tables"]}
    assert "customers.order" in tables and "customers.vote" not in tables
    assert all("VAT" in str(table) for one in shown for table in one["tables"])
    assert "No activity holds these words." in at_desk.get(reverse(PAGE), {"q": "zzz"}).content.decode()


def test_a_version_is_written_when_something_changed_and_only_then(two):
    RecordVersion.objects.all().delete()
    first = processing_record.remember()
    assert processing_record.remember() == first
    Recipient.objects.filter(name="Kuckuck Cloud").update(country="IN")
    assert processing_record.since(processing_record.record()) is None
    tasks.reckon_all()
    second = RecordVersion.objects.first()
    assert (second.number, RecordVersion.objects.count()) == (first.number + 1, 2)
    assert processing_record.since(processing_record.record()) == second.since


def test_an_auditor_sees_since_when_and_what_was_said_before(two):
    RecordVersion.objects.all().delete()
    first = processing_record.remember()
    Recipient.objects.filter(name="Kuckuck Cloud").update(country="IN", safeguard="SCC 2027")
    make.recipient("Elster Post")
    second, at_desk = processing_record.remember(), desk(colleague(AUDITOR))
    found = processing_record.differences(first.content, second.content)
    said = {one.where: (one.before, one.after) for one in found}
    assert said["recipients › Kuckuck Cloud › country"] == ("US", "IN")
    assert said["recipients › Elster Post › name"] == ("", "Elster Post")
    page = at_desk.get(reverse(VERSIONS), {"version": second.number}).content.decode()
    assert "SCC 2021" in page and "SCC 2027" in page
    old = at_desk.get(reverse(PAGE), {"version": first.number}).content.decode()
    assert "SCC 2021" in old and "Elster Post" not in old
    taken = at_desk.post(reverse(EXPORT), {"form": "json", "version": first.number}).json()
    assert taken["fingerprint"] == first.fingerprint
    for wrong in ("0", "99", "x", "-1", "9" * 30):
        assert at_desk.get(reverse(PAGE), {"version": wrong}).status_code == 404


def test_the_same_things_have_the_same_fingerprint_whenever_and_in_whatever_language(two):
    one, other = processing_record.record(), processing_record.record()
    assert one["fingerprint"] == other["fingerprint"] == processing_record.fingerprint(one)
    Recipient.objects.filter(name="Specht Ads").update(purpose="Something else.")
    assert processing_record.record()["fingerprint"] != one["fingerprint"]


def test_a_file_is_taken_by_officer_and_auditor_alone_and_that_is_written_down(two):
    assert desk(colleague(AGENT)).post(reverse(EXPORT), {"form": "csv"}).status_code == 403
    assert not AuditEntry.objects.filter(event="processing_record.exported").exists()
    answer = desk(colleague(OFFICER)).post(reverse(EXPORT), {"form": "csv"})
    assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    assert AuditEntry.objects.get(event="processing_record.exported").details == {"form": "csv"}
    assert desk(colleague(OFFICER)).post(reverse(EXPORT), {"form": "exe"}).status_code == 404
