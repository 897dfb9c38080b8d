"""Kill real processes in the middle of purges, at every step, two at once: the final set is the same (FAULTS E51)."""

import os
import random
import signal
from datetime import UTC, date, datetime

import pytest
from django.db import connections
from django.test import TransactionTestCase

from customers.models import Account, Address, BrowsingRecord, Customer, EmailAddress, Enquiry, Order
from privacy import audit
from privacy.consent import ConsentEntry
from privacy.purge import PurgeLine, PurgeRefused, batches, leftovers, night, windows
from tests import make, purging

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TODAY = date(2026, 11, 30)
YOUNG = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(windows, "ROWS", 2)


def plant():
    """People to forget, people to keep, and one who is held; each with a mark by which a row is known again."""
    kept = make.customer("kept@example.com", last_active_at=YOUNG, login=True)
    held = make.customer("held@example.com", last_active_at=make.LONG_AGO)
    make.restriction(held, lifted_at=None, lift_proposed_by="", lifted_by="")
    old = [make.customer(f"old{n}@example.com", last_active_at=make.LONG_AGO, login=True) for n in range(2)]
    for n, person in enumerate([kept, held, *old]):
        make.address(person, locality=f"m{n}"), make.enquiry(person, subject=f"m{n}")
        make.enquiry(person, subject=f"young {n}", received_at=YOUNG)
        make.order(person, number=f"m{n}"), make.order(person, number=f"young {n}", placed_on=YOUNG.date())
        make.grant(person, occurred_at=make.LONG_AGO)
        make.browsing_record(person, visitor_id=f"m{n}")
        make.browsing_record(person, visitor_id=f"young {n}", at=YOUNG)
    for person in old:
        purging.warned(person, written_at=YOUNG.replace(month=9), left_at=YOUNG.replace(month=9))


def survivors():
    """What is there, by marks and not by keys."""
    marks = {
        Account: "email", Address: "locality", BrowsingRecord: "visitor_id", Customer: "last_active_at",
        EmailAddress: "address", Enquiry: "subject", Order: "number", ConsentEntry: "occurred_at",
    }  # fmt: skip
    found = {model: model._base_manager.values_list(mark, flat=True) for model, mark in marks.items()}
    return {
        m.__name__: sorted("erased" if str(x).startswith("erased-") else str(x) for x in f) for m, f in found.items()
    }


def dying(step):
    """Counts what a purge does, within transactions and after them, and dies at this step; how many there were."""
    done = [0]

    def counted(module, name):
        real = getattr(module, name)

        def call(*args, **values):
            result = real(*args, **values)
            done[0] += 1
            if done[0] == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(module, name, call)

    for name in ("carry_out", "delete", "_write_down"):
        counted(batches, name)
    counted(night, "batch")
    return done


def child(step):
    """A process of its own that purges, and is killed at this step; its number."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        done = dying(step)
        night.purge(today=TODAY)
        os._exit(min(done[0], 250))
    except PurgeRefused:
        os._exit(251)
    finally:
        os._exit(252)


def was_killed(pid):
    """Waits for its end; False where it came to it by itself."""
    _pid, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) <= 250, "a purge that is not killed does its work"
    return os.WIFSIGNALED(status)


def steps_of_a_whole_purge():
    """How many there are to die at, and what a purge leaves that nobody disturbed."""
    plant()
    purging.agreed(TODAY)
    _pid, status = os.waitpid(child(0), 0)
    steps = os.WEXITSTATUS(status)
    assert 20 < steps <= 250
    return steps, survivors()


def begin_again():
    """The database as it was before the test, and the same people in it."""
    TransactionTestCase._fixture_teardown(None)
    plant()
    purging.agreed(TODAY)


def assert_what_is_committed_is_whole():
    for line in PurgeLine.objects.all():
        assert line.deleted + line.anonymised == sum(line.batches.values_list("removed", flat=True))
    assert audit.verify().broken is None


def kill_until_it_is_done(steps, luck, *, at_once=1):
    """Purges that die at some step, one after the other or two at a time, until one comes to its end; the kills."""
    kills = 0
    while True:
        children = [child(luck.choice(steps)) for _ in range(at_once)]
        deaths = [was_killed(pid) for pid in children]
        kills += sum(deaths)
        assert_what_is_committed_is_whole()
        if not all(deaths):
            return kills


def judge(expected):
    """Once more to the end, and once more: the same set as if nobody had died."""
    for _ in range(2):
        assert not was_killed(child(0))
        assert survivors() == expected
    assert leftovers.look(TODAY) == {}
    assert Customer.objects.filter(emails__address="held@example.com").exists()


def test_two_that_are_killed_in_their_middle_leave_the_same_as_one_that_nobody_disturbed():
    steps, expected = steps_of_a_whole_purge()
    begin_again()
    children = child(steps // 3), child(steps // 2)
    deaths = [was_killed(pid) for pid in children]
    assert any(deaths), "the second may find little left to do"
    assert_what_is_committed_is_whole()
    judge(expected)


def test_killed_before_its_last_step_the_next_takes_the_shells_that_it_left():
    """Nothing is due any longer then, and the logins of those it forgot are blank, but there."""
    steps, expected = steps_of_a_whole_purge()
    begin_again()
    left = []
    for step in range(steps - 6, steps):
        was_killed(child(step))
        left.append(survivors() != expected)
        judge(expected)
        begin_again()
    assert any(left), "some were killed with work undone"


@pytest.mark.full
def test_killed_two_hundred_times_alone_and_two_at_once_the_same_is_left():
    steps, expected = steps_of_a_whole_purge()
    kills, rounds, luck = 0, 0, random.Random(51)
    while kills < 200:
        begin_again()
        kills += kill_until_it_is_done(range(1, steps + 1), luck, at_once=1 + rounds % 2)
        judge(expected)
        rounds += 1
    assert kills >= 200
