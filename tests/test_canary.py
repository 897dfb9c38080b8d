"""The nightly self-test: a whole run keeps every promise, and whatever breaks one is seen, by the name of its step."""

import dataclasses
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings as project
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from customers.canary import _free_number
from customers.models import Account, Customer, Order
from customers.numbers import new_number, read_number
from privacy import audit, canary, corrections, erasure, figures, jobs, preferences, suppression, traces
from privacy.alarms import DeadlineAlarm, raise_alarms
from privacy.audit import AuditEntry
from privacy.canary import CanaryRun, CanaryStep, Colour, choosing, person, starting
from privacy.canary import run as runs
from privacy.canary.step import Broken
from privacy.consent import ConsentEntry
from privacy.erasure import job
from privacy.export import steps as export_steps
from privacy.figures import MonthFigure
from privacy.inbound import commands
from privacy.inbound.mailbox import InboundEmail
from privacy.notices import OutgoingEmail
from privacy.personal_data import declarations
from privacy.purge import PurgeRun
from privacy.roles import AGENT, AUDITOR, OFFICER
from privacy.subject_requests import DataSubjectRequest
from privacy.tasks import canary as nightly
from privacy.views import health
from tests import make
from tests.office import colleague, desk, shown
from tests.servers import free_port
from tests.test_importers import bring_in

pytestmark = pytest.mark.django_db
HERE = CanaryRun.Road.HERE
TWO = datetime(2026, 9, 10, 1, 30, tzinfo=UTC)  # half past two in London
KEPT = dict.fromkeys(canary.STEPS, "done")


@pytest.fixture
def only(monkeypatch):
    """Runs of these steps alone, with the first and the last, and without patience."""

    def cut(*names):
        wanted = [name for name in canary.STEPS if name in {"cleared", "made", "removed", *names}]
        steps = {name: dataclasses.replace(canary.STEPS[name], patience=timedelta(0)) for name in wanted}
        monkeypatch.setattr(runs, "STEPS", steps)

    return cut


def ran(road=HERE, **more):
    """A run, from beginning to end, in this process."""
    run = canary.start(timezone.now(), occasion=f"test-{CanaryRun.objects.count()}", road=road)
    return starting.follow(run, lambda _row: None, pause=0.05, **more)


def outcomes(run):
    return {row.name: row.outcome for row in run.steps.all()}


def line(run, name):
    return run.steps.get(name=name).line


def everything():
    """How many rows of people there are, and the keys of those who are there."""
    return {d.label: sorted(map(str, d.rows.values_list("pk", flat=True))) for d in declarations() if d.data_subject}


# --- a whole run ------------------------------------------------------------------------------------------


def test_a_whole_run_keeps_every_promise_and_leaves_no_row_no_file_and_no_figure(broker):
    mary = make.customer(login=True)
    make.order(mary), make.enquiry(mary), make.grant(mary), make.address(mary)
    before, heads = everything(), AuditEntry.objects.count()
    run = ran()
    assert outcomes(run) == KEPT, list(run.steps.values_list("name", "line"))
    assert (run.outcome, run.job_state) == ("kept", "done") and run.removed_at and run.finished_at
    assert everything() == before
    assert list(Customer.objects.all()) == [mary] and list(Account.objects.all()) == [mary.account]
    assert list(traces.find(person.word_of(run), person.probe_of(run))) == []
    said = set(AuditEntry.objects.filter(subject=run.subject).values_list("event", flat=True))
    assert said >= {"canary.made", "consent.granted", "consent.withdrawn", "rectification", "export.done",
                    "export.opened", "erasure.done", "canary.removed"}  # fmt: skip
    assert AuditEntry.objects.count() > heads and audit.verify().is_intact
    figures.count(timezone.now())
    assert not DataSubjectRequest.objects.exists() and not MonthFigure.objects.filter(measure="effect").exists()
    assert suppression.is_suppressed(person.address_of(run))


def test_no_line_of_a_run_holds_a_value_of_hers(broker, only):
    only("opted_in", "unsubscribed", "corrected")
    run = ran()
    told = json.dumps(starting.latest_steps(run)).lower()
    assert person.word_of(run) not in told and "@" not in told
    assert person.word_of(run) != person.probe_of(run) != person.word_of(ran())


def test_the_command_says_each_step_and_ends_with_1_where_a_promise_was_broken(broker, only, capsys, monkeypatch):
    only("opted_in")
    call_command("canary", "--here", "--json")
    said = capsys.readouterr()
    assert [one["step"] for one in json.loads(said.out)["steps"]] == ["cleared", "made", "opted_in", "removed"]
    assert "no to everything else" in said.err
    monkeypatch.setattr(preferences, "save", lambda *_args, **_values: preferences.Changes())
    with pytest.raises(SystemExit) as ended:
        call_command("canary", "--here", "--json")
    assert ended.value.code == 1 and json.loads(capsys.readouterr().out)["outcome"] == "broken"


# --- each promise broken on purpose -----------------------------------------------------------------------


def nothing(*args, **values):
    """In the place of a verb: it does nothing at all."""


def no_one_is_found(monkeypatch):
    monkeypatch.setattr(choosing.data_subjects, "by_email", lambda _address: [])


def a_yes_is_not_written(monkeypatch):
    monkeypatch.setattr(preferences, "_decide", nothing)


def a_yes_opens_everything(monkeypatch):
    real = preferences.save

    def save(her, options, *, ticked, **more):
        return real(her, options, ticked=[option.key for option in options], **more)

    monkeypatch.setattr(preferences, "save", save)


def everybody_may_be_written_to(monkeypatch):
    monkeypatch.setattr(choosing, "_may_write_to", lambda _her: True)


def an_unsubscribe_does_nothing(monkeypatch):
    deaf = dataclasses.replace(commands.REGISTER["unsubscribe"], verb=lambda _person, _order: [])
    monkeypatch.setitem(commands.REGISTER, "unsubscribe", deaf)
    monkeypatch.setattr("privacy.inbound.effects.answers.receipt", nothing)


def no_receipt_is_written(monkeypatch):
    monkeypatch.setattr("privacy.inbound.effects.answers.receipt", nothing)


def mail_is_not_stored(monkeypatch):
    monkeypatch.setattr(choosing.mailbox, "accept", nothing)


def a_correction_is_not_written(monkeypatch):
    monkeypatch.setattr(corrections, "_write", lambda *_args: "privacy.correction:0")


def what_it_said_before_is_not_kept(monkeypatch):
    real = corrections._write

    def write(*args):
        occasion = real(*args)
        corrections.Correction.objects.update(previous=b"")
        return occasion

    monkeypatch.setattr(corrections, "_write", write)


def the_json_lacks_her(monkeypatch):
    monkeypatch.setattr(export_steps, "write_json", lambda _copy, out, _progress: out.write(b"{}"))


def the_paper_lacks_her(monkeypatch):
    def write(copy, out, progress, inside):
        out.write(make.PDF)

    monkeypatch.setattr(export_steps, "write_pdf", write)


def somebody_else_is_in_the_copy(monkeypatch):
    real = export_steps.write_json

    def write(copy, out, progress):
        buffer, other = io.BytesIO(), Customer.objects.exclude(pk=copy.data_subject.pk).get()
        real(copy, buffer, progress)
        out.write(json.dumps([json.loads(buffer.getvalue()), other.contact_email]).encode())

    monkeypatch.setattr(export_steps, "write_json", write)


def a_copy_is_damaged(monkeypatch):
    monkeypatch.setattr("privacy.export.access._is_whole", lambda *_args: False)


def blind_for(part):
    def breaker(monkeypatch):
        monkeypatch.setattr(f"privacy.traces.{part}", lambda *_args: iter(()))

    return breaker


def one_kind_of_record_stays(monkeypatch):
    real = job.carry_out_for

    def carry_out(declaration, *whose):
        return 0 if declaration.label == "customers.Address" else real(declaration, *whose)

    monkeypatch.setattr(job, "carry_out_for", carry_out)


def one_person_is_enough(monkeypatch):
    """As if a migration had lost the rule."""
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA ignore_check_constraints = ON")
    else:
        connection.cursor().execute(
            f"ALTER TABLE {DataSubjectRequest._meta.db_table} DROP CONSTRAINT dsr_two_different_people"
        )


def nobody_is_suppressed(monkeypatch):
    monkeypatch.setattr(job.farewell, "suppress", nothing)


def copies_stay(monkeypatch):
    monkeypatch.setattr(job.export, "discard_files", nothing)
    real = job.carry_out_for

    def carry_out(declaration, *whose):
        return 0 if declaration.label == "privacy.Export" else real(declaration, *whose)

    monkeypatch.setattr(job, "carry_out_for", carry_out)


def what_stays_has_no_reason(monkeypatch):
    monkeypatch.setattr("privacy.erasure.plan.reason_of", lambda _declaration: "")


def the_last_letter_stays(monkeypatch):
    monkeypatch.setattr(job.farewell, "let_letter_go", nothing)


def a_log_keeps_her(monkeypatch):
    real = erasure.erase

    def erase(her, **values):
        (project.VAR / "chatty.log").write_text(f"erasing {her.contact_email}")
        return real(her, **values)

    monkeypatch.setattr(erasure, "erase", erase)


def a_cache_keeps_her(monkeypatch):
    real = erasure.erase

    def erase(her, **values):
        cache.set("last-erased", her.contact_email)
        return real(her, **values)

    monkeypatch.setattr(erasure, "erase", erase)


def a_deed_is_not_written_down(monkeypatch):
    monkeypatch.setattr(corrections.audit, "record", lambda event, **values: (
        None if event == "rectification" else recorded(event, **values)
    ))  # fmt: skip


recorded = audit.record


def the_log_is_changed(monkeypatch):
    monkeypatch.setattr(
        AuditEntry, "computed_hash", lambda entry: real_hash(entry) + ("x" if entry.event == CHANGED else "")
    )
    monkeypatch.setattr(audit, "_append", append_unseen)


real_hash, append, CHANGED = AuditEntry.computed_hash, audit._append, "rectification"


def append_unseen(entries):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AuditEntry, "computed_hash", real_hash)
        append(entries)


def a_shell_stays(monkeypatch):
    monkeypatch.setattr(person, "_remove_shells", nothing)


BREAKAGES = [
    ("made", no_one_is_found, (), "not found by her email address"),
    ("opted_in", a_yes_is_not_written, ("opted_in",), "the gate still says no"),
    ("opted_in", a_yes_opens_everything, ("opted_in",), "opened another"),
    ("opted_in", everybody_may_be_written_to, ("opted_in",), "before she had said yes"),
    ("unsubscribed", mail_is_not_stored, ("opted_in", "unsubscribed"), "is not stored"),
    ("unsubscribed", an_unsubscribe_does_nothing, ("opted_in", "unsubscribed"), "the gate still says yes"),
    ("unsubscribed", no_receipt_is_written, ("opted_in", "unsubscribed"), "no receipt"),
    ("corrected", a_correction_is_not_written, ("corrected",), "still says the old"),
    ("corrected", what_it_said_before_is_not_kept, ("corrected",), "was not kept"),
    ("exported", the_json_lacks_her, ("exported",), "does not hold her name"),
    ("exported", the_paper_lacks_her, ("exported",), "on paper does not hold her name"),
    ("exported", somebody_else_is_in_the_copy, ("exported",), "somebody else"),
    ("exported", a_copy_is_damaged, ("exported",), "cannot open her copy: damaged"),
    ("seen", blind_for("tables._in_tables"), ("exported", "seen"), "does not see: tables"),
    ("seen", blind_for("tables._in_sealed_columns"), ("exported", "seen"), "does not see: encrypted columns"),
    ("seen", blind_for("tables._in_sessions"), ("exported", "seen"), "does not see: sessions"),
    ("seen", blind_for("files._in_files"), ("exported", "seen"), "does not see: files"),
    ("seen", blind_for("files._in_exports"), ("exported", "seen"), "does not see: copies"),
    ("seen", blind_for("queues.traces"), ("exported", "seen"), "broker"),
    ("two_people", one_person_is_enough, ("two_people",), "one person alone"),
    ("erased", one_kind_of_record_stays, ("erased",), "NotErased"),
    ("erased", nobody_is_suppressed, ("erased",), "not on the list"),
    ("erased", what_stays_has_no_reason, ("opted_in", "erased"), "without a reason"),
    ("erased", the_last_letter_stays, ("erased",), "last letter to her has not left"),
    ("erased", copies_stay, ("exported", "erased"), ""),
    ("gone", a_log_keeps_her, ("erased", "gone"), "file:chatty.log"),
    ("gone", a_cache_keeps_her, ("erased", "gone"), "Still found in"),
    ("recorded", a_deed_is_not_written_down, ("corrected", "recorded"), "Not in the log: rectification"),
    ("recorded", the_log_is_changed, ("corrected", "recorded"), "The log is not whole"),
    ("removed", a_shell_stays, ("erased",), "Rows are left in"),
]  # fmt: skip


@pytest.fixture
def swept():
    yield
    (project.VAR / "chatty.log").unlink(missing_ok=True)
    cache.clear()
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA ignore_check_constraints = OFF")


IDS = [f"{step}-{at}" for at, (step, *_rest) in enumerate(BREAKAGES)]


@pytest.mark.parametrize(("step", "breaker", "steps", "words"), BREAKAGES, ids=IDS)
def test_whatever_breaks_a_promise_is_seen_by_the_name_of_its_step(
    broker, only, swept, monkeypatch, step, breaker, steps, words
):
    make.customer("other@example.com")
    only(*steps)
    breaker(monkeypatch)
    run = ran()
    assert run.outcome == "broken" and outcomes(run)[step] == "broken", list(run.steps.values_list("name", "line"))
    assert words in line(run, step)
    assert {name for name, outcome in outcomes(run).items() if outcome == "broken"} <= {step, "removed"}
    monkeypatch.undo()
    if run.subject:
        person.remove(run)
        assert person.rows_left(run) == []


def test_a_mail_listener_that_does_not_answer_is_a_failed_step_of_that_name(only, settings, broker):
    only("opted_in", "unsubscribed", "corrected")
    settings.SMTP_PORT = free_port()
    run = ran(CanaryRun.Road.REAL)
    assert line(run, "unsubscribed") == "The mail listener does not answer."
    assert outcomes(run) == {"cleared": "done", "made": "done", "opted_in": "done", "unsubscribed": "broken",
                             "corrected": "done", "removed": "done"}  # fmt: skip


def test_what_a_step_needs_and_lacks_is_named_and_she_is_removed_all_the_same(only, monkeypatch):
    only("opted_in", "unsubscribed")
    a_yes_is_not_written(monkeypatch)
    run = ran()
    assert outcomes(run)["unsubscribed"] == "left_out" and "Opted in" in line(run, "unsubscribed")
    assert outcomes(run)["removed"] == "done" and not Customer.objects.exists()


# --- nobody but her ---------------------------------------------------------------------------------------


def test_a_run_that_is_pointed_at_a_real_person_does_nothing_to_her(broker, only, monkeypatch):
    """Whoever can write to the database, but has no key, cannot have somebody erased by one process."""
    mary = make.customer("mary@example.com", login=True)
    make.order(mary), make.address(mary)
    before = everything()
    only("opted_in", "corrected", "erased")
    run = canary.start(timezone.now(), occasion="forged", road=HERE)
    CanaryRun.objects.filter(pk=run.pk).update(subject=audit.reference(mary))
    monkeypatch.setattr(runs, "STEPS", {name: one for name, one in runs.STEPS.items() if name != "made"} | {})
    for name in ("opted_in", "corrected", "erased", "removed"):
        runs.STEPS[name] = dataclasses.replace(runs.STEPS[name], needs=())
    run = starting.follow(run, nothing)
    assert {line(run, name) for name in ("opted_in", "corrected", "erased", "removed")} == {
        "The person of this run is not proven to be a test customer. Nothing was done."
    }
    assert everything() == before and not ConsentEntry.objects.exists()


def test_the_rows_that_are_kept_of_somebody_erased_are_safe_too(only):
    only()
    mary = make.customer(login=True)
    make.order(mary, placed_on=timezone.localdate()), make.grant(mary)
    erasure.erase(mary, today=timezone.localdate(), actor="test")
    before = everything()
    run = canary.start(timezone.now(), occasion="forged", road=HERE)
    CanaryRun.objects.filter(pk=run.pk).update(subject=audit.reference(mary), outcome="broken", job_state="done")
    later = canary.start(timezone.now(), occasion="later", road=HERE)
    assert person.leftovers(later) == [CanaryRun.objects.get(pk=run.pk)]
    starting.follow(later, nothing)
    assert outcomes(later)["cleared"] == "broken" and everything() == before and Order.objects.count() == 1


def test_a_forged_entry_in_the_audit_log_proves_nothing(monkeypatch):
    mary, run = make.customer(), canary.start(timezone.now(), occasion="forged", road=HERE)
    run.subject = audit.reference(mary)
    assert not person.was_made_by(run)
    with monkeypatch.context() as patch:
        patch.setattr(AuditEntry, "computed_hash", lambda _entry: "0" * 64)
        audit.record(person.MADE, actor="thief", subject=mary, target=run)
    assert not person.was_made_by(run)
    audit.record(person.MADE, actor="test", subject=mary, target=run)
    assert person.was_made_by(run)
    with pytest.raises(Broken):
        person.of(run)  # the second lock: her number is a real one


def test_no_real_customer_has_a_number_of_the_kind_that_is_kept_for_it(monkeypatch):
    begin = project.CANARY_NUMBERS_BEGIN
    assert not any(new_number().startswith(begin) for _ in range(1000))
    monkeypatch.setattr("customers.numbers.secrets.randbelow", lambda _most: 0)
    assert not new_number().startswith(begin)


def test_an_import_refuses_such_a_number():
    number = _free_number()
    assert read_number(number) == number, "well formed, so only its beginning tells"
    _counts, said = bring_in(f"name,number\nMary,{number}\nJoan,{new_number()}\n")
    assert list(said) == [2] and "self-test" in said[2]
    assert Customer.objects.count() == 1 and not Customer.objects.filter(number=number).exists()


def test_a_letter_to_her_is_given_to_no_mail_server_and_any_other_is(settings):
    settings.EMAIL_TRANSPORT, settings.EMAIL_HOST = "config.mail.SmtpBackend", "127.0.0.1"
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "config.mail.GatedBackend", free_port()
    from django.core import mail

    backend = mail.get_connection(settings.EMAIL_BACKEND)
    backend.transport.open = lambda: False
    hers = EmailMessage("Hello", "Hello", to=[f"word@{settings.CANARY_MAIL_DOMAIN}"], connection=backend)
    assert hers.send() == 1
    for other in ("mary@example.com", f"mary@not-{settings.CANARY_MAIL_DOMAIN}"):
        del backend.transport.open
        with pytest.raises(ConnectionRefusedError):
            EmailMessage("Hello", "Hello", to=[other], connection=backend).send()
        backend.transport.open = lambda: False
    both = EmailMessage("Hello", "Hello", to=hers.to, cc=["mary@example.com"], connection=backend)
    del backend.transport.open
    with pytest.raises(ConnectionRefusedError):
        both.send()


# --- workers die, schedulers are many ---------------------------------------------------------------------


def test_a_worker_that_dies_in_a_step_is_followed_by_one_that_goes_on(broker, only, monkeypatch):
    only("opted_in", "corrected")
    run = canary.start(timezone.now(), occasion="killed", road=HERE)
    for name in ("made", "opted_in", "corrected", "removed"):
        real = runs.STEPS[name]

        def dies(run, real=real):
            real.verb(run)
            raise SystemExit("kill -9")

        monkeypatch.setitem(runs.STEPS, name, dataclasses.replace(real, verb=dies))
        with pytest.raises(SystemExit):
            jobs.work(run._meta.label_lower, run.pk)
        assert not jobs.work(run._meta.label_lower, run.pk), "its lease still runs"
        CanaryRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        monkeypatch.setitem(runs.STEPS, name, real)
    run = starting.follow(run, nothing)
    assert run.outcome == "kept", list(run.steps.values_list("name", "line"))
    assert AuditEntry.objects.filter(event="canary.made").count() == 1 and not Customer.objects.exists()


def test_who_was_left_behind_goes_first_in_the_next_run_which_says_so(broker, only, monkeypatch):
    only()
    monkeypatch.setitem(runs.STEPS, "removed", dataclasses.replace(runs.STEPS["removed"], verb=lambda _run: "no"))
    with time_machine.travel(TWO, tick=True):
        died = ran()
    assert Customer.objects.get().number.startswith(project.CANARY_NUMBERS_BEGIN)
    monkeypatch.undo()
    only()
    run = ran()
    assert line(run, "cleared") == ("Somebody was left from a run that did not end, and was removed: 2026-09-10.")
    assert not Customer.objects.exists() and CanaryRun.objects.get(pk=died.pk).removed_at
    assert line(ran(), "cleared") == "Nobody was left."


def test_the_customer_of_a_run_that_is_still_at_work_is_left_alone(only):
    only()
    other = canary.start(timezone.now(), occasion="at work", road=HERE)
    CanaryRun.objects.filter(pk=other.pk).update(subject="customers.customer:1")
    later = canary.start(timezone.now(), occasion="later", road=HERE)
    assert person.leftovers(later) == []
    with time_machine.travel(timezone.now() + timedelta(hours=4)):
        assert person.leftovers(later) == [other]


def test_once_a_night_however_many_schedulers_and_at_once_where_none_has_run(broker):
    with time_machine.travel(TWO - timedelta(hours=10), tick=False):
        nightly(), nightly()
        assert [run.occasion for run in CanaryRun.objects.all()] == ["night-2026-09-09"]
    for hours, count in ((-1, 1), (0, 2), (1, 2), (20, 2), (23, 2), (24, 3)):
        with time_machine.travel(TWO + timedelta(hours=hours), tick=False):
            nightly(), nightly()
        assert CanaryRun.objects.count() == count, hours
    assert set(CanaryRun.objects.values_list("job_state", flat=True)) == {"new"}
    assert "canary" in project.CELERY_BEAT_SCHEDULE


# --- the lamp ---------------------------------------------------------------------------------------------


def night(at, outcome="kept", *broken, **values):
    given = {"created_at": at, "outcome": outcome, "finished_at": at + timedelta(minutes=2), "job_state": "done"}
    run = CanaryRun.objects.create(**({"occasion": f"night {at}"} | given | values))
    for name in broken:
        CanaryStep.objects.create(run=run, name=name, outcome="broken", line="The gate still says yes.", started_at=at)
    return run


def colour(at):
    return canary.lamp(at).colour


def test_the_lamp_is_grey_before_the_first_run_and_red_when_none_comes():
    now = timezone.now()
    assert colour(now) == Colour.GREY
    assert colour(now + timedelta(hours=27)) == Colour.RED
    night(now, outcome="", finished_at=None, job_state="working")
    assert colour(now) == Colour.GREY, "the first is running"


def test_a_run_in_one_process_proves_nothing_about_listener_and_workers_and_turns_no_lamp_green():
    night(TWO, road=HERE)
    assert colour(TWO + timedelta(hours=1)) == Colour.GREY
    night(TWO, "broken", "unsubscribed", occasion="real")
    night(TWO + timedelta(hours=1), road=HERE)
    assert colour(TWO + timedelta(hours=2)) == Colour.RED


def test_green_for_a_night_then_red():
    night(TWO)
    assert colour(TWO + timedelta(hours=25, minutes=59)) == Colour.GREEN
    assert colour(TWO + timedelta(hours=26, minutes=1)) == Colour.RED


def test_a_run_that_has_not_ended_in_the_morning_is_a_failed_run(broker, only):
    night(TWO - timedelta(days=1))
    run = night(TWO, outcome="", finished_at=None, job_state="new", run_after=TWO)
    assert colour(TWO + timedelta(hours=2)) == Colour.GREEN
    assert colour(TWO + timedelta(hours=4)) == Colour.RED
    only()
    with time_machine.travel(TWO + timedelta(hours=5), tick=True):
        ended = starting.follow(run, nothing)
        assert ended.outcome == "broken" and "longer than 3 hours" in canary.lamp(timezone.now()).line


def test_red_names_the_step_and_when_it_was_last_green():
    green = night(TWO)
    night(TWO + timedelta(days=1), "broken", "unsubscribed")
    lamp = canary.lamp(TWO + timedelta(days=1, hours=5))
    assert (lamp.colour, [row.name for row in lamp.broken], lamp.last_kept) == (Colour.RED, ["unsubscribed"], green)


def alarms(at):
    with time_machine.travel(at, tick=False):
        raise_alarms(at)
    letters = OutgoingEmail.objects.filter(template="deadline_alarms").order_by("pk")
    return DeadlineAlarm.objects.filter(kind="canary").count(), [bytes(letter.body).decode() for letter in letters]


def test_the_officer_gets_one_letter_for_one_time_of_red_and_another_for_the_next():
    night(TWO)
    assert alarms(TWO + timedelta(hours=5)) == (0, [])
    night(TWO + timedelta(days=1), "broken", "gone")
    count, letters = alarms(TWO + timedelta(days=1, hours=1))
    assert count == 1 and len(letters) == 1 and "self-test" in letters[0] and "gone" in letters[0]
    alarm = DeadlineAlarm.objects.get(kind="canary")
    assert 'href="/admin/self-test/"' in shown(desk(colleague(OFFICER)), alarm).partition('id="alarm-title"')[2]
    night(TWO + timedelta(days=2), "broken", "gone")
    for hours in (25, 26, 48, 80):
        assert alarms(TWO + timedelta(days=1, hours=hours))[0] == 1
    night(TWO + timedelta(days=5))
    night(TWO + timedelta(days=6), "broken", "made")
    count, letters = alarms(TWO + timedelta(days=6, hours=1))
    assert (count, len(letters)) == (2, 2)


# --- who reads it -----------------------------------------------------------------------------------------


@pytest.fixture
def deep(client, monkeypatch, broker):
    """What a machine is told, asked anew."""

    def ask():
        monkeypatch.setattr(health.NIGHTS, "asked_at", -health.DEEP_SECONDS)
        answer = client.get("/readyz?deep=1")
        return answer.status_code, answer.json()

    return ask


def purged(at, outcome="done"):
    return PurgeRun.objects.create(today=at.date(), started_at=at, outcome=outcome)


def test_readyz_deep_names_the_part_that_failed_and_plain_readyz_does_not_ask(deep, client):
    assert deep() == (200, {"status": "ok", "database": "ok", "broker": "ok", "storage": "ok",
                            "erasures": "ok", "canary": "not yet", "purge": "not yet", "work": "ok"})  # fmt: skip
    now = timezone.now()
    night(now), purged(now)
    assert deep()[1]["canary"] == deep()[1]["purge"] == "ok"
    night(now, "broken", "gone", occasion="again")
    status, said = deep()
    assert (status, said["status"], said["canary"]) == (503, "not ready", "red")
    night(now, occasion="third")
    purged(now, "refused")
    assert deep()[0] == 503 and deep()[1]["purge"] == "refused"
    purged(now)
    mail = make.inbound_email(make.customer(), job_state="new", run_after=now - timedelta(minutes=31))
    assert deep()[0] == 503 and deep()[1]["work"] == "late"
    plain = client.get("/readyz")
    assert plain.status_code == 200 and "canary" not in plain.json()
    InboundEmail.objects.filter(pk=mail.pk).update(run_after=now)
    assert deep()[0] == 200
    purged(now - timedelta(hours=27))
    assert deep()[1]["purge"] == "late"


def test_readyz_deep_asks_the_database_once_in_five_seconds(deep, client, monkeypatch):
    deep()
    monkeypatch.setattr(canary, "nights", lambda _now: pytest.fail("asked again"))
    assert client.get("/readyz?deep=1").json()["canary"] == "not yet"
    monkeypatch.setattr(canary, "nights", lambda _now: 1 / 0)
    assert deep()[0] == 503, "what cannot be asked is not well"


@pytest.mark.parametrize("role", [OFFICER, AUDITOR])
def test_the_start_page_shows_the_lamp_and_leads_to_the_runs(role):
    at_desk, now = desk(colleague(role)), timezone.now()
    assert "No self-test has run yet" in at_desk.get("/admin/").content.decode()
    night(now - timedelta(hours=20)), night(now, "broken", "unsubscribed")
    page = at_desk.get("/admin/").content.decode()
    assert "Unsubscribed by a real mail" in page and "The gate still says yes." in page and "Last all green" in page
    page = at_desk.get("/admin/self-test/").content.decode()
    assert page.count("office-details") == 2 and "every promise kept" in page and "a promise was broken" in page
    night(now, occasion="again")
    assert "Every promise was kept." in at_desk.get("/admin/").content.decode()


def test_an_agent_sees_no_lamp():
    assert "self-test" not in desk(colleague(AGENT)).get("/admin/").content.decode()


def test_the_page_shows_thirty_runs():
    for hours in range(35):
        night(timezone.now() - timedelta(hours=hours))
    assert desk(colleague(OFFICER)).get("/admin/self-test/").content.decode().count("office-details") == 30


def test_waiting_is_no_failure_however_often_it_looks(broker, only):
    only()
    run = canary.start(timezone.now(), occasion="patient", road=HERE)
    CanaryRun.objects.filter(pk=run.pk).update(claims=100)
    assert starting.follow(run, nothing).outcome == "kept"
