"""Rows are the queue: whatever the broker or a worker does, each job has its effect once."""

from datetime import timedelta

import pytest
from celery import current_app
from django.core import mail
from django.utils import timezone

from privacy import jobs
from privacy.notices import OutgoingEmail
from tests import make
from tests.races import at_once
from tests.servers import wait_until

pytestmark = pytest.mark.django_db
LABEL = "privacy.outgoingemail"


@pytest.fixture
def letter(db):
    return make.outgoing_email(make.customer())


def test_a_job_is_done_once_however_often_the_message_comes(letter):
    assert [jobs.work(LABEL, letter.pk) for _ in range(5)] == [True, False, False, False, False]
    letter.refresh_from_db()
    assert (letter.job_state, letter.claims, len(mail.outbox)) == ("done", 1, 1)


def test_a_claim_waits_for_its_time(letter):
    OutgoingEmail.objects.update(run_after=timezone.now() + timedelta(minutes=1))
    assert jobs.claim(OutgoingEmail, letter.pk, timezone.now()) is None
    assert jobs.claim(OutgoingEmail, letter.pk, timezone.now() + timedelta(minutes=2)) is not None


def test_a_job_in_work_is_left_alone_until_its_lease_runs_out(letter):
    now = timezone.now()
    assert jobs.claim(OutgoingEmail, letter.pk, now)
    assert jobs.claim(OutgoingEmail, letter.pk, now + timedelta(seconds=30)) is None
    assert jobs.claim(OutgoingEmail, letter.pk, now + timedelta(seconds=61)).claims == 2


def test_who_lost_the_claim_can_write_nothing_more(letter):
    now = timezone.now()
    slow = jobs.claim(OutgoingEmail, letter.pk, now)
    jobs.claim(OutgoingEmail, letter.pk, now + timedelta(minutes=5))
    with pytest.raises(jobs.LostClaim):
        slow.write(last_error="late")
    with pytest.raises(jobs.LostClaim), slow.settling():
        pytest.fail("the effect must not happen")


def test_three_failures_ask_for_a_person_and_cancel_nothing(letter, monkeypatch):
    monkeypatch.setattr(OutgoingEmail, "perform", lambda _: 1 / 0)
    for _ in range(3):
        OutgoingEmail.objects.update(run_after=timezone.now())
        jobs.work(LABEL, letter.pk)
    letter.refresh_from_db()
    assert (letter.job_state, letter.failures, letter.last_error) == ("needs_attention", 3, "ZeroDivisionError")
    assert list(OutgoingEmail.objects.needing_attention()) == [letter]


def test_after_a_failure_it_waits_longer_each_time(letter, monkeypatch):
    monkeypatch.setattr(OutgoingEmail, "perform", lambda _: 1 / 0)
    waits = []
    for _ in range(2):
        OutgoingEmail.objects.update(run_after=timezone.now())
        jobs.work(LABEL, letter.pk)
        letter.refresh_from_db()
        waits.append(letter.run_after - timezone.now())
    assert timedelta(0) < waits[0] < waits[1]


def test_a_job_that_kills_its_workers_is_put_aside(letter):
    OutgoingEmail.objects.update(claims=jobs.MAX_CLAIMS)
    assert not jobs.work(LABEL, letter.pk)
    letter.refresh_from_db()
    assert (letter.job_state, letter.last_error) == ("needs_attention", "TooManyClaims")


def test_an_error_is_remembered_by_its_kind_and_never_by_its_text(letter, monkeypatch):
    def fail(self):
        raise ValueError(self.to_address)

    monkeypatch.setattr(OutgoingEmail, "perform", fail)
    jobs.work(LABEL, letter.pk)
    letter.refresh_from_db()
    assert letter.last_error == "ValueError"


def test_the_sweeper_hands_over_what_the_broker_lost(letter, session_broker):
    assert jobs.sweep() == 1
    assert session_broker.command("LLEN", "celery") == b":1"
    assert jobs.sweep() == 0, "not again within the minute"
    assert jobs.sweep(timezone.now() + timedelta(minutes=2)) == 1


def test_a_job_is_noted_as_handed_over_before_a_worker_can_hear_of_it(letter, monkeypatch):
    """A worker passes over rows that somebody is writing; noted afterwards, a quick worker would lose its minute."""
    noted = []

    def send_task(*args, **kwargs):
        noted.append(OutgoingEmail.objects.exclude(hinted_at=None).exists())

    monkeypatch.setattr(current_app, "send_task", send_task)
    assert jobs.sweep() == 1
    assert noted == [True]


def test_without_a_broker_nothing_is_lost_and_nobody_sees_an_error(
    letter, session_broker, django_capture_on_commit_callbacks
):
    session_broker.stop()
    with django_capture_on_commit_callbacks(execute=True):
        row = make.written("case_withdrawn", "a@example.com", key="k", context={"case": make.case(make.customer())})
    row.refresh_from_db()
    assert row.job_state == "new"
    assert row.hinted_at is None


def test_the_message_carries_ids_and_no_data(letter, session_broker):
    jobs.sweep()
    message = str(session_broker.command("LRANGE", "celery", "0", "-1"))
    assert LABEL in message
    assert make.CANARY not in message


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_gets_the_job():
    letter = make.outgoing_email(make.customer())
    claims = at_once(5, lambda: jobs.claim(OutgoingEmail, letter.pk, timezone.now()))
    assert len([job for job in claims if job]) == 1


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_does_a_job_by_the_hint_alone(worker):
    row = make.written("case_withdrawn", "a@example.com", key="k", context={"case": make.case(make.customer())})
    wait_until(lambda: OutgoingEmail.objects.get(pk=row.pk).job_state == "done", 20, "the worker sends the letter")
