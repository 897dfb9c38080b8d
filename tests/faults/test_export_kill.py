"""Kill the real worker in the middle of many exports, again and again: each still ends exactly once (FAULTS A1)."""

import os
import random
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from privacy import export, jobs
from privacy.audit import AuditEntry
from privacy.export import files
from privacy.export.job import path_of
from privacy.notices import OutgoingEmail
from tests import make
from tests.children import running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WORKER = ["-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO", "--without-gossip"]
LEASE = 3


def everybody(count):
    """Customers with an account and a request for a copy, handed over to nobody yet."""
    made = []
    for _ in range(count):
        customer = make.customer(login=True)
        for _ in range(3):
            make.order_line(customer)
        made.append(make.case(customer, "access", details="", identity_confirmed=True).export)
    return made


def hand_over():
    """What the scheduler does every few seconds."""
    jobs.sweep(timezone.now())
    export.Export.objects.filter(job_state="new").update(hinted_at=timezone.now() - timedelta(minutes=2))


def unfinished():
    return export.Export.objects.exclude(job_state="done").count()


def kill_some_worker(child, luck):
    """Sometimes a child in the middle of its work, sometimes the whole family."""
    pids = Path(f"/proc/{child.process.pid}/task/{child.process.pid}/children").read_text().split()
    if pids and luck.random() < 0.7:
        os.kill(int(luck.choice(pids)), signal.SIGKILL)
    else:
        child.kill()


def kill_and_finish(rows, kills, tmp_path, seed):
    luck, log, done_kills = random.Random(seed), tmp_path / "worker.log", 0
    deadline = time.monotonic() + 60 + 8 * kills + 4 * len(rows)
    while unfinished() and time.monotonic() < deadline:
        with running(log, *WORKER, JOB_LEASE_SECONDS=LEASE, EMAIL_URL="dummymail://") as child:
            child.wait_for(" ready.", 60)
            while unfinished() and child.is_running and time.monotonic() < deadline:
                hand_over()
                time.sleep(luck.uniform(0.1, 1.2))
                if done_kills < kills:
                    kill_some_worker(child, luck)
                    done_kills += 1
        log.write_bytes(b"")
    return done_kills


def assert_each_ended_once(rows):
    for row in rows:
        row.refresh_from_db()
        assert (row.job_state, row.case.state, row.failures) == ("done", "completed", 0)
        assert set(row.files) >= {"export.json", "export.pdf", "manifest.json", "orders.csv"}
        for name, about in row.files.items():
            assert files.sha256_of(path_of(row, name), row.place(name)) == about["sha256"]
        assert OutgoingEmail.objects.filter(template="export_ready", data_subject=row.data_subject).count() == 1
        assert AuditEntry.objects.filter(event="export.done", target=f"privacy.export:{row.pk}").count() == 1


def assert_nothing_unfinished_is_reachable(rows):
    for row in rows:
        for path in files.folder(row.folder).rglob("*.part"):
            assert path not in {path_of(row, name) for name in row.files}


def check(count, kills, tmp_path, monkeypatch, seed):
    monkeypatch.setattr(settings, "JOB_LEASE_SECONDS", LEASE)
    rows = everybody(count)
    killed = kill_and_finish(rows, kills, tmp_path, seed)
    assert unfinished() == 0, [(row.job_state, row.claims, row.last_error) for row in export.Export.objects.all()]
    assert killed == kills
    assert export.Export.objects.filter(claims__gt=1).exists(), "no kill hit an export"
    assert_each_ended_once(rows)
    assert_nothing_unfinished_is_reachable(rows)


def test_twenty_exports_and_six_kills(tmp_path, monkeypatch):
    check(20, 6, tmp_path, monkeypatch, seed=20)


@pytest.mark.full
def test_four_hundred_exports_and_two_hundred_kills(tmp_path, monkeypatch):
    check(400, 200, tmp_path, monkeypatch, seed=400)
