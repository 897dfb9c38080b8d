"""`find_traces`: what is planted anywhere is found there; after an erasure it is found nowhere (FAULTS E44)."""

import base64
import json
from datetime import date

import pytest
import redis
from django.conf import settings as project
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.db import connection

from customers.sessions import SessionStore
from privacy import erasure, jobs, traces
from privacy.notices import OutgoingEmail
from privacy.personal_data import declarations
from tests import make

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
    assert where() == {"sessions:customers_session"}


def test_a_cached_value_is_found():
    call_command("createcachetable")
    cache.set("k", {"name": f"{WORD}, a long text that is packed"}, 60)
    assert {place.split(":")[0] for place in where()} in ({"cache"}, {"redis"})
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
        if said.data_subject is not None and said.label != "privacy.NoticeShown":
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
