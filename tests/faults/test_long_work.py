"""A copy that takes long, or that no computer can finish, holds up nobody else (FAULTS A11)."""

import os
import signal
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone

from config import family
from config.celery import LONG_TASKS, app
from customers.models import Order
from privacy import export, jobs, tasks
from privacy.inbound import mailbox
from privacy.inbound.mailbox import InboundEmail
from privacy.notices import OutgoingEmail
from privacy.views.case_facts import progress
from tests import make
from tests.children import running
from tests.letters import REMOVE, letter
from tests.servers import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def asked_for_a_copy(orders):
    """Somebody with so many orders, and her copy that is handed over to nobody yet."""
    person = make.customer(login=True)
    first = make.order(person)
    fields = {f.attname: getattr(first, f.attname) for f in Order._meta.concrete_fields if not f.primary_key}
    Order.objects.bulk_create(Order(**fields | {"number": f"many-{n}"}) for n in range(orders))
    return make.case(person, "access", details="", identity_confirmed=True).export


def hand_over():
    """What the scheduler does every few seconds."""
    export.Export.objects.filter(job_state="new").update(
        hinted_at=timezone.now() - timedelta(minutes=2), run_after=timezone.now()
    )
    jobs.sweep()


def state_of(row):
    row.refresh_from_db()
    return row.job_state


def is_begun(row, times):
    return state_of(row) == "working" and row.claims == times


def has_failed(row, tries):
    row.refresh_from_db()
    return row.failures == tries


def test_while_a_long_copy_is_made_unsubscribes_go_on(tmp_path):
    row = asked_for_a_copy(2500)
    senders = [make.customer(f"anna{n}@example.com") for n in range(10)]
    workers = {member.name: member.argv[1:] for member in family.members() if "worker" in member.name}
    assert set(workers) == {"worker", "long worker"}
    with ExitStack() as stack:
        for name, argv in workers.items():
            log = tmp_path / f"{name}.log"
            child = stack.enter_context(running(log, *argv, "--loglevel", "INFO", WORKER_CONCURRENCY=1))
            child.wait_for(" ready.", 60)
        hand_over()
        wait_until(lambda: state_of(row) == "working", 30, "the copy has begun")
        for number in range(len(senders)):
            mailbox.accept(letter(f"anna{number}@example.com"), REMOVE, f"anna{number}@example.com", "pipe")
        wait_until(lambda: InboundEmail.objects.filter(job_state="done").count() == len(senders), 60, "all read")
        assert state_of(row) == "working", "they waited for the copy, or it was too short to tell"
        wait_until(lambda: state_of(row) == "done", 120, "the copy is whole")
    assert set(InboundEmail.objects.values_list("outcome", flat=True)) == {"act"}


def test_a_copy_that_never_ends_is_stopped_three_times_and_then_a_person_looks(tmp_path, monkeypatch):
    monkeypatch.setattr(export.Export, "most_seconds", 0.5)
    row = asked_for_a_copy(2500)
    plain = ["-m", "celery", "-A", "config", "worker", "--concurrency", "1", "--loglevel", "INFO", "--without-gossip"]
    with running(tmp_path / "worker.log", *plain) as child:
        child.wait_for(" ready.", 60)
        for tries in (1, 2, 3):
            hand_over()
            wait_until(partial(has_failed, row, tries), 60, f"stopped {tries} times")
            assert "being prepared" in progress(row.case, row)["words"]
        make.written("case_withdrawn", "a@example.com", key="k", context={"case": row.case})
        wait_until(lambda: OutgoingEmail.objects.filter(key="k", job_state="done").exists(), 30, "others go on")
    assert (row.job_state, row.last_error) == ("needs_attention", "SoftTimeLimitExceeded")
    assert row.released_at is None


def test_a_copy_for_which_memory_never_suffices_is_tried_three_times_and_a_killed_process_is_no_try(tmp_path):
    counters = tmp_path / "vmstat"
    counters.write_text("pgfault 7\noom_kill 3\n")
    row = asked_for_a_copy(4000)
    plain = ["-m", "celery", "-A", "config", "worker", "--concurrency", "1", "--loglevel", "INFO", "--without-gossip"]
    with running(tmp_path / "worker.log", *plain, JOB_LEASE_SECONDS=3, KERNEL_COUNTERS=counters) as child:
        child.wait_for(" ready.", 60)
        for tries, is_the_kernel in enumerate([False, True, True, True]):
            hand_over()
            wait_until(partial(is_begun, row, tries + 1), 60, f"begun {tries + 1} times")
            if is_the_kernel:
                counters.write_text(f"pgfault 7\noom_kill {3 + tries}\n")
            [process] = Path(f"/proc/{child.process.pid}/task/{child.process.pid}/children").read_text().split()
            os.kill(int(process), signal.SIGKILL)
            if is_the_kernel:
                wait_until(partial(has_failed, row, tries), 60, f"failed {tries} times")
                assert "being prepared" in progress(row.case, row)["words"]
            else:
                wait_until(lambda: row.lease_until < timezone.now(), 30, "the lease is over")
                assert (state_of(row), row.failures) == ("working", 0)
        make.written("case_withdrawn", "a@example.com", key="k", context={"case": row.case})
        wait_until(lambda: OutgoingEmail.objects.filter(key="k", job_state="done").exists(), 30, "others go on")
    assert (row.job_state, row.last_error) == ("needs_attention", "OutOfMemory")
    assert row.released_at is None


def test_the_queues_have_the_same_names_for_those_who_fill_them_and_those_who_take(session_broker):
    assert {queue.name for queue in app.conf.task_queues} == {jobs.QUICK, jobs.LONG}
    assert app.conf.task_default_queue == jobs.QUICK
    for model in jobs.concrete():
        assert model.queue in {jobs.QUICK, jobs.LONG}
    tasks.purge.delay()
    assert session_broker.command("LLEN", "long") == b":1"
    assert {f"privacy.tasks.{name}" for name in LONG_TASKS} <= set(app.tasks)
