"""`export --customer NUMBER --out DIR` and `processing_record`: whole files or none, one clear line when refused."""

import hashlib
import io
import json
import subprocess

import pikepdf
import pytest
from django.core.management import CommandError, call_command

from customers.numbers import in_groups
from privacy import documents, processing_record
from privacy.personal_data import declarations
from tests import make
from tests.children import manage

pytestmark = pytest.mark.django_db


def run(*words):
    out = io.StringIO()
    call_command(*words, stdout=out)
    return json.loads(out.getvalue())


def test_every_file_with_its_hash(tmp_path):
    customer = make.customer()
    make.order(customer)
    said = run("export", "--customer", in_groups(customer.number), "--out", str(tmp_path / "new" / "folder"))
    folder = tmp_path / "new" / "folder"
    sheets = {"identity.csv", "contact.csv", "orders.csv"}
    assert {path.name for path in folder.iterdir()} == {"export.json", "export.pdf", "manifest.json"} | sheets
    manifest = json.loads((folder / "manifest.json").read_text())
    hashes = {file["name"]: file["sha256"] for file in manifest["files"]}
    assert set(hashes) == {"export.json", "export.pdf"} | sheets
    for name, expected in hashes.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected
    assert {file["name"]: file["sha256"] for file in said["files"]}.items() >= hashes.items()
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0
    assert json.loads((folder / "export.json").read_text())["person"]["number"] == customer.number


def test_portability_by_command(tmp_path):
    customer = make.customer()
    run("export", "--customer", customer.number, "--out", str(tmp_path), "--portability")
    assert "customers.customer.csv" in {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("number", ["123456789", "", "nobody", "999 999 99", "'; DROP TABLE"])
def test_an_unknown_number_is_one_clear_line_and_no_file(number, tmp_path):
    with pytest.raises(CommandError, match=r"^There is no customer with the number .*\.$"):
        call_command("export", customer=number, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_no_file(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("privacy.documents.pdf_of", full)
    with pytest.raises(CommandError, match="No space left on device"):
        call_command("export", customer=make.customer().number, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("export", customer=make.customer().number, out=tmp_path / "file" / "x")


@pytest.mark.django_db(transaction=True)
def test_from_the_shell_refusal_is_1_and_a_usage_error_2(tmp_path):
    unknown = manage("export", "--customer", "123456789", "--out", str(tmp_path))
    assert (unknown.returncode, unknown.stdout) == (1, b"")
    assert unknown.stderr.strip().count(b"\n") == 0
    assert manage("export").returncode == 2
    number = make.customer().number
    done = manage("export", "--customer", number, "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["customer"] == number


# --- the record of processing ------------------------------------------------------------------------------


def test_the_record_names_every_declaration_and_every_active_recipient():
    make.recipient("Kuckuck Cloud", country="US", safeguard="Standard contractual clauses")
    record = run("processing_record", "--format", "json")
    tables = {table["table"]: table for activity in record["activities"] for table in activity["tables"]}
    assert set(tables) == {said.model._meta.label_lower for said in declarations()}
    assert tables["customers.order"]["required_by"].startswith("VAT Act")
    assert all(table["retention"] and table["erasure"] and table["lawful_basis"] for table in tables.values())
    assert [(row["name"], row["outside_eea"], row["safeguard"]) for row in record["recipients"]] == [
        ("Kuckuck Cloud", True, "Standard contractual clauses")
    ]
    assert record["data_protection_officer"]
    assert record["security_measures"]


def test_the_record_on_paper(tmp_path):
    make.recipient("Kuckuck Cloud")
    call_command("processing_record", format="pdf", out=tmp_path / "record.pdf")
    with pikepdf.open(tmp_path / "record.pdf") as file:
        assert str(file.docinfo["/Title"]) == "Record of processing activities"
        assert file.Root.MarkInfo.Marked
    text = subprocess.run(
        ["pdftotext", tmp_path / "record.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "Kuckuck Cloud" in text
    assert "Pages and searches" in text
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("processing_record", format="pdf", out=tmp_path / "no" / "record.pdf")


def test_the_record_reaches_standard_output_as_bytes():
    record = processing_record.record()
    assert processing_record.pdf(record).startswith(b"%PDF-1.7")
    assert documents.html_of("processing_record.html", {"record": record}).count("<h2>") > 5
