"""The restore drill, with real backups: people erased after the backup come back with it, and none is left (E47).

On SQLite the backup is made and put back with SQLite's own online copy, on PostgreSQL with pg_dump and pg_restore.
"""

import signal
import smtplib
import sqlite3
import subprocess
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from customers.models import Customer
from privacy import audit, erasure_ledger, jobs, roles, subject_requests, suppression, traces
from privacy.audit import AuditEntry
from privacy.erasure import Erasure, ReplayedErasure
from privacy.erasure_ledger import standing
from privacy.notices import OutgoingEmail
from privacy.personal_data import declarations
from privacy.vocabulary import Source
from tests import make
from tests.children import manage, running
from tests.letters import letter
from tests.servers import absent, answers, free_port, postgresql_programs, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
# They stand for what an erasure itself leaves behind, or for what only exists once.
NOT_PLANTED = {"privacy.NoticeShown", "privacy.Erasure", "privacy.ReplayedErasure"}
# Replays in a process of its own, which kills itself at the given step.
SUICIDE = """
import os, signal, sys
import django
django.setup()
from django.utils import timezone
from privacy import erasure
from privacy.erasure import job, replaying
step, calls = int(sys.argv[1]), 0
def dying(module, name):
    real = getattr(module, name)
    def counted(*args, **values):
        global calls
        result = real(*args, **values)
        calls += 1
        if calls == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(module, name, counted)
for name in ("carry_out_for", "plan", "read_again"):
    dying(job, name)
dying(replaying, "_restore_lists")
dying(replaying.erasure_ledger, "take_over")
erasure.replay(now=timezone.now())
print("came to its end")
"""


class SqliteBackup:
    """The file, copied while it is open and copied back."""

    def __init__(self, folder):
        self.file = folder / "backup.sqlite3"
        self._copy(connection.settings_dict["NAME"], self.file)

    def restore(self):
        connection.close()
        self._copy(self.file, connection.settings_dict["NAME"])

    @staticmethod
    def _copy(source, target):
        with (
            closing(sqlite3.connect(source, timeout=20)) as here,
            closing(sqlite3.connect(target, timeout=20)) as there,
        ):
            here.backup(there)

    @staticmethod
    def dump():
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as here:
            return "\n".join(here.iterdump()).lower()


class PostgresqlBackup:
    """pg_dump into its own format; the database dropped and made anew by pg_restore."""

    def __init__(self, folder):
        self.file = folder / "backup.dump"
        self.file.write_bytes(self._run("pg_dump", "--format=custom", connection.settings_dict["NAME"]))

    def restore(self):
        name = connection.settings_dict["NAME"]
        connection.close()
        there = {"host": connection.settings_dict["HOST"], "port": connection.settings_dict["PORT"]}
        with psycopg.connect(**there, user="postgres", dbname="postgres", autocommit=True) as administrator:
            administrator.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            administrator.execute(f'CREATE DATABASE "{name}"')
        self._run("pg_restore", "--exit-on-error", f"--dbname={name}", str(self.file))

    @staticmethod
    def dump():
        return PostgresqlBackup._run("pg_dump", connection.settings_dict["NAME"]).decode().lower()

    @staticmethod
    def _run(program, *arguments):
        where, path = connection.settings_dict, postgresql_programs() / program
        if not path.exists():
            absent(f"{program} is not installed: apt-get install postgresql-client")
        argv = [path, "-h", where["HOST"], "-p", str(where["PORT"]), "-U", where["USER"], *arguments]
        return subprocess.run(argv, check=True, capture_output=True).stdout


@pytest.fixture(autouse=True)
def look_each_time(monkeypatch):
    monkeypatch.setattr(standing, "LOOK_AGAIN", 0)


def plant(kinds):
    """A customer with one record of each kind, her canary in all of them, and an erasure that one proposed."""
    mary, (first, second) = make.customer(login=True), officers()
    address = mary.contact_email
    make.everything(mary, kinds)
    case = subject_requests.open_case(mary, "erasure", source=Source.LETTER, actor=first, identity_confirmed=True)
    subject_requests.start(case, actor=first)
    subject_requests.propose(case, actor=first)
    return mary, address, case, second


def officers():
    known = list(make.Account.objects.filter(groups__name=roles.OFFICER, is_active=True)[:2])
    return known if len(known) == 2 else [make.staff(roles.OFFICER), make.staff(roles.OFFICER)]


def agree_and_erase(case, second):
    subject_requests.approve(case, actor=second, now=timezone.now() + timedelta(days=4))
    wish = Erasure.objects.get(case=case)
    assert jobs.work("privacy.erasure", wish.pk), wish.last_error


def canaries_in(text, words):
    return {word for word in words if word in text}


def smtp_answer(tmp_path, to="remove@northlight.example"):
    """What the real listener says to a mail."""
    port, log = free_port(), tmp_path / f"mail-{timezone.now():%H%M%S%f}.log"
    with running(log, "manage.py", "receive_mail", SMTP_PORT=port, LMTP_PORT=free_port()) as child:
        wait_until(lambda: answers(port) or not child.is_running, 60, "the listener")
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            client.ehlo("test.example")
            client.mail("who@example.org")
            client.rcpt(to)
            return client.data(letter("who@example.org", "Hello", to=to))[0]


def drill(count, kills, tmp_path, client, *, kinds):
    people = [plant(kinds) for _ in range(count)]
    words = {f"{make.CANARY}{mary.pk}x".lower() for mary, _address, _case, _second in people}
    living = make.customer()
    make.everything(living, [said for said in kinds if said.label != "customers.Customer"])
    backup = (PostgresqlBackup if connection.vendor == "postgresql" else SqliteBackup)(tmp_path)
    assert len(canaries_in(backup.dump(), words)) == count, "each was planted"
    for _mary, _address, case, second in people:
        agree_and_erase(case, second)
    assert canaries_in(backup.dump(), words) == set(), "each was erased"
    backup.restore()
    assert len(canaries_in(backup.dump(), words)) == count, "each is back, or this would prove nothing"
    assert_closed(client, tmp_path)
    for step in kills:
        with running(tmp_path / "replay.log", "-c", SUICIDE, str(step)) as child:
            child.process.wait(120)
            assert child.process.returncode == -signal.SIGKILL, child.said
        assert client.get("/").status_code == 503, "half replayed is closed"
    said = manage("replay_erasures")
    assert said.returncode == 0, said.stderr
    assert_all_gone(people, words, backup, living)
    assert client.get("/").status_code == 200 and client.get("/readyz").json()["erasures"] == "ok"
    assert smtp_answer(tmp_path) == 250


def assert_closed(client, tmp_path):
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["erasures"]) == (503, "no answer")
    for path in ("/", "/account/login/", "/admin/", "/webhooks/postmark/inbound/"):
        assert client.get(path).status_code == 503
    assert smtp_answer(tmp_path) == 451


def assert_all_gone(people, words, backup, living):
    assert canaries_in(backup.dump(), words) == set()
    assert list(traces.find(*words)) == [], "nor encrypted, nor in files, queue and caches"
    assert f"{make.CANARY}{living.pk}x".lower() in backup.dump() and not Customer.objects.get(pk=living.pk).erased_at
    for mary, address, _case, _second in people:
        assert suppression.is_suppressed(address)
        assert AuditEntry.objects.filter(event="erasure.replayed", subject=audit.reference(mary)).count() == 1
    assert ReplayedErasure.objects.exclude(finished_at=None).count() == len(people)
    assert audit.verify().is_intact and erasure_ledger.look().is_open
    assert not OutgoingEmail.objects.filter(template="erasure_done").exists(), "they were told at the time"


def kinds_to_plant(*, all_of_them):
    said = [d for d in declarations() if d.label not in NOT_PLANTED]
    some = {"customers.Order", "customers.Enquiry", "customers.Address", "privacy.InboundEmail", "privacy.LinkToken"}
    return said if all_of_them else [d for d in said if d.label in some]


def test_three_people_are_erased_restored_and_erased_again_over_two_kills(tmp_path, client, broker):
    drill(3, [3, 9], tmp_path, client, kinds=kinds_to_plant(all_of_them=False))


@pytest.mark.full
def test_fifty_people_with_a_record_of_every_kind_over_twenty_kills(tmp_path, client, broker):
    """FAULTS E47."""
    drill(50, [1, 2, 4, 7, 11, 16, 22, 29, 37, 46, *range(60, 260, 20)], tmp_path, client,
          kinds=kinds_to_plant(all_of_them=True))  # fmt: skip
