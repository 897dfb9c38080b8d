"""Kill the real worker in the middle of erasures, at every step: erased or queued, never half and called done (A2)."""

import os
import random
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from customers.models import Address, Customer, EmailAddress, Enquiry, Order
from privacy import audit, jobs, roles, subject_requests, suppression
from privacy.audit import AuditEntry
from privacy.erasure import Erasure, ErasureCertificate
from privacy.notices import OutgoingEmail
from privacy.vocabulary import Source
from tests import make
from tests.children import environment, running
from tests.servers import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WORKER = ["-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO", "--without-gossip"]
LEASE = 3
# Does one erasure in a process of its own, which kills itself at the given step, after or before its transaction.
SUICIDE = """
import os, signal, sys
import django
django.setup()
from privacy import jobs
from privacy.erasure import certificate, job
step, pk = int(sys.argv[1]), int(sys.argv[2])
calls = 0
def dying(owner, name):
    real = getattr(owner, name)
    def counted(*args, **values):
        global calls
        result = real(*args, **values)
        calls += 1
        if calls == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, counted)
for name in ("carry_out_for", "plan", "read_again", "_close", "empty_the_write_ahead_log"):
    dying(job, name)
dying(certificate, "issue")
jobs.work("privacy.erasure", pk)
print("came to its end")
"""


def wish():
    """A customer with a little of everything, and an erasure that two people agreed to, handed over to nobody yet."""
    mary, first, second = make.customer(login=True), make.staff(roles.OFFICER), make.staff(roles.OFFICER)
    make.order(mary), make.enquiry(mary), make.address(mary), make.vote(mary), make.session(mary), make.grant(mary)
    case = subject_requests.open_case(mary, "erasure", source=Source.LETTER, actor=first, identity_confirmed=True)
    subject_requests.start(case, actor=first)
    subject_requests.propose(case, actor=first)
    subject_requests.approve(case, actor=second, now=timezone.now() + timedelta(days=4))
    return Erasure.objects.get(case=case), mary.contact_email


def assert_done_once(row, address):
    row.refresh_from_db()
    person = row.data_subject
    assert (row.job_state, row.case.state) == ("done", "completed"), row.last_error
    assert row.failures == 0, row.last_error
    assert person.number.startswith("erased-") and not person.display_name
    for model in (EmailAddress, Enquiry, Address):
        assert not model.objects.filter(customer=person).exists()
    assert not Order.objects.filter(customer=person).exclude(bill_to="").exists()
    assert suppression.is_suppressed(address)
    assert AuditEntry.objects.filter(event="erasure.done", target=f"privacy.erasure:{row.pk}").count() == 1
    assert OutgoingEmail.objects.filter(key=row.letter_key).count() <= 1
    certified = ErasureCertificate.objects.get(erasure=row)
    assert certified.is_vouched_for and certified.letter_key == row.letter_key
    report = {line["model"]: line for line in row.report}
    went = [report[f"customers.{name}"]["deleted"] for name in ("Enquiry", "EmailAddress", "Address", "ProductVote")]
    assert went == [1, 1, 1, 1], "counted once each, however often it was begun again"


def assert_not_half_and_done(row):
    # The signs of being done are read before the row itself: another worker may finish it in between.
    is_audited = AuditEntry.objects.filter(event="erasure.done", target=f"privacy.erasure:{row.pk}").exists()
    is_certified = ErasureCertificate.objects.filter(erasure=row).exists()
    letter_is_out = OutgoingEmail.objects.filter(key=row.letter_key, run_after__lte=timezone.now()).exists()
    state = type(row.case).objects.get(pk=row.case_id).state
    row.refresh_from_db()
    if row.job_state != "done":
        assert (state, is_audited, letter_is_out, is_certified) == ("executing", False, False, False)


def kill_at(step, tmp_path):
    row, address = wish()
    log = tmp_path / "child.log"
    with running(log, "-c", SUICIDE, str(step), str(row.pk), JOB_LEASE_SECONDS=LEASE) as child:
        wait_until(lambda: not child.is_running, 60, "the child ends")
        assert child.process.returncode == -signal.SIGKILL, child.said
    assert_not_half_and_done(row)
    Erasure.objects.filter(pk=row.pk, job_state="working").update(lease_until=timezone.now() - timedelta(seconds=1))
    was_open = row.job_state != "done"
    assert jobs.work("privacy.erasure", row.pk) == was_open
    assert_done_once(row, address)


@pytest.mark.parametrize("step", [1, 2, 3, 5, 8, 12])
def test_killed_at_a_step(step, tmp_path):
    kill_at(step, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("step", range(1, 17))
def test_killed_at_every_step(step, tmp_path):
    kill_at(step, tmp_path)


def hand_over():
    jobs.sweep(timezone.now())
    Erasure.objects.filter(job_state="new").update(hinted_at=timezone.now() - timedelta(minutes=2))


def unfinished():
    return Erasure.objects.exclude(job_state="done").count()


def kill_some_worker(child, luck):
    """Sometimes a child in the middle of its work, sometimes the whole family."""
    pids = Path(f"/proc/{child.process.pid}/task/{child.process.pid}/children").read_text().split()
    if pids and luck.random() < 0.7:
        os.kill(int(luck.choice(pids)), signal.SIGKILL)
    else:
        child.kill()


def kill_a_worker_again_and_again(count, kills, tmp_path, monkeypatch, seed):
    monkeypatch.setattr(settings, "JOB_LEASE_SECONDS", LEASE)
    rows, luck, log = [wish() for _ in range(count)], random.Random(seed), tmp_path / "worker.log"
    deadline, killed = time.monotonic() + 60 + 8 * kills + 4 * count, 0
    while (killed < kills or unfinished()) and time.monotonic() < deadline:
        with running(log, *WORKER, JOB_LEASE_SECONDS=LEASE) as child:
            child.wait_for(" ready.", 60)
            while (killed < kills or unfinished()) and child.is_running and time.monotonic() < deadline:
                # As fast as a machine may work them off: there is somebody left to erase at every kill.
                if killed < kills and unfinished() < 20:
                    rows += [wish() for _ in range(20)]
                hand_over()
                time.sleep(luck.uniform(0.05, 0.6))
                if killed < kills:
                    kill_some_worker(child, luck)
                    killed += 1
                    for row, _ in rows:
                        assert_not_half_and_done(row)
        log.write_bytes(b"")
    assert (unfinished(), killed) == (0, kills)
    for row, address in rows:
        assert_done_once(row, address)
    assert audit.verify().broken is None
    assert Customer.objects.filter(number__startswith="erased-").count() == len(rows)


def test_ten_erasures_and_four_kills(tmp_path, monkeypatch):
    kill_a_worker_again_and_again(10, 4, tmp_path, monkeypatch, seed=10)


@pytest.mark.full
def test_three_hundred_erasures_and_more_over_two_hundred_kills(tmp_path, monkeypatch):
    kill_a_worker_again_and_again(300, 200, tmp_path, monkeypatch, seed=300)


def test_the_script_of_this_test_is_what_a_worker_runs(tmp_path):
    """Without a kill it comes to its end, so that the kills above prove something."""
    row, address = wish()
    with running(tmp_path / "child.log", "-c", SUICIDE, "0", str(row.pk)) as child:
        child.wait_for("came to its end", 60)
    assert_done_once(row, address)
    assert sys.executable in child.process.args and environment()["DATABASE_URL"]
