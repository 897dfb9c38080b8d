"""The purge's brakes and its switch: too much, a clock that jumped, a hand that stops it; two people let it go on."""

import json
import runpy
import sys
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections, transaction

from customers.models import BrowsingRecord, Enquiry
from privacy import tasks
from privacy.audit import AuditEntry
from privacy.purge import (
    NotAgreed,
    PurgeLine,
    PurgeRefused,
    PurgeRun,
    PurgeStop,
    agreeing,
    batches,
    purge,
    stopping,
    windows,
)
from privacy.roles import AGENT, AUDITOR, OFFICER
from tests import make
from tests.children import ROOT
from tests.office import colleague

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)
NOW = datetime.combine(TODAY, time(3), tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def ines():
    return colleague(OFFICER)


@pytest.fixture
def tomasz():
    return colleague(OFFICER)


def browsing(count, at=make.LONG_AGO):
    BrowsingRecord.objects.bulk_create(
        BrowsingRecord(visitor_id=str(n), kind="page", what="/", at=at) for n in range(count)
    )


def refused(today=TODAY):
    with pytest.raises(PurgeRefused):
        purge(today=today)
    return PurgeRun.objects.first()


def nights(counts, label="customers.BrowsingRecord"):
    """What went of one kind on the nights before, the last one yesterday."""
    for ago, count in enumerate(reversed(counts), 1):
        run = PurgeRun.objects.create(today=TODAY - timedelta(days=ago), outcome="done")
        PurgeLine.objects.create(run=run, model=label, deleted=count, retention="1 year, 1 month from at")


# --- two people ------------------------------------------------------------------------------------------


def test_a_refused_purge_passes_when_a_second_different_person_agrees(ines, tomasz):
    browsing(101)
    run = refused()
    assert run.losses == {"customers.BrowsingRecord": [101, 101]}
    agreeing.propose(run, actor=ines, reason="The old visits were imported in one night.", now=NOW)
    assert refused().pk != run.pk and BrowsingRecord.objects.count() == 101, "one person is not enough"
    agreeing.agree(run, actor=tomasz, now=NOW)
    purge(today=TODAY)
    assert BrowsingRecord.objects.count() == 0
    assert PurgeRun.objects.first().let_pass == run
    events = AuditEntry.objects.filter(event__startswith="purge.pass_").order_by("pk")
    assert list(events.values_list("event", "actor")) == [
        ("purge.pass_proposed", f"customers.account:{ines.pk}"),
        ("purge.pass_agreed", f"customers.account:{tomasz.pk}"),
    ]


def test_the_same_person_cannot_agree_and_the_database_itself_refuses_it(ines):
    browsing(101)
    run = refused()
    agreeing.propose(run, actor=ines, reason="Looked at.", now=NOW)
    with pytest.raises(NotAgreed, match="Two different people"):
        agreeing.agree(run, actor=ines, now=NOW)
    me = f"customers.account:{ines.pk}"
    for values in ({"agreed_by": me}, {"agreed_by": "x", "reason": ""}, {"agreed_by": "x", "proposed_by": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PurgeRun.objects.filter(pk=run.pk).update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        PurgeRun.objects.create(today=TODAY, outcome="done", reason="x", proposed_by="a", agreed_by="b")
    assert not refused().let_pass


def test_what_was_agreed_holds_for_those_counts_and_that_day_alone(ines, tomasz, clock):
    browsing(101)
    run = refused()
    agreeing.propose(run, actor=ines, reason="Looked at.", now=NOW)
    agreeing.agree(run, actor=tomasz, now=NOW)
    browsing(1)
    again = refused()
    assert again.losses == {"customers.BrowsingRecord": [102, 102]}, "one more than they had seen"
    BrowsingRecord.objects.first().delete()
    clock.shift(timedelta(days=1))
    refused(TODAY + timedelta(days=1))
    assert BrowsingRecord.objects.count() == 101
    clock.shift(timedelta(days=-1))
    assert purge(today=TODAY)
    assert BrowsingRecord.objects.count() == 0


def test_nothing_is_proposed_without_a_reason_nor_of_yesterday_nor_twice(ines, tomasz, clock):
    browsing(101)
    run = refused()
    with pytest.raises(NotAgreed, match="Write why"):
        agreeing.propose(run, actor=ines, reason=" ", now=NOW)
    with pytest.raises(NotAgreed, match="Nobody has proposed"):
        agreeing.agree(run, actor=tomasz, now=NOW)
    agreeing.propose(run, actor=ines, reason="Looked at.", now=NOW)
    with pytest.raises(NotAgreed, match="already"):
        agreeing.propose(run, actor=tomasz, reason="Me too.", now=NOW)
    clock.shift(timedelta(days=1))
    with pytest.raises(NotAgreed, match="refused today"):
        agreeing.agree(run, actor=tomasz, now=NOW + timedelta(days=1))


def test_whoever_says_no_ends_it_for_that_day(ines, tomasz):
    browsing(101)
    run = refused()
    agreeing.propose(run, actor=ines, reason="Looked at.", now=NOW)
    agreeing.turn_down(run, actor=tomasz, now=NOW)
    with pytest.raises(NotAgreed):
        agreeing.agree(run, actor=tomasz, now=NOW)
    refused()
    assert BrowsingRecord.objects.count() == 101


def test_a_purge_that_was_done_is_not_proposed(ines):
    purge(today=TODAY)
    with pytest.raises(NotAgreed):
        agreeing.propose(PurgeRun.objects.get(), actor=ines, reason="Why not.", now=NOW)


def test_the_worker_runs_what_was_agreed_once(ines, tomasz):
    browsing(101)
    run = refused()
    agreeing.propose(run, actor=ines, reason="Looked at.", now=NOW)
    tasks.purge_agreed()
    assert BrowsingRecord.objects.count() == 101
    agreeing.agree(run, actor=tomasz, now=NOW)
    tasks.purge_agreed()
    assert BrowsingRecord.objects.count() == 0
    count = PurgeRun.objects.count()
    tasks.purge_agreed()
    assert PurgeRun.objects.count() == count


# --- three times the median ------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "due", "passes"), [
    ([50] * 7, 150, True),
    ([50] * 7, 151, False),
    ([0, 0, 50, 50, 50, 900, 900], 150, True),
    ([50] * 6, 151, True),  # less than a week says nothing yet
    ([0] * 7, 101, False),
    ([0] * 7, 100, True),  # so few pass whatever is usual
    ([900] * 10 + [50] * 14, 151, False),  # only the last fourteen count
])  # fmt: skip
def test_more_than_three_times_the_median_of_the_last_nights_is_refused(before, due, passes):
    nights(before)
    browsing(due)
    browsing(5000, at=NOW)
    if passes:
        purge(today=TODAY)
    else:
        assert "go on a usual night" in refused().message
    assert BrowsingRecord.objects.count() == 5000 + (0 if passes else due)


def test_what_is_held_or_kept_back_does_not_pull_the_brake():
    """Choices in force are past their six years for ever; they must not stop every night."""
    mary = make.customer()
    Enquiry.objects.bulk_create(
        Enquiry(customer=mary, subject="x", body="y", received_at=make.LONG_AGO) for _ in range(150)
    )
    make.restriction(mary, lifted_at=None, lift_proposed_by="", lifted_by="")
    line = {x.model: x for x in purge(today=TODAY)}["customers.Enquiry"]
    assert (line.due, line.held, line.deleted) == (150, 150, 0)


# --- the clock (FAULTS E49) ------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-1, 40])
def test_the_task_refuses_when_the_clock_jumped_and_two_people_get_past_it_honestly(days, ines, tomasz, clock):
    tasks.purge()
    make.enquiry(make.customer(), received_at=make.LONG_AGO)
    clock.shift(timedelta(days=days))
    with pytest.raises(PurgeRefused, match="last purge on 2026-11-30"):
        tasks.purge()
    run, now = PurgeRun.objects.first(), NOW + timedelta(days=days)
    assert (run.jumped_from, run.losses, Enquiry.objects.count()) == (TODAY, {}, 1)
    agreeing.propose(run, actor=ines, reason="The server was off for weeks; the clock is right.", now=now)
    agreeing.agree(run, actor=tomasz, now=now)
    tasks.purge_agreed()
    assert Enquiry.objects.count() == 0
    clock.shift(timedelta(days=1))
    tasks.purge()
    assert PurgeRun.objects.first().outcome == "done", "from here on the nights count as usual"


# --- the switch ------------------------------------------------------------------------------------------


def test_one_person_stops_every_purge_and_two_lift_it(ines, tomasz):
    browsing(3)
    stopping.stop(actor=ines, reason="Too many complaints.", now=NOW)
    assert "stopped" in refused().message
    stopping.stop(actor=tomasz, now=NOW)
    assert PurgeStop.objects.count() == 1, "twice is once"
    stopping.propose_resuming(actor=ines, now=NOW)
    with pytest.raises(NotAgreed, match="Two different people"):
        stopping.resume_purges(actor=ines, now=NOW)
    refused()
    stopping.resume_purges(actor=tomasz, now=NOW)
    purge(today=TODAY)
    assert BrowsingRecord.objects.count() == 0
    with pytest.raises(NotAgreed, match="not stopped"):
        stopping.propose_resuming(actor=ines, now=NOW)


def test_the_database_lifts_no_stop_for_one_person_and_lets_none_stand_twice(ines):
    row = stopping.stop(actor=ines, now=NOW)
    rows = PurgeStop.objects.filter(pk=row.pk)
    lifted = {"stands": None, "lifted_at": NOW, "lifted_by": "a"}
    for values in (lifted, lifted | {"lift_proposed_by": "a"}, {"stands": None}, {"stands": False}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        PurgeStop.objects.create(stopped_by="b")
    rows.update(**lifted, lift_proposed_by="b")
    assert stopping.current_stop() is None


def test_a_new_stop_takes_back_the_proposal_to_go_on(ines, tomasz):
    stopping.stop(actor=ines, now=NOW)
    stopping.propose_resuming(actor=ines, now=NOW)
    stopping.stop(actor=tomasz, now=NOW)
    with pytest.raises(NotAgreed):
        stopping.resume_purges(actor=tomasz, now=NOW)


def test_a_running_purge_sees_the_switch_within_one_batch(ines, monkeypatch):
    monkeypatch.setattr(windows, "ROWS", 10)
    browsing(95)
    calls, real = [], batches._write_down

    def one_batch(walk, gone):
        real(walk, gone)
        calls.append(gone)
        if len(calls) == 3:
            stopping.stop(actor=ines, now=NOW)

    monkeypatch.setattr(batches, "_write_down", one_batch)
    with pytest.raises(PurgeRefused, match="Stopped by hand"):
        purge(today=TODAY)
    assert calls == [10, 10, 10] and BrowsingRecord.objects.count() == 65
    run = PurgeRun.objects.get()
    assert run.outcome == "stopped" and run.removed == 30
    assert AuditEntry.objects.filter(event="purge.stopped").exists()


# --- the command -----------------------------------------------------------------------------------------


def test_the_command_needs_two_who_may(ines, tomasz, capsys):
    browsing(150)
    with pytest.raises(CommandError, match="150 of 150"):
        call_command("purge")
    strangers = [(None, "who you are"), ("x@example.com", "no active staff"), (make.account().email, "no active staff")]
    for actor, why in [*strangers, *((colleague(role).email, "may not") for role in (AGENT, AUDITOR))]:
        with pytest.raises(CommandError, match=why):
            call_command("purge", propose=True, actor=actor, reason="x")
    with pytest.raises(CommandError, match="Write why"):
        call_command("purge", propose=True, actor=ines.email)
    call_command("purge", propose=True, actor=ines.email, reason="Imported in one night.")
    with pytest.raises(CommandError, match="Two different people"):
        call_command("purge", agree=True, actor=ines.email)
    assert BrowsingRecord.objects.count() == 150
    capsys.readouterr()
    call_command("purge", agree=True, actor=tomasz.email)
    assert json.loads(capsys.readouterr().out)["customers.BrowsingRecord"]["deleted"] == 150


def test_the_command_stops_and_resumes(ines, tomasz):
    call_command("purge", stop=True, actor=ines.email)
    with pytest.raises(CommandError, match="stopped"):
        call_command("purge")
    call_command("purge", resume=True, actor=ines.email)
    with pytest.raises(CommandError, match="Two different people"):
        call_command("purge", resume=True, actor=ines.email)
    call_command("purge", resume=True, actor=tomasz.email)
    call_command("purge")


def test_a_purge_of_another_day_is_not_let_pass(ines):
    """`--today` is no way around the clock."""
    purge(today=TODAY)
    with pytest.raises(PurgeRefused):
        purge(today=TODAY + timedelta(days=400))
    with pytest.raises(NotAgreed):
        agreeing.propose(PurgeRun.objects.first(), actor=ines, reason="x", now=NOW)


@pytest.mark.parametrize("length", ["days=0", "days=-1", "", "years=1, months=-2"])
def test_a_retention_of_nothing_in_another_app_s_declaration_refuses_to_start(length, tmp_path, monkeypatch, capsys):
    """FAULTS E50: one clear line, exit 1, nothing deleted."""
    browsing(3)
    module = f"wrong{abs(hash(length))}"
    said = (
        "from privacy.personal_data import Retention\n"
        f"DECLARATIONS = {{'auth.Group': Retention(since='x'{', ' + length if length else ''})}}\n"
    )
    (tmp_path / f"{module}.py").write_text(said)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("django.conf.settings.PERSONAL_DATA_OF_OTHER_APPS", f"{module}.DECLARATIONS")
    monkeypatch.setattr(sys, "argv", ["manage.py", "purge"])
    monkeypatch.setattr(connections, "close_all", lambda: None)  # which a command does at its end
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(ROOT / "manage.py"), run_name="__main__")
    error = capsys.readouterr().err
    assert end.value.code == 1
    assert error.startswith("A retention must be longer than nothing") and error.count("\n") == 1
    assert BrowsingRecord.objects.count() == 3
