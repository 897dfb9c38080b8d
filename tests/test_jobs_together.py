"""Quick jobs are done several at a time: what goes wrong with one harms no other, and each has its effect once."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from privacy import audit, consent, jobs
from privacy.audit import AuditEntry
from privacy.inbound import mailbox
from privacy.inbound.identity import Letter
from privacy.inbound.mailbox import InboundEmail
from privacy.notices import OutgoingEmail
from tests import make
from tests.letters import REMOVE, letter
from tests.races import at_once

pytestmark = pytest.mark.django_db
LABEL = "privacy.inboundemail"


def mails(count, **customer):
    """So many mails of as many customers who want no more advertising; their keys."""
    for number in range(count):
        make.grant(make.customer(f"person{number}@example.com", **customer))
    identities = mailbox.accept_all(
        Letter(letter(f"person{n}@example.com", Message_ID=f"<{n}@x>"), REMOVE, "", "smtp") for n in range(count)
    )
    return list(InboundEmail.objects.filter(identity__in=identities).order_by("pk").values_list("pk", flat=True))


def states():
    return list(InboundEmail.objects.order_by("pk").values_list("job_state", flat=True))


def withdrawn():
    return consent.ConsentEntry.objects.filter(decision="withdrawn").count()


def test_several_have_one_entry_in_the_ledger_and_one_in_the_log_each():
    pks = mails(5)
    assert jobs.work(LABEL, *pks)
    assert states() == ["done"] * 5
    assert withdrawn() == AuditEntry.objects.filter(event="consent.withdrawn").count() == 5
    assert OutgoingEmail.objects.filter(template="mail_receipt").count() == 5
    assert audit.verify().is_intact


def test_the_same_message_again_does_nothing():
    pks = mails(3)
    assert [jobs.work(LABEL, *pks) for _ in range(3)] == [True, False, False]
    assert withdrawn() == 3


def test_one_that_fails_harms_no_other_and_leaves_no_half(monkeypatch):
    pks, perform = mails(5), InboundEmail.perform

    def fail_for_one(self):
        perform(self)
        if self.pk == pks[2]:
            raise RuntimeError

    monkeypatch.setattr(InboundEmail, "perform", fail_for_one)
    # By itself its effects and its end are one transaction as well, so here the error comes after that.
    assert not jobs.work(LABEL, *pks)
    assert states() == ["done"] * 5
    assert withdrawn() == AuditEntry.objects.filter(event="consent.withdrawn").count() == 5


def test_one_whose_effect_fails_waits_for_its_next_try(monkeypatch):
    pks, carry_out = mails(5), mailbox.effects.carry_out

    def fail_for_one(found, *, mail, **more):
        done = carry_out(found, mail=mail, **more)
        if mail == pks[2]:
            raise RuntimeError
        return done

    monkeypatch.setattr(mailbox.effects, "carry_out", fail_for_one)
    assert not jobs.work(LABEL, *pks)
    assert states() == ["done", "done", "new", "done", "done"]
    row = InboundEmail.objects.get(pk=pks[2])
    assert (row.failures, row.last_error) == (1, "RuntimeError")
    assert withdrawn() == AuditEntry.objects.filter(event="consent.withdrawn").count() == 4
    assert audit.verify().is_intact


def test_one_that_cannot_be_judged_waits_and_the_others_are_done(monkeypatch):
    pks, judge = mails(4), InboundEmail.judge
    monkeypatch.setattr(InboundEmail, "judge", lambda self: judge(self) if self.pk != pks[0] else 1 / 0)
    assert not jobs.work(LABEL, *pks)
    assert states() == ["new", "done", "done", "done"]


def test_one_that_was_erased_since_it_was_claimed_does_not_hold_up_the_others(monkeypatch):
    pks, fetch = mails(4), InboundEmail.fetch

    def erased(claimed):
        InboundEmail.objects.filter(pk=pks[1]).delete()
        fetch(claimed)

    monkeypatch.setattr(InboundEmail, "fetch", erased)
    assert not jobs.work(LABEL, *pks)
    assert states() == ["done", "done", "done"]
    assert withdrawn() == 3


def test_one_that_was_taken_away_meanwhile_is_left_to_whoever_has_it(monkeypatch):
    pks, prepare = mails(3), InboundEmail.prepare

    def taken_away(self):
        prepare(self)
        InboundEmail.objects.filter(pk=pks[1]).update(claims=7)

    monkeypatch.setattr(InboundEmail, "prepare", taken_away)
    assert not jobs.work(LABEL, *pks)
    assert states() == ["done", "working", "done"]
    assert withdrawn() == 2


def test_what_waited_long_for_its_turn_renews_its_lease_first(monkeypatch):
    now = timezone.now()
    pks = [make.outgoing_email(make.customer()).pk for _ in range(2)]
    early = now - timedelta(seconds=settings.JOB_LEASE_SECONDS / 2)
    OutgoingEmail.objects.update(run_after=early)
    [first, second] = jobs.claim_many(OutgoingEmail, pks, early)
    renewed = []
    monkeypatch.setattr(OutgoingEmail, "renew", lambda self, _: renewed.append(self.pk))
    monkeypatch.setattr("privacy.jobs.working.claim_many", lambda *_: [first, second])
    assert jobs.work("privacy.outgoingemail", *pks)
    assert renewed == pks


def test_a_letter_shares_the_message_and_never_the_transaction():
    assert OutgoingEmail.shared is None
    pks = [make.outgoing_email(make.customer()).pk for _ in range(3)]
    with CaptureQueriesContext(connection) as captured:
        assert jobs.work("privacy.outgoingemail", *pks)
    ends = [query for query in captured if query["sql"].startswith("UPDATE") and "'done'" in query["sql"]]
    assert len(ends) == 3


def test_many_rows_go_with_few_messages(session_broker):
    mails(InboundEmail.at_once + 1)
    assert jobs.sweep() == InboundEmail.at_once + 1
    assert session_broker.command("LLEN", "celery") == b":2"


def test_receipts_of_several_are_handed_over_with_one_message(session_broker, django_capture_on_commit_callbacks):
    pks = mails(4)
    with jobs.gathering(), django_capture_on_commit_callbacks(execute=True):
        jobs.work(LABEL, *pks)
    assert OutgoingEmail.objects.filter(hinted_at=None).count() == 0
    assert session_broker.command("LLEN", "celery") == b":1"


def test_a_mail_alone_takes_few_statements():
    [pk] = mails(1)
    with CaptureQueriesContext(connection) as captured:
        jobs.work(LABEL, pk)
    assert len(captured) <= 24


def test_more_at_once_take_fewer_statements_each():
    pks = mails(10)
    with CaptureQueriesContext(connection) as captured:
        jobs.work(LABEL, *pks)
    assert len(captured) / len(pks) <= 12


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_with_the_same_message_each_job_goes_to_one():
    pks = mails(10)
    taken = at_once(4, lambda: jobs.claim_many(InboundEmail, pks, timezone.now()))
    assert sorted(job.pk for some in taken for job in some) == pks


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_write_each_decision_once():
    pks = mails(20)
    at_once(4, lambda: [jobs.work(LABEL, *pks[start : start + 5]) for start in range(0, 20, 5)])
    assert states() == ["done"] * 20
    assert withdrawn() == 20
    assert audit.verify().is_intact
