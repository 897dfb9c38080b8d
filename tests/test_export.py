"""The copy of one person's data: all of hers, nothing of anybody else's, whole, and only for herself."""

import csv
import io
import json
import re
import subprocess
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import EmailAddress
from privacy import export, jobs
from privacy.audit import AuditEntry
from privacy.export import files, writing
from privacy.export.job import path_of
from privacy.export.values import without_card_numbers, without_others
from privacy.notices import OutgoingEmail
from privacy.personal_data import declarations
from tests import make
from tests.make import CANARY

pytestmark = pytest.mark.django_db
ABOUT_PEOPLE = [d for d in declarations() if d.data_subject]
NINE = ["purposes", "categories", "recipients", "retention", "rights", "complaint", "source", "automated", "transfers"]


@pytest.fixture
def customer():
    return make.customer(login=True, date_of_birth="1984-05-06", collected_via="store")


@pytest.fixture
def folder(tmp_path, settings):
    """Finished files lie here."""
    storages = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    }
    settings.STORAGES = storages
    return tmp_path / "exports"


@pytest.fixture
def done(customer, folder):
    return finished(customer)


def finished(customer, **values):
    row = export.Export.objects.create(data_subject=customer, requested_by="test", **values)
    assert jobs.work("privacy.export", row.pk)
    row.refresh_from_db()
    return row


def read(row, name, account=None):
    opened = export.open_for(account or row.data_subject.account, row, name)
    return b"".join(opened.chunks)


def written(customer, folder, **values):
    export.export_to(customer, folder, actor="test", **values)
    return json.loads((folder / "export.json").read_text())


def text_of(pdf):
    return subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout


def tables(copy):
    return {table["table"]: table for category in copy["categories"] for table in category["tables"]}


def values_in(copy):
    return json.dumps([table["rows"] for table in tables(copy).values()], ensure_ascii=False)


# --- all of hers -------------------------------------------------------------------------------------------


def test_every_shown_field_of_every_declaration_is_in_it(customer, tmp_path):
    make.everything(customer, ABOUT_PEOPLE)
    found = tables(written(customer, tmp_path))
    for said in ABOUT_PEOPLE:
        table = found[said.model._meta.label_lower]
        rows = said.of(customer).count()
        assert len(table["rows"]) == rows > 0, said.label
        names = {column["name"] for column in table["columns"]}
        assert names == set(said.fields) - set(said.secret), said.label
        assert {column["name"] for column in table["held_but_not_shown"]} == set(said.secret), said.label


def test_own_canaries_are_in_both_files_wherever_they_were_planted(customer, tmp_path):
    make.everything(customer, ABOUT_PEOPLE)
    copy, paper = written(customer, tmp_path), text_of(tmp_path / "export.pdf")
    word = make.canary(customer)
    planted = values_in(copy).count(word)
    assert planted > 25
    assert len(re.findall(word, paper, re.IGNORECASE)) >= planted


def test_secrets_are_named_and_never_shown(customer, tmp_path):
    make.everything(customer, ABOUT_PEOPLE)
    password = customer.account.password
    export.export_to(customer, tmp_path, actor="test")
    paper = text_of(tmp_path / "export.pdf")
    whole = (tmp_path / "export.json").read_text() + paper
    assert password not in whole
    assert "Held but not shown: Password" in paper


def test_choices_and_dates_stand_raw_and_in_words(customer, tmp_path):
    make.order(customer)
    row = tables(written(customer, tmp_path))["customers.order"]["rows"][0]
    assert (row["placed_on"], row["state"], row["total"]) == ("2020-03-15", "completed", "59.90")
    assert row["in_words"]["placed_on"] == "15 Mar 2020"


def test_the_nine_answers_of_article_15_in_words_and_as_data(customer, tmp_path):
    make.everything(customer, ABOUT_PEOPLE)
    make.recipient("Kuckuck Cloud", country="US", safeguard="Standard contractual clauses", purpose="Stores our mail.")
    copy, paper = written(customer, tmp_path), text_of(tmp_path / "export.pdf")
    for number, word in enumerate(NINE, start=1):
        assert re.search(rf"{number}\. [^\n]*{word}", paper, re.IGNORECASE), word
    assert {"recipients", "choices", "rights", "complaint", "source", "automated_decisions", "transfers"} <= set(copy)
    assert any("Kuckuck Cloud" in line and "Standard contractual clauses" in line for line in copy["transfers"])
    assert settings.SHOP["regulator"] in paper
    assert settings.SHOP["data_protection_officer"] in paper
    assert copy["shop"]["controllers"] == [settings.SHOP["legal_name"]]
    assert tables(copy)["customers.customer"]["rows"][0]["collected_via"] == "store"


def test_a_secret_disclosure_is_told_only_after_its_day(customer, tmp_path):
    make.disclosure(customer, secret_until=timezone.localdate() + timedelta(days=9))
    assert "privacy.disclosure" not in tables(written(customer, tmp_path))


def test_portability_holds_what_she_provided_and_nothing_else(customer, tmp_path):
    make.everything(customer, ABOUT_PEOPLE)
    copy = written(customer, tmp_path, only_provided=True)
    found = tables(copy)
    provided = {d.model._meta.label_lower: set(d.provided) for d in ABOUT_PEOPLE if d.provided}
    assert {name: {c["name"] for c in table["columns"]} for name, table in found.items()} == provided
    assert "customers.creditcheck" not in found
    for name, table in found.items():
        rows = list(csv.DictReader(io.StringIO((tmp_path / f"{name}.csv").read_text("utf-8-sig"), newline="")))
        assert len(rows) == len(table["rows"])
        assert set(rows[0]) == provided[name]
    assert not (tmp_path / "export.pdf").exists()


def test_a_spreadsheet_for_each_category_says_the_same_as_the_json(customer, tmp_path):
    make.everything(customer, ABOUT_PEOPLE)
    make.order(customer, gift_message='=HYPERLINK("http://example.com")\n„Grüße“, 名前; x')
    copy = written(customer, tmp_path)
    for category in copy["categories"]:
        content = (tmp_path / f"{category['category']}.csv").read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        assert content.count(b"\n") >= content.count(b"\r\n") > 0
        lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        assert [line["table"] for line in lines] == [t["table"] for t in category["tables"] for _ in t["rows"]]
        rows = [row for table in category["tables"] for row in table["rows"]]
        for line, row in zip(lines, rows, strict=True):
            for name, value in row.items():
                if name != "in_words":
                    assert line[name] == as_cell(value), (category["category"], name)
    assert {path.stem for path in tmp_path.glob("*.csv")} == {one["category"] for one in copy["categories"]}


def test_the_page_about_the_format_names_every_key_of_a_real_copy(customer, tmp_path):
    make.everything(customer, ABOUT_PEOPLE)
    make.disclosure(customer)
    copy = written(customer, tmp_path)
    for table in tables(copy).values():
        table["rows"] = [{"in_words": {}} for row in table["rows"] if "in_words" in row]
    page = (settings.BASE_DIR / "docs" / "export-format.md").read_text()
    keys = set(keys_in(copy)) | set(keys_in(json.loads((tmp_path / "manifest.json").read_text())))
    assert {"in_words", "received", "from_you", "held_but_not_shown"} <= keys
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []


def keys_in(value):
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield key
        yield from keys_in(inner)
    for inner in value if isinstance(value, list) else ():
        yield from keys_in(inner)


def as_cell(value):
    return "" if value is None else str(writing.inert(value))


# --- and nobody else's -------------------------------------------------------------------------------------


def test_people_who_look_alike_do_not_meet(tmp_path):
    people = [make.customer(display_name="Ana Łoś", phone="+44 1632 960777") for _ in range(30)]
    for one in people:
        make.everything(one, ABOUT_PEOPLE)
        make.address(one, lines="1 Same Street", postcode="NR3 1AB")
        make.email_address(one, "household@example.com")
    mine = people[7]
    copy, paper = written(mine, tmp_path), text_of(tmp_path / "export.pdf")
    whole = values_in(copy) + paper
    assert make.canary(mine) in whole
    foreign = [make.canary(one) for one in people if one != mine]
    assert [word for word in foreign if word.lower() in whole.lower()] == []
    assert [one.number for one in people if one != mine and one.number in whole] == []


def test_addresses_of_others_are_left_out_of_what_we_wrote(customer, tmp_path):
    own = customer.contact_email
    make.enquiry(customer, body="Ask bob@neighbour.example", answer=f"Bob <bob@neighbour.example> has it, {own}")
    row = tables(written(customer, tmp_path))["customers.enquiry"]["rows"][0]
    assert row["body"] == "Ask bob@neighbour.example"
    assert "bob@neighbour.example" not in row["answer"]
    assert own in row["answer"]
    assert without_others("write to service@northlight.example", set()) == "write to service@northlight.example"


@pytest.mark.parametrize("card", ["4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005", "6011000990139424"])
def test_card_numbers_do_not_leave(customer, card, tmp_path):
    make.enquiry(customer, body=f"My card is {card}.")
    export.export_to(customer, tmp_path, actor="test")
    whole = (tmp_path / "export.json").read_text() + text_of(tmp_path / "export.pdf")
    assert card not in whole
    assert f"**** **** **** {card[-4:]}" in whole


def test_other_long_numbers_stay():
    for text in ("Order 4111111111111112", "+44 1632 960123", "978-3-16-148410-0", "12345678901234567890123"):
        assert without_card_numbers(text) == text


# --- few queries -------------------------------------------------------------------------------------------


def test_a_thousand_rows_more_cost_no_query_more(customer, tmp_path):
    make.browsing_record(customer)
    with CaptureQueriesContext(connection) as few:
        export.export_to(customer, tmp_path, actor="test")
    for number in range(1000):
        make.browsing_record(customer, what=f"page {number}")
    with CaptureQueriesContext(connection) as many:
        export.export_to(customer, tmp_path, actor="test")
    assert len(many) <= len(few) + 4
    assert len(few) <= 10 * len(ABOUT_PEOPLE)
    assert "page 999" in text_of(tmp_path / "export.pdf")


# --- the job -----------------------------------------------------------------------------------------------


def test_a_request_for_access_ends_with_files_one_letter_and_one_line_in_the_log(customer, folder):
    case = make.case(customer, "access", details="", identity_confirmed=True)
    assert jobs.work("privacy.export", case.export.pk)
    case.refresh_from_db()
    row = case.export
    row.refresh_from_db()
    assert (case.state, row.job_state, row.progress) == ("completed", "done", 100)
    assert {"export.json", "export.pdf", "manifest.json", "identity.csv", "contact.csv"} <= set(row.files)
    assert row.expires_at
    assert row.finished_at
    in_days = row.expires_at - timedelta(days=settings.EXPORT_DAYS)
    assert abs(in_days - row.finished_at) < timedelta(minutes=1)
    letters = OutgoingEmail.objects.filter(template="export_ready", data_subject=customer)
    assert letters.count() == 1
    assert f"/account/export/{case.reference}/" in bytes(letters.get().body).decode()
    assert AuditEntry.objects.filter(event="export.done").count() == 1
    assert not jobs.work("privacy.export", row.pk)


def test_nothing_of_it_is_readable_at_rest(customer, folder, done):
    lying = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in lying} == set(done.files) >= {"export.json", "identity.csv", "manifest.json"}
    for path in lying:
        content = path.read_bytes()
        assert customer.number.encode() not in content
        assert not content.startswith((b"%PDF", b"{", b"\xef\xbb\xbf"))


def test_a_failure_keeps_what_is_finished_and_leaves_nothing_half_done(customer, folder, monkeypatch):
    row = export.Export.objects.create(data_subject=customer, requested_by="test")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("privacy.documents.pdf_of", full)
        assert not jobs.work("privacy.export", row.pk)
    row.refresh_from_db()
    assert (row.job_state, row.last_error) == ("new", "OSError")
    assert "export.json" in row.files
    assert "export.pdf" not in row.files
    assert not list(folder.rglob("*.part"))
    first = row.files["export.json"]
    export.Export.objects.filter(pk=row.pk).update(run_after=timezone.now())
    assert jobs.work("privacy.export", row.pk)
    row.refresh_from_db()
    assert row.files["export.json"] == first
    assert len(read(row, "export.pdf")) == row.files["export.pdf"]["size"]


def test_a_worker_that_lost_its_claim_names_no_file_and_writes_no_letter(customer, folder, monkeypatch):
    row = export.Export.objects.create(data_subject=customer, requested_by="test")

    def stolen(*args, **kwargs):
        export.Export.objects.filter(pk=row.pk).update(claims=9)
        return b"%PDF-"

    monkeypatch.setattr("privacy.documents.pdf_of", stolen)
    assert not jobs.work("privacy.export", row.pk)
    row.refresh_from_db()
    assert "export.pdf" not in row.files
    assert not OutgoingEmail.objects.filter(template="export_ready").exists()


# --- the door ----------------------------------------------------------------------------------------------


def refused(account, row, name="export.json", **values):
    with pytest.raises(export.CannotOpen) as refusal:
        export.open_for(account, row, name, **values)
    last = AuditEntry.objects.latest("pk")
    assert (last.event, last.details["reason"]) == ("export.refused", refusal.value.reason)
    return refusal.value.reason


def test_its_owner_reads_what_the_manifest_promises(customer, done):
    manifest = json.loads(read(done, "manifest.json"))
    for about in manifest["files"]:
        opened = export.open_for(customer.account, done, about["name"])
        content = b"".join(opened.chunks)
        assert (len(content), writing_hash(content)) == (about["size"], about["sha256"])
        assert opened.sha256 == about["sha256"]
    assert {about["name"] for about in manifest["files"]} == set(done.files) - {"manifest.json"}
    assert AuditEntry.objects.filter(event="export.opened").count() == len(done.files)


def writing_hash(content):
    sink = files.Sink(len)
    sink.write(content)
    return sink.about()["sha256"]


def test_nobody_else_reads_a_byte(done):
    from django.contrib.auth.models import AnonymousUser

    assert refused(make.customer(login=True).account, done) == "not_yours"
    assert refused(make.staff(), done) == "not_yours"
    assert refused(make.account(is_staff=True, is_superuser=True), done) == "not_yours"
    assert refused(AnonymousUser(), done) == "not_yours"


def test_it_expires_to_the_second(customer, done):
    assert export.open_for(customer.account, done, "export.pdf", now=done.expires_at - timedelta(seconds=1))
    assert refused(customer.account, done, now=done.expires_at) == "expired"
    assert refused(customer.account, done, now=done.expires_at + timedelta(seconds=1)) == "expired"


def test_an_address_that_was_replaced_kills_the_copy_at_once(customer, done):
    make.email_address(customer, "second@example.org")
    assert read(done, "export.json"), "an address more takes nothing from her"
    row = EmailAddress.objects.get(customer=customer, is_primary=True)
    row.address = "new-address@example.org"
    row.save()
    done.refresh_from_db()
    assert refused(customer.account, done) == "address_changed"


def test_only_a_whole_file_and_only_after_a_fresh_proof(customer, done):
    assert refused(customer.account, done, is_proven=False) == "not_proven"
    assert refused(customer.account, done, how="part") == "part"
    assert refused(customer.account, None) == "unknown"
    asked = export.open_for(customer.account, done, "export.pdf", how="head")
    assert asked.size == done.files["export.pdf"]["size"]
    assert AuditEntry.objects.latest("pk").event == "export.asked"


def test_a_login_moved_to_another_address_does_not_open_it(customer, done):
    customer.account.email = "thief@example.org"
    customer.account.save()
    done.refresh_from_db()
    assert refused(customer.account, done) == "address_changed"


@pytest.mark.parametrize("name", ["", "../../data.keys", "export.json\n", "EXPORT.JSON", "etc/passwd", "ä" * 200])
def test_a_guessed_name_opens_nothing(customer, done, name):
    assert refused(customer.account, done, name) == "unknown"


def test_what_is_not_done_is_not_open(customer, folder):
    row = export.Export.objects.create(data_subject=customer, requested_by="test")
    assert refused(customer.account, row) == "not_ready"


@pytest.mark.parametrize("change", ["flip", "cut", "swap", "gone"])
def test_a_changed_file_is_not_handed_out(customer, done, change):
    path = path_of(done, "export.json")
    content = path.read_bytes()
    if change == "flip":
        path.write_bytes(content[:-5] + bytes([content[-5] ^ 1]) + content[-4:])
    elif change == "cut":
        path.write_bytes(content[:100])
    elif change == "swap":
        path.write_bytes(path_of(done, "export.pdf").read_bytes())
    else:
        path.unlink()
    assert refused(customer.account, done) == "damaged"


def test_chunks_cannot_be_dropped_or_put_in_another_order(tmp_path):
    path, content = tmp_path / "f", bytes(range(256)) * 4096
    with files.sealed(path, "place") as sink:
        sink.write(content)
    assert b"".join(files.unsealed(path, "place")) == content
    stored = path.read_bytes()
    length = 4 + int.from_bytes(stored[:4])
    pieces = [stored[:length], stored[length : 2 * length], stored[2 * length :]]
    for wrong in (pieces[1:], pieces[:-1], [pieces[1], pieces[0], pieces[2]], [*pieces, pieces[2]], []):
        path.write_bytes(b"".join(wrong))
        with pytest.raises(files.CannotDecrypt):
            list(files.unsealed(path, "place"))


# --- the end -----------------------------------------------------------------------------------------------


def test_files_are_forgotten_after_their_days(customer, folder, done):
    assert export.forget(done.expires_at - timedelta(seconds=1)) == 0
    assert export.forget(done.expires_at) == 1
    assert not list(folder.rglob("*.json"))
    done.refresh_from_db()
    assert done.files == {}
    assert export.forget(done.expires_at) == 0


def test_folders_that_no_row_knows_are_swept(folder, done):
    stray = folder / ("0" * 32)
    stray.mkdir()
    (stray / "export.json.part").write_bytes(b"half")
    assert export.forget(timezone.now()) == 0
    assert export.forget(timezone.now() + timedelta(days=2)) == 1
    assert not stray.exists()
    assert path_of(done, "export.json").exists()


def test_erasure_takes_every_copy_and_stops_the_one_in_the_making(customer, folder, done, monkeypatch):
    other = finished(make.customer(login=True))
    running = export.Export.objects.create(data_subject=customer, requested_by="test")

    def erased_meanwhile(*args, **kwargs):
        assert len(export.discard_files(customer)) == 2
        return b"%PDF-"

    monkeypatch.setattr("privacy.documents.pdf_of", erased_meanwhile)
    assert not jobs.work("privacy.export", running.pk)
    left = {path.relative_to(folder).parts[0] for path in folder.rglob("*") if path.is_file()}
    assert left == {other.folder}
    done.refresh_from_db()
    assert refused(customer.account, done) == "expired"
    assert len(read(other, "export.json")) == other.files["export.json"]["size"]


def test_a_file_that_an_erasure_did_not_see_is_gone_too(customer, folder, monkeypatch):
    running = export.Export.objects.create(data_subject=customer, requested_by="test")
    seen: list[str] = []

    def erased_meanwhile(*args, **kwargs):
        with monkeypatch.context() as patch:
            patch.setattr("privacy.export.files.remove", seen.append)
            export.discard_files(customer)
        return b"%PDF-"

    monkeypatch.setattr("privacy.documents.pdf_of", erased_meanwhile)
    assert not jobs.work("privacy.export", running.pk)
    assert seen
    assert list(folder.rglob("export.pdf*")) == []


def test_the_row_holds_no_address(done):
    assert CANARY.lower() not in json.dumps([done.addressees, done.files]).lower()


def test_spreadsheets_calculate_nothing():
    for cell in ("=1+1", "+44 1632", "-1", "@SUM(A1)", "\tx", "\rx", " =1", '"=1', "＝1+1", "'=1", "\nx"):
        assert writing.inert(cell) == f"'{cell}", cell
    for cell, safe in (("\t=1", "'\t'=1"), ("x;=1", "x;'=1"), ("x\n =1;@2", "x\n '=1;'@2"), ("a|-1", "a|'-1")):
        assert writing.inert(cell) == safe, "where another separator is taken for ours"
    for other in ("Boots", "a=b", "59.90", "", 7, None):
        assert writing.inert(other) == other


def test_two_purges_at_once_do_not_stumble_over_a_folder_that_is_gone():
    for token in ("stray-one", "stray-two"):
        files.folder(token).mkdir(parents=True)
    seen = files.tokens_on_disk()
    first, _changed = next(seen)
    for token in {"stray-one", "stray-two"} - {first}:
        files.remove(token)
    assert {name for name, _ in seen}.isdisjoint({"stray-one", "stray-two"} - {first})
    files.remove(first)
