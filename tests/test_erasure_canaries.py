"""Many people, each with a word of her own in every text of every table: found before, and not after (E44).

Read are the dump of the database, its file, the folder of data, the broker and the cache: right after the erasure, when
a word may stand only where that person's certificate says that something was kept, and after that has gone too.
"""

import json
import logging
import random
import re
import shutil
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone

from config.celery import app
from customers.models import Session
from privacy import export, jobs, restrictions, roles, traces
from privacy.erasure import ErasureCertificate
from privacy.export import files
from privacy.notices import OutgoingEmail
from privacy.personal_data import declarations
from privacy.policies import NoticeShown
from tests import dumps, make, purging
from tests.environment import ON_POSTGRESQL
from tests.test_erasure import agreed

# Erasures and certificates of before are kept, name nobody, and are made by the erasure itself.
MADE_BY_THE_ERASURE = ("privacy.Erasure", "privacy.ErasureCertificate", "privacy.ReplayedErasure")
# Its only text is the name of a policy, which is nobody's.
OF_A_POLICY = ("privacy.NoticeShown",)
# Of these a person has one at most.
ONCE = ("account.EmailConfirmation", "mfa.Authenticator", "privacy.Export")
# Kept by law or for a reason, and younger than their period: planted, and purged at their end.
LATELY, LATER = timedelta(days=20), timedelta(days=366 * 9)
WORD = make.CANARY.lower()
HERS = re.compile(rf"{WORD}(\d+)x")


def planted(person, without=()):
    make.everything(person, [said for said in declarations() if said.label not in MADE_BY_THE_ERASURE + without])


def somebody(number, media, patch):
    """A person with a row of everything of long ago and of lately, an entry in Django's history, and some files."""
    mary = make.customer(f"{make.CANARY}p{number}@example.com", login=True)
    planted(mary, OF_A_POLICY)
    with patch.context() as lately:
        lately.setattr(make, "LONG_AGO", timezone.now() - LATELY)
        planted(mary, OF_A_POLICY + ONCE)
    NoticeShown.objects.create(data_subject=mary, policy=make.policy(), shown_at=make.LONG_AGO)
    kind, by = ContentType.objects.get_for_model(mary), make.staff()
    LogEntry.objects.create(
        user=by, content_type=kind, object_id=str(mary.pk), object_repr=make.canary(mary), action_flag=CHANGE,
        change_message=f'[{{"changed": "{make.canary(mary)}"}}]',
    )  # fmt: skip
    if number < media:
        assert jobs.work("privacy.export", export.start(mary, actor="test").pk)
        folder = project.VAR / "outbox"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.eml").write_text(f"To: {mary.contact_email}\n\nDear {make.canary(mary)}")
    return mary


def erased(person):
    """By the real way: two people, the job, the last letter with its paper."""
    wish, address = agreed(person, make.staff(roles.AGENT), make.staff(roles.OFFICER)), person.contact_email
    mail.outbox.clear()
    assert jobs.work("privacy.erasure", wish.pk), wish.last_error
    (letter,) = OutgoingEmail.objects.filter(key=wish.letter_key)
    assert jobs.work("privacy.outgoingemail", letter.pk)
    (last,) = mail.outbox
    assert last.to == [address] and len(last.attachments) == 1
    certificate = ErasureCertificate.objects.get(erasure=wish)
    assert certificate.said["read_again"]["should_be_gone"] == 0 and certificate.is_vouched_for


def made(people, with_files, patch):
    """The people, each of whose words is proven to stand in the dump, in about every table, and in the files."""
    everybody = [somebody(number, with_files, patch) for number in range(people)]
    rows = dumps.rows_with(WORD)
    seen = set(HERS.findall("".join(row for found in rows.values() for row in found)))
    assert seen >= {str(person.pk) for person in everybody}, "each stands in the dump"
    found = [trace.where for trace in traces.find(make.CANARY)]
    tables = {said.model._meta.db_table for said in declarations() if said.data_subject}
    assert len({place for place in found if place.removeprefix("database:") in tables}) > 35
    assert "database:django_admin_log" in found
    assert sum(place.startswith("export:") for place in found) >= with_files
    assert sum(place.startswith("file:outbox/") for place in found) == with_files
    return everybody


def erase_all_of(people, with_files, caplog, patch):
    everybody = made(people, with_files, patch)
    assert WORD.encode() not in dumps.in_the_broker().lower(), "messages hold numbers alone"
    with caplog.at_level(logging.DEBUG):
        for person in everybody:
            erased(person)
    assert WORD not in caplog.text.lower()


def kept_by_certificate():
    """How many rows of whom, by table, the certificates say to be kept; each with its reason and its day."""
    tables = {said.label: said.model._meta.db_table for said in declarations()}
    kept: Counter[tuple[str, str]] = Counter()
    for certificate in ErasureCertificate.objects.select_related("erasure"):
        for line in certificate.said["rows"]:
            stays = line["kept"] + line["held"]
            assert not stays or line["reason"], line["kind"]
            assert not line["kept"] or line["until"] or line["period"], line["kind"]
            kept[tables[line["kind"]], str(certificate.erasure.data_subject_id)] += stays
    return kept


def assert_only_what_the_certificates_keep_is_left(*, some):
    """In no row of the dump beyond those, under no other word of hers, in no sealed column, and in no free page."""
    kept = kept_by_certificate()
    for table, rows in dumps.rows_with(WORD).items():
        stands: Counter[tuple[str, ...]] = Counter()
        for row in rows:
            whose = set(HERS.findall(row))
            assert len(whose) == 1 and row.count(WORD) == len(HERS.findall(row)), f"{table}: {row}"
            stands[table, *whose] += 1
        assert {place: count for place, count in stands.items() if count > kept[place]} == {}
    by_table: Counter[str] = Counter()
    for (table, _), count in kept.items():
        by_table[table] += count
    inside: set[str] = set()
    outside: set[str] = set()
    for trace in traces.find(make.CANARY):
        table = trace.where.removeprefix("database:")
        assert table not in by_table or trace.count <= by_table[table], trace
        (inside if table in by_table else outside).add(trace.where)
    assert (outside, len(inside) > 15) == (set(), some)


def assert_nowhere_else():
    """Nor, after the night that follows, in a page of the file that is free."""
    word = WORD.encode()
    purging.purge(timezone.localdate())
    assert dumps.in_the_pages(WORD) == 0
    assert word not in dumps.on_disk().lower()
    assert word not in dumps.in_the_broker().lower()


def purge_what_was_kept():
    """What a law keeps goes on its day."""
    assert not restrictions.Restriction.objects.active().exists()
    purging.purge(timezone.localdate() + LATER)


def assert_nothing_is_left():
    assert list(traces.find(make.CANARY)) == []
    assert WORD.encode() not in dumps.raw().lower()
    assert WORD.encode() not in dumps.on_disk().lower() + dumps.in_the_broker().lower()


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.mark.django_db(transaction=True)
def test_three_people_leave_no_word_behind(broker, caplog, monkeypatch):
    erase_all_of(3, 1, caplog, monkeypatch)
    assert not files.folder("").is_dir() or not any(path.is_file() for path in files.folder("").rglob("*"))
    assert_only_what_the_certificates_keep_is_left(some=True)
    assert_nowhere_else()
    purge_what_was_kept()
    assert_nothing_is_left()


@pytest.mark.django_db(transaction=True)
def test_after_the_night_no_page_holds_a_copy_of_a_row_that_once_moved(broker):
    """SQLite overwrites what is deleted, but not what it left behind when it made room between two rows."""
    luck, far = random.Random(7), timezone.now() + timedelta(days=9)
    ends = [make.LONG_AGO if luck.random() < 0.8 else far for _ in range(6000)]
    Session.objects.bulk_create(
        Session(session_key=f"{luck.randrange(10**8):08d}{'gone' if end < far else 'kept'}{number}x", expire_date=end)
        for number, end in enumerate(ends)
    )
    gone = re.compile(rb"\d{8}gone\d+x")
    assert len(set(gone.findall(dumps.raw()))) == ends.count(make.LONG_AGO)
    purging.purge(timezone.localdate())
    assert Session.objects.count() == ends.count(far)
    assert gone.findall(dumps.raw()) == []


@pytest.mark.django_db(transaction=True)
def test_what_a_careless_program_left_in_a_log_the_cache_or_the_broker_is_named(broker, capsys):
    """An erasure rewrites no log, which is evidence of the system's, and no cache or queue, which end by themselves.

    Nothing of ours writes a person there; so that a program of the shop which does is not passed in silence.
    """
    mary = make.customer(login=True)
    make.enquiry(mary)
    folder, word = project.VAR / "logs", make.canary(mary)
    folder.mkdir(exist_ok=True)
    (folder / "shop.log").write_text(f"INFO sent to {word}\n")
    cache.set("basket", {"of": word})
    app.send_task("shop.written_badly", args=[f"Dear {word}"])
    cached = {("redis", ":1:basket")} if ON_POSTGRESQL else {("cache:cache", "value"), ("database:cache", "value")}
    by_hand = {("file:logs/shop.log", ""), ("redis", "celery"), *cached}
    try:
        before = {(trace.where, trace.column) for trace in traces.find(word)}
        assert before > by_hand and "database:customers_enquiry" in {where for where, _ in before}
        erased(mary)
        call_command("find_traces", word)
        named = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert {(one["where"], one["column"]) for one in named} == by_hand
    finally:
        shutil.rmtree(folder)
    cache.clear()
    broker.command("FLUSHALL")
    assert list(traces.find(word)) == []


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
def test_five_hundred_people_leave_no_word_behind(broker, caplog, monkeypatch):
    erase_all_of(500, 5, caplog, monkeypatch)
    assert_only_what_the_certificates_keep_is_left(some=True)
    assert_nowhere_else()
    purge_what_was_kept()
    assert_nothing_is_left()
