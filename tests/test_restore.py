"""A backup is restored: the site stays closed until whoever was erased since is erased again, and nobody else (E47)."""

import errno
import io
import json
import os
from datetime import date, timedelta

import pytest
from django.core import checks, mail
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from config.mail import GatedBackend
from customers.models import Customer, EmailAddress, Enquiry, Order
from privacy import (
    audit,
    erased,
    erasure,
    erasure_ledger,
    jobs,
    restrictions,
    roles,
    subject_requests,
    suppression,
    tasks,
)
from privacy.audit import AuditEntry
from privacy.csv_files import Table
from privacy.encryption import keyed_hash
from privacy.erasure import Erasure, ReplayedErasure, job
from privacy.erasure_ledger import LedgerEntry, SiteClosed, State, book, standing
from privacy.gate import mailing_list
from privacy.inbound import mailbox, poller
from privacy.inbound.mailbox import InboundEmail
from privacy.notices import OutgoingEmail
from privacy.purge import PurgeRun, night
from privacy.recipient_notices import RecipientNotice
from privacy.restrictions import Restriction
from privacy.suppression import Suppression
from privacy.vocabulary import Source
from tests import make
from tests.letters import letter, received
from tests.races import at_once
from tests.test_importers import bring_in

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)
HELD = {"lifted_at": None, "lift_proposed_by": "", "lifted_by": ""}


class Backup:
    """The database as it is now, to come back to; the file of the ledger lies elsewhere and stays as it is."""

    def __init__(self):
        self.point = transaction.savepoint()

    def restore(self):
        transaction.savepoint_rollback(self.point)


@pytest.fixture(autouse=True)
def look_each_time(monkeypatch):
    monkeypatch.setattr(standing, "LOOK_AGAIN", 0)


@pytest.fixture
def ledger(settings):
    return settings.ERASURE_LEDGER_FILE


@pytest.fixture
def mary():
    return make.customer("mary@example.com", login=True, phone="+44 20 7946 0958")


@pytest.fixture
def two():
    return make.staff(roles.OFFICER), make.staff(roles.OFFICER)


def erase(person):
    return erasure.erase(Customer.objects.get(pk=person.pk), today=TODAY, actor="test")


def restored(*people):
    """Erases these people, then restores a backup from before."""
    backup = Backup()
    for person in people:
        erase(person)
    backup.restore()


def replay(**options):
    out = io.StringIO()
    call_command("replay_erasures", stdout=out, stderr=io.StringIO(), **options)
    return json.loads(out.getvalue())


def is_back(person):
    return (
        EmailAddress.objects.filter(customer=person).exists() and Customer.objects.get(pk=person.pk).erased_at is None
    )


def state():
    return erasure_ledger.look().state


# --- the file --------------------------------------------------------------------------------------------


def test_a_line_names_nobody_and_only_our_key_can_compute_it(mary, ledger):
    make.address(mary)
    erase(mary)
    (line,) = map(json.loads, ledger.read_text().splitlines())
    text = ledger.read_text().lower()
    # Whole numbers: some digits of one come up in a hash by chance.
    for value in ("mary", "example", mary.number, "442079460958", "7946 0958", make.CANARY.lower()):
        assert value not in text
    assert line["number"] == erased.identifier_hash("number", mary.number)
    assert erased.identifier_hash("email", "MARY@example.com") in line["known_by"] and len(line["known_by"]) == 3
    assert ["email", suppression.address_hash("mary@example.com")] in line["suppressed"]
    assert line["hash"] == keyed_hash(
        json.dumps({k: v for k, v in line.items() if k != "hash"}, sort_keys=True, separators=(",", ":")),
        use="erasure-ledger",
    )
    assert ledger.stat().st_mode & 0o077 == 0


def test_the_line_is_on_the_disk_before_anything_is_destroyed(mary, ledger, monkeypatch):
    make.enquiry(mary)
    waited, real = [], os.fsync

    def noticed(descriptor):
        waited.append(ledger.exists())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", noticed)

    def cut_off(declaration, *whose):
        assert waited and len(ledger.read_text().splitlines()) == 1
        raise ConnectionError

    monkeypatch.setattr(job, "carry_out_for", cut_off)
    with pytest.raises(ConnectionError):
        erase(mary)
    assert is_back(mary) and Enquiry.objects.exists() and erasure_ledger.look().is_open


def test_where_the_file_cannot_be_written_nothing_is_destroyed(mary, settings, tmp_path):
    (tmp_path / "a file").write_text("")
    settings.ERASURE_LEDGER_FILE = tmp_path / "a file" / "ledger.jsonl"
    with pytest.raises(SiteClosed, match="cannot be read"):
        erase(mary)
    assert is_back(mary) and not AuditEntry.objects.filter(event="erasure.done").exists()


def test_where_the_disk_is_full_nothing_is_destroyed_and_no_half_line_stays(mary, ledger, monkeypatch):
    """FAULTS A9, for the ledger."""
    erase(make.customer())
    before = ledger.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            erase(mary)
    assert is_back(mary) and ledger.read_bytes() == before and erasure_ledger.look().is_open
    erase(mary)
    assert len(ledger.read_text().splitlines()) == 2 and not is_back(mary)


def test_an_erasure_that_is_begun_again_has_one_line(mary, two, ledger, monkeypatch):
    make.enquiry(mary), make.vote(mary)
    wish = agreed(mary, *two)
    real, calls = job.carry_out_for, iter(range(100))

    def fails_once(declaration, *whose):
        count = real(declaration, *whose)
        if next(calls) == 3:
            raise ConnectionError
        return count

    monkeypatch.setattr(job, "carry_out_for", fails_once)
    assert not jobs.work("privacy.erasure", wish.pk)
    Erasure.objects.update(run_after=timezone.now())
    assert jobs.work("privacy.erasure", wish.pk)
    assert len(ledger.read_text().splitlines()) == LedgerEntry.objects.count() == 1
    assert json.loads(ledger.read_text())["erasure"] == f"privacy.erasure:{wish.pk}"


def test_whoever_is_held_whole_has_no_line_before_something_goes(mary, two, ledger):
    hold = make.restriction(mary, "claim", **HELD)
    wish = agreed(mary, *two)
    assert jobs.work("privacy.erasure", wish.pk) and not ledger.exists()
    restrictions.propose_lifting(hold, actor="one")
    restrictions.lift(hold, actor="two", now=timezone.now())
    assert jobs.work("privacy.erasure", wish.pk)
    assert len(ledger.read_text().splitlines()) == 1 and not is_back(mary)


def agreed(mary, first, second):
    case = subject_requests.open_case(mary, "erasure", source=Source.LETTER, actor=first, identity_confirmed=True)
    subject_requests.start(case, actor=first)
    subject_requests.propose(case, actor=first)
    subject_requests.approve(case, actor=second, now=timezone.now() + timedelta(days=4))
    return Erasure.objects.get(case=case)


def test_a_last_line_that_a_crash_left_unfinished_is_healed(mary, ledger):
    other = make.customer()
    erase(other)
    whole = ledger.read_bytes()
    ledger.write_bytes(whole + b'{"sequence":2,"at":"2026-11')
    assert erasure_ledger.look().is_open
    erase(mary)
    assert [json.loads(line)["sequence"] for line in ledger.read_text().splitlines()] == [1, 2]
    assert ledger.read_bytes().startswith(whole) and erasure_ledger.look().is_open


def test_a_line_that_only_the_database_has_is_written_later_and_closes_nothing(mary, ledger):
    """Killed between the commit and the file."""
    erase(make.customer())
    first = ledger.read_bytes()
    erase(make.customer())
    ledger.write_bytes(first)
    LedgerEntry.objects.filter(sequence=2).update(is_written=False)
    assert erasure_ledger.look().is_open
    erase(mary)
    assert len(ledger.read_text().splitlines()) == 3 and erasure_ledger.look().is_open


@pytest.mark.django_db(transaction=True)
def test_many_who_erase_at_once_write_one_chain(ledger):
    numbers = iter(range(1000))

    def one():
        for _ in range(3):
            number = keyed_hash(str(next(numbers)), use="test")
            erasure_ledger.note(erasure_ledger.Erased(number), erasure="privacy.erasure:1", now=timezone.now())

    at_once(6, one)
    assert [json.loads(line)["sequence"] for line in ledger.read_text().splitlines()] == list(range(1, 19))
    assert erasure_ledger.look().is_open and not LedgerEntry.objects.filter(is_written=False).exists()


# --- closed ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/"), ("get", "/account/"), ("get", "/admin/"), ("post", "/account/login/"), ("get", "/nowhere/"),
        ("post", "/unsubscribe/abcdefghijklmnopqrstuvwxyz234567/"), ("post", "/webhooks/postmark/events/"),
    ],
)  # fmt: skip
def test_a_restored_site_answers_503_to_everybody(mary, client, broker, method, path):
    assert client.get("/readyz").status_code == 200 == client.get("/").status_code
    restored(mary)
    assert is_back(mary), "the backup holds her, or this would prove nothing"
    answer = getattr(client, method)(path)
    assert answer.status_code == 503 and int(answer["Retry-After"]) > 0
    assert "no-store" in answer["Cache-Control"] and "sessionid" not in answer.cookies
    assert "back soon" in answer.content.decode()
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503 and ready.json()["erasures"] == "no answer"
    replay()
    assert client.get("/").status_code == 200 == client.get("/readyz").status_code


def test_no_mail_comes_in_and_none_leaves(mary):
    restored(mary)
    with pytest.raises(SiteClosed):
        mailbox.accept(letter("mary@example.com"), "remove@northlight.example", "", "pipe")
    with pytest.raises(SiteClosed):
        GatedBackend().send_messages([EmailMessage("Hello", "there", None, ["mary@example.com"])])
    assert not InboundEmail.objects.exists() and not mail.outbox
    assert SiteClosed in poller.NOT_NOW, "mail waits in its folder and is not put aside as bad"
    assert "replay_erasures" in poller.what(SiteClosed(str(erasure_ledger.look())))


def test_nothing_that_waits_is_done(mary):
    row = make.outgoing_email(mary)
    OutgoingEmail.objects.filter(pk=row.pk).update(job_state="new", run_after=timezone.now())
    restored(mary)
    assert tasks.work("privacy.outgoingemail", row.pk) is None and tasks.purge() is None and tasks.sweep() is None
    assert OutgoingEmail.objects.get(pk=row.pk).claims == 0 and not PurgeRun.objects.exists()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("import_customers", {"file": "none.csv"}), ("import_suppressions", {"file": "none.csv"}), ("purge", {}),
        ("scrub", {"file": "none.csv", "channel": "email", "sender": "own"}), ("may_contact", {"jsonl": True}),
        ("may_share", {"jsonl": True}), ("may_use", {"jsonl": True}),
        ("export", {"customer": "1", "out": "none"}), ("erase", {"customer": "1"}),
    ],
)  # fmt: skip
def test_a_command_that_imports_mails_hands_out_or_deletes_refuses_in_one_line(mary, name, options):
    restored(mary)
    words = [options.pop("file")] if "file" in options else []
    with pytest.raises(CommandError, match=r"^Closed: this database lacks 1 erasures .* replay_erasures$"):
        call_command(name, *words, **options)


def test_no_further_erasure_is_begun_before_those_of_the_ledger(mary, ledger):
    joan, before = make.customer(), None
    restored(mary)
    before = ledger.read_bytes()
    with pytest.raises(SiteClosed):
        erase(joan)
    assert is_back(joan) and ledger.read_bytes() == before


def test_a_page_costs_no_statement_and_no_reading_of_the_file(mary, monkeypatch, django_assert_num_queries):
    erase(mary)
    monkeypatch.setattr(standing, "LOOK_AGAIN", 3600)
    assert erasure_ledger.current().is_open
    monkeypatch.setattr(book, "end", lambda _path: 1 / 0)
    with django_assert_num_queries(0):
        assert erasure_ledger.current().is_open


def test_a_running_process_sees_within_seconds_that_its_database_was_exchanged(mary, monkeypatch):
    monkeypatch.setattr(standing, "LOOK_AGAIN", 3600)
    backup = Backup()
    erase(mary)
    assert erasure_ledger.current().is_open
    backup.restore()
    assert erasure_ledger.current().is_open, "believed for a while"
    monkeypatch.setattr(standing, "LOOK_AGAIN", 0)
    assert not erasure_ledger.current().is_open


# --- the replay ------------------------------------------------------------------------------------------


def test_whoever_was_erased_is_erased_again_in_silence_and_the_site_opens(mary):
    john = make.customer("john@example.com")
    make.enquiry(mary), make.order(mary, placed_on=date(2022, 3, 15)), make.enquiry(john)
    carrier = make.recipient("Ada", notice_email="ada@carrier.example")
    make.disclosure(mary, recipient=carrier, occurred_at=timezone.now() - timedelta(30))
    restored(mary)
    letters, told = OutgoingEmail.objects.count(), RecipientNotice.objects.count()
    assert is_back(mary) and not suppression.is_suppressed("mary@example.com") and state() == State.BEHIND
    assert replay() == {"lines": 1, "erased": 1, "held": 0, "not_here": 0, "failed": 0}
    assert state() == State.OPEN and not is_back(mary) and is_back(john)
    assert not Enquiry.objects.filter(customer=mary).exists() and Enquiry.objects.filter(customer=john).exists()
    assert Order.objects.exclude(bill_to="").count() == 1, "what the law keeps stays kept"
    assert suppression.is_suppressed("mary@example.com")
    assert suppression.is_suppressed("+442079460958", channel="sms")
    assert (OutgoingEmail.objects.count(), RecipientNotice.objects.count()) == (letters, told), "told at the time"
    entry = AuditEntry.objects.get(event="erasure.replayed")
    assert entry.subject == audit.reference(mary) and entry.details["counts"]["customers.Enquiry"] == [1, 0, 0, 0]
    row = ReplayedErasure.objects.get()
    assert row.finished_at and {line["model"] for line in row.report} >= {"customers.Enquiry", "customers.Order"}
    assert replay()["lines"] == 0


def test_a_dry_run_counts_and_changes_nothing(mary):
    joan, gone = make.customer(), make.customer()
    backup = Backup()
    EmailAddress.objects.create(customer=make.customer("new@example.com"), address="newer@example.com")
    for person in (mary, joan, EmailAddress.objects.get(address="newer@example.com").customer):
        erase(person)
    backup.restore()
    make.restriction(joan, "claim", **HELD)
    before = list(Customer.objects.values())
    assert replay(dry_run=True) == {"lines": 3, "erased": 1, "held": 1, "not_here": 1, "failed": 0}
    assert list(Customer.objects.values()) == before and state() == State.BEHIND and is_back(gone)


def test_who_shares_her_address_and_phone_is_not_touched(mary):
    john = make.customer("mary@example.com", phone="+44 20 7946 0958")
    make.enquiry(john)
    restored(mary)
    replay()
    assert not is_back(mary) and is_back(john) and Enquiry.objects.filter(customer=john).exists()


def test_who_came_again_as_a_new_person_before_the_backup_stays(mary):
    joan = make.customer()
    erase(mary)
    again = make.customer("mary@example.com", login=True, phone="+44 20 7946 0958")
    restored(joan)
    assert replay() == {"lines": 1, "erased": 1, "held": 0, "not_here": 0, "failed": 0}
    assert is_back(again) and not is_back(joan) and not is_back(mary)


def test_who_came_again_and_was_erased_again_goes_again(mary):
    erase(mary)
    again = make.customer("mary@example.com")
    restored(again)
    assert replay()["erased"] == 1 and not is_back(again)


def test_whom_the_backup_does_not_know_no_list_brings_back_and_nobody_mails(tmp_path):
    """FAULTS E46, E54: she became a customer and was erased after the backup; only the ledger knows her."""
    john = make.customer("john@example.com")
    received(letter("eve@example.com", "Away", Auto_Submitted="auto-replied"), sender="eve@example.com")
    backup = Backup()
    eve = make.customer("eve@example.com", phone="+44 20 7946 0123")
    number = eve.number
    make.grant(eve)
    erase(eve)
    backup.restore()
    assert InboundEmail.objects.filter(sender="eve@example.com").exists(), "the backup holds mail of hers"
    with pytest.raises(CommandError, match="Closed"):
        call_command("import_customers", "old.csv")
    assert replay() == {"lines": 1, "erased": 0, "held": 0, "not_here": 1, "failed": 0}
    assert not InboundEmail.objects.exists() and is_back(john)
    rows = [f"A,{number},a@x.example,", "B,,EVE@example.com,", "C,,c@x.example,+44 20 79460123", "D,,d@x.example,"]
    counts, _why = bring_in("\n".join(["name,number,email,phone", *rows]))
    assert (counts.dropped, counts.imported) == (3, 1)
    out = io.StringIO()
    table = Table(io.BytesIO(b"email\neve@example.com\n"))
    assert mailing_list.scrub(table, out, channel="email", sender="own").allowed == 0
    assert suppression.is_suppressed("eve@example.com", sender="third_party")
    assert Suppression.objects.get(hash=suppression.address_hash("eve@example.com"), sender="own").reason == "erasure"


def test_a_hold_wins_and_she_goes_by_herself_when_it_ends(mary):
    hold = make.restriction(mary, "claim", **HELD)
    backup = Backup()
    Restriction.objects.all().delete()
    erase(mary)
    backup.restore()
    assert replay()["held"] == 1 and is_back(mary) and state() == State.OPEN
    night.purge(today=TODAY)
    assert is_back(mary)
    restrictions.propose_lifting(hold, actor="one")
    restrictions.lift(hold, actor="two", now=timezone.now())
    night.purge(today=TODAY)
    assert not is_back(mary) and not ReplayedErasure.objects.get().waits_for_release
    assert not OutgoingEmail.objects.filter(template="erasure_done").exists()


def test_an_erasure_that_waited_in_the_backup_ends_without_telling_anybody_twice(mary, two):
    carrier = make.recipient("Ada", notice_email="ada@carrier.example")
    make.disclosure(mary, recipient=carrier, occurred_at=timezone.now() - timedelta(30))
    wish = agreed(mary, *two)
    backup = Backup()
    assert jobs.work("privacy.erasure", wish.pk)
    assert RecipientNotice.objects.count() == 1 and OutgoingEmail.objects.filter(template="erasure_done").exists()
    backup.restore()
    replay()
    assert jobs.work("privacy.erasure", wish.pk)
    wish.refresh_from_db()
    assert (wish.job_state, wish.case.state) == ("done", "completed")
    assert not RecipientNotice.objects.exists() and not OutgoingEmail.objects.filter(template="erasure_done").exists()
    assert LedgerEntry.objects.count() == 1 and state() == State.OPEN


def test_while_one_cannot_be_erased_the_site_stays_closed_and_says_for_how_many(mary, monkeypatch, caplog):
    joan, eve = make.customer(), make.customer()
    restored(mary, joan, eve)
    real = job.carry_out_for

    def not_joans(declaration, whose, today):
        if declaration.label == "customers.EmailAddress" and whose == joan:
            raise ValueError("mary@example.com")
        return real(declaration, whose, today)

    monkeypatch.setattr(job, "carry_out_for", not_joans)
    with pytest.raises(CommandError, match=r"^1 of 3 erasures could not be replayed; the site stays closed\."):
        replay()
    assert not is_back(mary) and not is_back(eve) and is_back(joan), "the others do not wait for her"
    assert erasure_ledger.look() == standing.Standing(State.BEHIND, 1)
    assert "line 2 not replayed: ValueError" in caplog.text and "mary@example.com" not in caplog.text
    monkeypatch.undo()
    assert replay() == {"lines": 1, "erased": 1, "held": 0, "not_here": 0, "failed": 0}
    assert state() == State.OPEN and ReplayedErasure.objects.count() == 3


def test_a_replay_that_broke_off_when_her_number_was_gone_already_goes_on(mary, monkeypatch):
    make.enquiry(mary)
    restored(mary)
    real = job.carry_out_for

    def breaks_off(declaration, *whose):
        if Customer.objects.get(pk=mary.pk).erased_at:
            raise KeyboardInterrupt
        return real(declaration, *whose)

    monkeypatch.setattr(job, "AT_ONCE", 1)
    monkeypatch.setattr(job, "carry_out_for", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        replay()
    monkeypatch.setattr(job, "carry_out_for", real)
    assert Customer.objects.get(pk=mary.pk).number.startswith("erased-") and state() == State.BEHIND
    assert replay()["erased"] == 1 and state() == State.OPEN
    account = type(mary.account).objects.get(pk=mary.account_id)
    assert account.email.startswith("erased-") and account.email.endswith("@erased.invalid")


# --- the file is lost, changed, or another's -------------------------------------------------------------


def damage_nothing(path):
    path.unlink()


def cut_the_last(path):
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def cut_the_first(path):
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))


def exchange_two(path):
    one, two, three = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(one + three + two)


def change_a_letter(path):
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"erasure":"erasure', b'"erasure":"Erasure', 1))


def put_garbage(path):
    path.write_bytes(path.read_bytes() + b"\x00\xff not a line\n")


SPOILED = [
    (damage_nothing, State.LOST, "knows 3 erasures that are not in"),
    (cut_the_last, State.LOST, "knows 1 erasures that are not in"),
    (cut_the_first, State.DAMAGED, "line 1 was changed, or lines before it are missing"),
    (exchange_two, State.DAMAGED, "line 2 was changed, or lines before it are missing"),
    (change_a_letter, State.DAMAGED, "line 1 was changed"),
    (put_garbage, State.DAMAGED, "line 4 is not one of ours"),
]


@pytest.mark.parametrize(("spoil", "which", "words"), SPOILED, ids=lambda value: getattr(value, "__name__", None))
def test_a_spoiled_ledger_closes_the_site_and_two_colleagues_may_give_it_up(two, ledger, spoil, which, words):
    for _ in range(3):
        erase(make.customer())
    whole = ledger.read_bytes()
    spoil(ledger)
    spoiled = ledger.read_bytes() if ledger.exists() else b""
    assert state() == which and words in str(erasure_ledger.look())
    for refused in (replay, lambda: replay(accept_lost_ledger=True, approved_by=[two[0].email])):
        with pytest.raises(CommandError):
            refused()
    assert (ledger.read_bytes() if ledger.exists() else b"") == spoiled, "refused means untouched"
    replay(accept_lost_ledger=True, approved_by=[colleague.email for colleague in two])
    assert state() == State.OPEN and ledger.read_bytes() == whole
    aside = list(ledger.parent.glob("*.aside-*"))
    assert [path.read_bytes() for path in aside] == ([spoiled] if spoiled else []), "nothing is thrown away"
    entry = AuditEntry.objects.get(event="erasure_ledger.accepted_lost")
    assert {entry.actor, entry.details["agreed_by"]} == {audit.reference(colleague) for colleague in two}
    with pytest.raises(CommandError, match="not lost"):
        replay(accept_lost_ledger=True, approved_by=[colleague.email for colleague in two])


def test_a_ledger_that_is_lost_with_the_restore_is_red_and_not_taken_for_an_empty_one(mary, ledger):
    """A wrong path or a disk that is not there must not open the site."""
    erase(make.customer())
    restored(mary)
    ledger.rename(ledger.with_name("elsewhere"))
    assert state() == State.LOST
    with pytest.raises(CommandError, match="Is ERASURE_LEDGER_FILE right"):
        replay()
    ledger.with_name("elsewhere").rename(ledger)
    replay()
    assert not is_back(mary)


def test_another_installation_s_ledger_is_not_replayed(mary, ledger, settings):
    theirs = Backup()
    erase(make.customer())
    erase(mary)
    other = ledger.read_bytes()
    theirs.restore()
    ledger.unlink()
    erase(make.customer())
    ledger.write_bytes(other)
    assert state() == State.FOREIGN
    with pytest.raises(CommandError, match="not the ledger of this database"):
        replay()
    assert is_back(mary)


def test_a_wrong_key_finds_nobody_and_opens_nothing(mary, ledger, settings, tmp_path):
    restored(mary)
    settings.DATA_KEY_FILE = tmp_path / "other.keys"
    book._read.clear()
    with pytest.raises(CommandError, match="DATA_KEY_FILE holds another key"):
        replay()
    assert is_back(mary) and state() == State.DAMAGED


def test_a_file_that_cannot_be_read_closes_the_site(mary, settings, tmp_path):
    settings.ERASURE_LEDGER_FILE = tmp_path
    assert state() == State.UNREADABLE
    with pytest.raises(CommandError, match="cannot be read"):
        replay()


def test_a_second_replay_waits_for_the_first(mary):
    restored(mary)
    with erasure_ledger.replaying(), pytest.raises(CommandError, match="Another replay is running"):
        replay()
    assert is_back(mary)


# --- where it lies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("inside", "count"), [("", 1), ("erasure-ledger", 1), ("../apart", 0)])
def test_in_production_it_must_not_lie_where_it_is_backed_up_with_the_database(settings, tmp_path, inside, count):
    settings.DEBUG, settings.VAR = False, tmp_path / "var"
    settings.ERASURE_LEDGER_FILE = tmp_path / "var" / inside / "ledger.jsonl"
    found = [message for message in checks.run_checks(tags=["privacy"]) if message.id == "privacy.E011"]
    assert len(found) == count
    settings.DEBUG = True
    assert not [message for message in checks.run_checks(tags=["privacy"]) if message.id == "privacy.E011"]


def test_it_must_not_lie_beside_the_file_of_the_database(settings, tmp_path, monkeypatch):
    settings.DEBUG, settings.VAR = False, tmp_path / "var"
    monkeypatch.setitem(
        settings.DATABASES, "default", {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "db"}
    )
    settings.ERASURE_LEDGER_FILE = tmp_path / "ledger.jsonl"
    assert [m.id for m in checks.run_checks(tags=["privacy"])] == ["privacy.E011"]
    assert connection.vendor
