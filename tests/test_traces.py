"""`find_traces`: what is planted anywhere is found there; after an erasure it is found nowhere (FAULTS E44)."""

import base64
import bz2
import gzip
import io
import json
import lzma
import quopri
import random
import tracemalloc
import unicodedata
import zipfile
import zlib
from datetime import date
from urllib.parse import quote_from_bytes

import pytest
import redis
from django.conf import settings as project
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.db import connection

from customers.models import Enquiry
from customers.sessions import SessionStore
from privacy import documents, erasure, jobs, traces
from privacy.audit import AuditEntry
from privacy.notices import OutgoingEmail
from privacy.personal_data import declarations
from privacy.subject_requests import CasePaper
from privacy.traces import files, readings
from privacy.traces.spelling import Wanted
from tests import make
from tests.environment import ON_POSTGRESQL

pytestmark = pytest.mark.django_db
WORD = "Nachtigallenruf"
FAR = date(2099, 1, 1)


def places(*texts):
    return {(trace.where.split(":")[0], trace.where, trace.column) for trace in traces.find(*(texts or (WORD,)))}


def where(*texts):
    return {place for _, place, _ in places(*texts)}


@pytest.fixture
def mary():
    return make.customer()


@pytest.fixture
def file():
    made = []

    def write(name, content):
        path = project.VAR / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        made.append(path)
        return path

    yield write
    for path in made:
        path.unlink(missing_ok=True)


def test_nothing_planted_nothing_found(capsys):
    call_command("find_traces", WORD)
    assert capsys.readouterr().out == ""


def test_a_column_is_named_and_its_rows_are_counted(mary, capsys):
    for _ in range(3):
        make.enquiry(mary, subject=f"about {WORD}s", body="", answer="")
    call_command("find_traces", WORD)
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found == [{"where": "database:customers_enquiry", "column": "subject", "count": 3}]


@pytest.mark.parametrize("text", ["Łukasiewicz-O'Brien", "ŁUKASIEWICZ-O'BRIEN", "Mária & <Söhne>", "张伟 100% _x"])
def test_every_script_in_either_case_even_inside_json(mary, text):
    make.enquiry(mary, subject=text)
    make.basket(mary, articles=[{"engraving": text}])
    assert where(text.lower()) >= {"database:customers_enquiry", "database:customers_savedbasket"}


def test_a_wildcard_is_a_letter_like_any_other(mary):
    make.enquiry(mary, subject="aXb")
    assert where("a_b") == where("a%b") == set()


def test_an_encrypted_column_is_opened(mary):
    make.case(mary, details=f"I am {WORD}")
    assert ("database", "database:privacy_datasubjectrequest", "details") in places()


def test_a_table_nobody_declared_is_read_too():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE forgotten (id integer, note text)")
        cursor.execute("INSERT INTO forgotten VALUES (1, %s)", [f"{WORD} again"])
        try:
            assert where() == {"database:forgotten"}
        finally:
            cursor.execute("DROP TABLE forgotten")


def test_a_session_is_decoded(mary):
    store = SessionStore()
    store["note"] = {"typed": WORD * 20}
    store.create()
    plain = set() if ON_POSTGRESQL else {"database:customers_session"}  # where each table is read in Python too
    assert where() == {"sessions:customers_session"} | plain


def test_a_cached_value_is_found():
    call_command("createcachetable")
    cache.set("k", {"name": f"{WORD}, a long text that is packed"}, 60)
    assert {place.split(":")[0] for place in where()} in ({"cache", "database"}, {"redis"})
    cache.clear()


def test_a_file_and_a_file_s_name_are_found(file):
    file("notes/today.log", b"x" * 5000 + WORD.encode() + b"x")
    file(f"notes/{WORD}.txt", b"")
    assert where() == {"file:notes/today.log", f"file:notes/{WORD}.txt"}


def test_a_mail_is_read_as_a_person_reads_it(file):
    message = EmailMessage(subject=f"Für {WORD} ä", body="", to=["a@example.com"])
    file("outbox/1.eml", message.message().as_bytes())
    body = base64.encodebytes(b"y" * 40 + WORD.encode() + b" " * 60)
    file("outbox/2.eml", b"Subject: x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body)
    assert where() == {"file:outbox/1.eml", "file:outbox/2.eml"}


def test_a_message_in_the_queue_is_decoded(broker):
    url = project.CELERY_BROKER_URL.replace("redis+socket://", "unix://")
    body = base64.b64encode(json.dumps([[WORD], {}, {"callbacks": None}]).encode()).decode()
    redis.Redis.from_url(url).lpush("celery", json.dumps({"body": body, "headers": {}}))
    assert where() == {"redis"}


def test_without_a_broker_the_rest_is_still_searched(broker, mary):
    broker.stop()
    make.enquiry(mary, subject=WORD)
    assert where() == {"database:customers_enquiry"}


def test_after_an_erasure_no_trace_is_left(mary, file):
    mary = make.customer(f"{WORD}@example.com", login=True, display_name=WORD, family_name=WORD)
    for said in declarations():
        if said.data_subject is not None and said.label not in ("privacy.NoticeShown", "privacy.ReplayedErasure"):
            make.FOR[said.model](mary)
    canary = make.canary(mary)
    copy = file("outbox/letter.eml", f"To: {WORD}@example.com\r\nSubject: x\r\n\r\nHello".encode())
    assert len(where(WORD, canary)) > 20
    erasure.erase(mary, today=FAR, actor="test")
    assert not copy.exists()
    letter = OutgoingEmail.objects.get()
    assert where(WORD, canary) == {"database:privacy_outgoingemail"}, "the last letter waits to be sent"
    assert jobs.work("privacy.outgoingemail", letter.pk)
    assert where(WORD, canary) == set()


@pytest.mark.parametrize("text", ["", "  ", "\t"])
def test_an_empty_text_is_refused_in_one_line(text):
    with pytest.raises(CommandError, match="stands everywhere") as refused:
        call_command("find_traces", "mary", text)
    assert refused.value.returncode == 2


# --- however it is written -------------------------------------------------------------------------------


def packed(kind, text):
    """The text in one of the ways in which files hold it."""
    body = (f"2026-11-26 12:00 {text} asked\n" * 3).encode()
    if kind == "zip in base64":
        return base64.b64encode(packed("zip", text))
    if kind == "zip":
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("notes/a.txt", body)
        return target.getvalue()
    return {
        "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zlib": zlib.compress,
        "utf-16": lambda data: data.decode().encode("utf-16"),
        "utf-16-be": lambda data: data.decode().encode("utf-16-be"),
        "latin-1": lambda data: data.decode().encode("latin-1"),
        "percent": lambda data: quote_from_bytes(data).encode(),
        "quoted-printable": quopri.encodestring, "base64 lines": base64.encodebytes,
        "entities": lambda data: "".join(f"&#{ord(one)};" for one in data.decode()).encode(),
        "a log cut off": lambda data: gzip.compress(data + random.Random(1).randbytes(90_000))[:-40_000],
    }[kind](body)  # fmt: skip


KINDS = (
    "gzip", "bzip2", "xz", "zlib", "zip", "zip in base64", "utf-16", "utf-16-be", "latin-1", "percent",
    "quoted-printable", "base64 lines", "entities", "a log cut off",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_read_however_it_is_packed(kind):
    for text in ("Jürgen Nachtigallenruf", "JÜRGEN NACHTIGALLENRUF"):
        data = packed(kind, text)
        assert kind in ("latin-1", "utf-16", "utf-16-be") or text.encode() not in data
        assert Wanted(["Jürgen Nachtigallenruf"]).times(data), text
    assert not Wanted(["Nachtigallenruh"]).times(packed(kind, WORD))


def test_a_rotated_log_and_an_archive_lying_there_are_opened(file):
    file("logs/web.log.1.gz", packed("gzip", WORD))
    file("outbox/all.zip", packed("zip", WORD))
    assert where() == {"file:logs/web.log.1.gz", "file:outbox/all.zip"}


def test_a_long_compressed_log_is_read_to_its_end(file, monkeypatch):
    monkeypatch.setattr(files, "WHOLE", 64 * 1024)
    monkeypatch.setattr(readings, "LONGEST", 64 * 1024)
    noise = random.Random(2).randbytes(200_000).hex().encode()
    file("logs/web.log.2.gz", gzip.compress(noise + WORD.encode() + noise))
    assert where() == {"file:logs/web.log.2.gz"}


def test_what_a_pdf_shows_and_carries_is_read(mary):
    page = f'<html lang="en"><head><title>x</title></head><body><p>Łukasz {WORD}ä, €</p></body></html>'
    carried = documents.Data("a.json", json.dumps({"name": "Grünspecht"}).encode(), "data")
    pdf = documents.pdf_of(page, attachments=[carried])
    assert WORD.encode() not in pdf
    for text in (f"łukasz {WORD.lower()}ä, €", "GRÜNSPECHT"):
        assert Wanted([text]).times(pdf), text
    assert not Wanted(["Rotspecht"]).times(pdf)
    case = make.case(mary, details="")
    make.case_paper(mary, case=case)
    CasePaper.objects.update(content=pdf)
    assert where() == {"database:privacy_casepaper"}


@pytest.mark.parametrize("text", ["Amélie Ångström", "Straßer", "ΣΟΦΟΣ", "Ёлкина", "İpek", "Nguyễn Thị Hồng"])
def test_any_case_and_any_composition_of_any_script(mary, text):
    for form in ("NFC", "NFD"):
        for cased in (text, text.upper(), text.lower()):
            written = unicodedata.normalize(form, cased)
            assert Wanted([text]).times(f"... {written} ...".encode()), (form, cased)
    Enquiry.objects.all().delete()
    make.enquiry(mary, subject=unicodedata.normalize("NFD", text.upper()), body="", answer="")
    assert where(text) == {"database:customers_enquiry"}


@pytest.mark.parametrize("typed", ["020 7946 0958", "+44 (0)20 7946-0958", "0044.20.7946.0958", "02079460958"])
def test_a_telephone_number_is_found_however_it_was_typed(mary, file, typed):
    make.enquiry(mary, subject=f"Call me: {typed}, after six", body="", answer="")
    file("logs/calls.log", f"called {typed}\n".encode())
    assert where("+44 20 7946 0958") == {"database:customers_enquiry", "file:logs/calls.log"}
    assert where("+44 20 7946 0959") == set()


def test_a_name_is_found_across_the_break_of_a_line(file):
    file("outbox/3.eml", b"Subject: Please write to Maria\r\n Theresia Nachtigallenruf at once\r\n\r\nx")
    file("outbox/4.eml", b"Subject: x\r\n\r\n> Maria   Theresia\n")
    assert where("Maria Theresia") == {"file:outbox/3.eml", "file:outbox/4.eml"}


def test_admin_history_bytes_and_audit_details_are_read_too(mary):
    """FAULTS E44: tables that nobody declared, whatever their columns are."""
    kind = "bytea" if connection.vendor == "postgresql" else "blob"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE old_history (id integer, object_repr text, change_message text, raw {kind})")
        said = json.dumps([{"changed": {"fields": [f"Łukasz {WORD}"]}}])
        cursor.execute("INSERT INTO old_history VALUES (1, 'x', %s, %s)", [said, f"Łukasz {WORD}".encode()])
        try:
            assert {(w, c) for _, w, c in places(f"ŁUKASZ {WORD}")} == {
                ("database:old_history", "change_message"), ("database:old_history", "raw"),
            }  # fmt: skip
        finally:
            cursor.execute("DROP TABLE old_history")
    make.case(mary)
    entry = AuditEntry.objects.latest("pk")
    assert "database:privacy_auditentry" in where(entry.target)


def test_five_hundred_names_at_once_are_looked_for_in_one_go(mary):
    make.enquiry(mary, subject=WORD, body="", answer="")
    assert where(*[f"Nobody{number}" for number in range(499)], WORD) == {"database:customers_enquiry"}


@pytest.mark.parametrize(
    "data", [b"\x1f\x8bxx", b"PK\x03\x04xx", b"%PDF-1.7 stream\nx\nendstream", b"\x78\x9cxx", b"BZhx"]
)
def test_what_cannot_be_unpacked_is_read_as_it_lies_there(data):
    assert Wanted([WORD]).times(data + WORD.encode())
    assert not Wanted([WORD]).times(data)


def test_a_mail_made_to_break_its_reader_breaks_nothing():
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(300))
    assert Wanted([WORD]).times(nested + WORD.encode())
    assert Wanted([WORD]).times(
        b"From: " + b"(" * 2000 + b"\r\nSubject: =?utf-8?b?" + b"A" * 99 + b"\r\n\r\n" + WORD.encode()
    )


def test_memory_does_not_grow_with_a_file(file, monkeypatch):
    monkeypatch.setattr(files, "WHOLE", 512 * 1024)
    file("logs/long.log", b"a line that says nothing\n" * 300_000 + WORD.encode())
    tracemalloc.start()
    found = where()
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == {"file:logs/long.log"} and peak < 6 * 1024**2
