"""Many people, each with a word of her own in every text of every table: found before, and not after (E44)."""

import logging
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings as project
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from privacy import erasure, export, jobs, restrictions, roles, traces
from privacy.erasure import ErasureCertificate
from privacy.export import files
from privacy.notices import OutgoingEmail
from privacy.personal_data import declarations
from privacy.policies import NoticeShown
from tests import make, purging
from tests.servers import postgresql_programs
from tests.test_erasure import agreed

# Erasures and certificates of before are kept, name nobody, and are made by the erasure itself.
MADE_BY_THE_ERASURE = ("privacy.Erasure", "privacy.ErasureCertificate")
# Its only text is the name of a policy, which is nobody's.
OF_A_POLICY = ("privacy.NoticeShown",)
# Kept by law or for a reason, and younger in the real path than their period: planted, and purged at their end.
LATER = timedelta(days=366 * 9)


def raw_dump() -> bytes:
    """The database as its own tool or its own file shows it, which knows nothing of us."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        name = Path(connection.settings_dict["NAME"])
        # By another process: to close the file in this one would take away the locks that SQLite holds on it here.
        files = [str(path) for path in name.parent.glob(f"{name.name}*")]
        return subprocess.run(["cat", *files], capture_output=True, check=True).stdout
    said, programs = connection.settings_dict, postgresql_programs()
    assert programs
    place = ["-h", said["HOST"], "-p", str(said["PORT"]), "-U", said["USER"], said["NAME"]]
    return subprocess.run([programs / "pg_dump", "--inserts", *place], capture_output=True, check=True).stdout


def on_disk() -> bytes:
    """Every file below the folder of data but the database's own."""
    database = str(project.DATABASES["default"]["NAME"])
    found = [path for path in project.VAR.rglob("*") if path.is_file() and not str(path).startswith(database)]
    return b"".join(str(path).encode() + path.read_bytes() for path in found)


def in_the_broker() -> bytes:
    """Everything that the broker holds, as bytes."""
    client = redis.Redis.from_url(project.CELERY_BROKER_URL.replace("redis+socket://", "unix://"))
    return b"".join(bytes(key) + bytes(client.dump(key) or b"") for key in client.scan_iter())


def somebody(number, media):
    """A person with a row of everything, a copy of her data on the disk, and an entry in Django's history."""
    mary = make.customer(f"{make.CANARY}p{number}@example.com", login=True)
    make.everything(mary, [said for said in declarations() if said.label not in MADE_BY_THE_ERASURE + OF_A_POLICY])
    NoticeShown.objects.create(data_subject=mary, policy=make.policy(), shown_at=make.LONG_AGO)
    kind, by = ContentType.objects.get_for_model(mary), make.staff()
    LogEntry.objects.create(
        user=by, content_type=kind, object_id=str(mary.pk), object_repr=make.canary(mary), action_flag=CHANGE,
        change_message=f'[{{"changed": "{make.canary(mary)}"}}]',
    )  # fmt: skip
    if number < media:
        assert jobs.work("privacy.export", export.start(mary, actor="test").pk)
    return mary


def erased(person):
    """By the real way: two people, the job, the last letter."""
    wish = agreed(person, make.staff(roles.AGENT), make.staff(roles.OFFICER))
    assert jobs.work("privacy.erasure", wish.pk), wish.last_error
    for letter in OutgoingEmail.objects.filter(key=wish.letter_key):
        assert jobs.work("privacy.outgoingemail", letter.pk)
    assert ErasureCertificate.objects.get(erasure=wish).said["read_again"]["should_be_gone"] == 0


def erase_all_of(people, with_files, caplog):
    marks = [make.canary(somebody(number, with_files)) for number in range(people)]
    everybody = list(erasure.Erasure._meta.get_field("data_subject").related_model.objects.filter(erased_at=None))
    before, word = raw_dump().lower(), make.CANARY.lower().encode()
    assert [mark for mark in marks if mark.lower().encode() not in before] == [], "each stands in the dump"
    where = {trace.where for trace in traces.find(make.CANARY)}
    tables = {said.model._meta.db_table for said in declarations() if said.data_subject}
    assert len({place for place in where if place.removeprefix("database:") in tables}) > 30
    assert "database:django_admin_log" in where and any(place.startswith("export:") for place in where)
    assert word not in in_the_broker().lower(), "messages hold numbers alone"
    with caplog.at_level(logging.DEBUG):
        for person in everybody:
            erased(person)
    assert word not in caplog.text.lower().encode()
    return word


def assert_nothing_is_left(word):
    assert list(traces.find(make.CANARY)) == []
    assert word not in raw_dump().lower()
    assert word not in on_disk().lower()
    assert word not in in_the_broker().lower()


def purge_what_was_kept():
    """What a law keeps goes on its day."""
    assert not restrictions.Restriction.objects.active().exists()
    purging.purge(timezone.localdate() + LATER)


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.mark.django_db(transaction=True)
def test_three_people_leave_no_word_behind(broker, caplog):
    word = erase_all_of(3, 1, caplog)
    assert not files.folder("").is_dir() or not any(path.is_file() for path in files.folder("").rglob("*"))
    purge_what_was_kept()
    assert_nothing_is_left(word)


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
def test_five_hundred_people_leave_no_word_behind(broker, caplog):
    word = erase_all_of(500, 5, caplog)
    purge_what_was_kept()
    assert_nothing_is_left(word)
