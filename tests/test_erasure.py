"""One person's data goes at her wish: what may go is gone, what stays is named, nobody writes to her again."""

import json
import re
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings as project
from django.contrib.auth import authenticate
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from customers.models import Account, Customer, EmailAddress, Enquiry, Order, OrderLine, Session
from privacy import audit, erasure, gate, jobs, restrictions, roles, subject_requests, suppression, tokens
from privacy.audit import AuditEntry
from privacy.consent import ConsentEntry
from privacy.erasure import Erasure, job
from privacy.export import Export, files
from privacy.inbound import answers
from privacy.inbound.mailbox import InboundEmail
from privacy.notices import OutgoingEmail
from privacy.personal_data import declarations
from privacy.purge import night
from privacy.restrictions import Restriction
from privacy.subject_requests import DataSubjectRequest
from privacy.vocabulary import Source
from tests import make, purging
from tests.letters import letter, received
from tests.test_importers import bring_in

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)
WITH_OTHER_NAMES = ("privacy.NoticeShown", "privacy.Erasure", "privacy.ErasureCertificate", "privacy.ReplayedErasure")
HELD = {"lifted_at": None, "lift_proposed_by": "", "lifted_by": ""}


@pytest.fixture
def mary():
    return make.customer("mary@example.com", login=True)


@pytest.fixture
def two():
    return make.staff(roles.OFFICER), make.staff(roles.OFFICER)


def erase(person, today=TODAY):
    return {line.model: line for line in erasure.erase(person, today=today, actor="test")}


def agreed(person, first, second):
    """An erasure that two people agreed to, queued."""
    case = subject_requests.open_case(person, "erasure", source=Source.LETTER, actor=first, identity_confirmed=True)
    subject_requests.start(case, actor=first)
    subject_requests.propose(case, actor=first)
    subject_requests.approve(case, actor=second, now=timezone.now() + timedelta(days=4))
    return Erasure.objects.get(case=case)


def lift(hold):
    restrictions.propose_lifting(hold, actor="one")
    restrictions.lift(hold, actor="two", now=timezone.now())


# --- what goes, what stays -------------------------------------------------------------------------------


def test_cnx_13_mad_20_what_the_law_keeps_is_named_with_reason_and_last_day(mary):
    make.order(mary, placed_on=date(2021, 3, 15)), make.order(mary, placed_on=date(2022, 8, 31))
    make.order(mary, placed_on=date(2020, 3, 15))
    make.enquiry(mary)
    lines = erase(mary)
    assert (lines["customers.Order"].kept, lines["customers.Order"].anonymised) == (2, 1)
    assert lines["customers.Order"].until == "2028-08-31"
    assert "VAT Act 1994" in lines["customers.Order"].reason
    assert lines["customers.Enquiry"].deleted == 1
    assert sorted(mary.orders.exclude(bill_to="").values_list("placed_on", flat=True)) == [
        date(2021, 3, 15),
        date(2022, 8, 31),
    ]


def test_what_was_kept_goes_by_itself_on_its_day(mary):
    make.order_line(mary, order=make.order(mary, placed_on=date(2021, 3, 15)))
    erase(mary)
    for day, left in ((date(2027, 3, 15), 1), (date(2027, 3, 16), 0)):
        purging.purge(day)
        assert Order.objects.exclude(bill_to="").count() == left
        assert OrderLine.objects.exclude(personalisation="").count() == left


def test_an_erased_person_cannot_sign_in_and_her_sessions_end(mary):
    """FAULTS E46."""
    address = mary.account.email
    make.session(mary)
    assert authenticate(username=address, password="correct horse battery") == mary.account
    erase(mary)
    assert authenticate(username=address, password="correct horse battery") is None
    assert not Session.objects.exists()
    account = Account.objects.get(pk=mary.account_id)
    assert re.fullmatch(r"erased-[0-9a-f]{32}@erased\.invalid", account.email)
    assert not account.is_active and account.password == ""


def test_who_comes_again_is_a_new_person(mary):
    erase(mary)
    again = make.customer("mary@example.com", login=True)
    assert again.pk != mary.pk and Customer.objects.get(pk=mary.pk).account_id != again.account_id


def test_a_link_in_an_old_letter_does_nothing_any_more(mary):
    link = tokens.issue("unsubscribe", mary)
    assert tokens.find("unsubscribe", link)
    erase(mary)
    assert tokens.find("unsubscribe", link) is None


def test_her_addresses_are_suppressed_under_every_sender_and_cannot_be_read(mary):
    """FAULTS E54: the erased are not written to again from an old list."""
    make.email_address(mary, "m.other@example.org")
    make.newsletter(mary, address="M.News@example.org")
    make.prize_draw_entry(mary, email="draw@example.org")
    erase(mary)
    for address in ("mary@example.com", "m.other@example.org", "m.news@example.org", "draw@example.org"):
        assert suppression.is_suppressed(address) and suppression.is_suppressed(address, sender="third_party")
    assert not suppression.is_suppressed("erased-1@erased.invalid")
    words = " ".join(map(str, suppression.Suppression.objects.values_list()))
    assert "example" not in words


def test_her_phone_is_suppressed_for_calls_and_texts(mary):
    Customer.objects.filter(pk=mary.pk).update(phone="+44 20 7946 0958")
    erase(Customer.objects.get(pk=mary.pk))
    for channel in ("sms", "phone"):
        assert suppression.is_suppressed("+442079460958", channel=channel)


def test_an_objection_before_the_erasure_does_not_let_her_back_in(mary):
    Customer.objects.filter(pk=mary.pk).update(phone="+44 20 7946 0958")
    suppression.suppress("mary@example.com", reason="objection")
    number = mary.number
    erase(Customer.objects.get(pk=mary.pk))
    rows = [
        f"A,{number},new@x.example,",
        "B,,Mary@Example.com,",
        "C,,other@x.example,+44 (20) 79460958",
        "D,,d@x.example,",
    ]
    counts, _ = bring_in("\n".join(["name,number,email,phone", *rows]))
    assert (counts.dropped, counts.imported) == (3, 1)


def test_a_living_member_of_the_household_may_ask_for_mail_again_and_she_stays_out(mary):
    john = make.customer("mary@example.com", login=False)
    erase(mary)
    assert suppression.is_suppressed("mary@example.com")
    suppression.lift("mary@example.com")
    assert not suppression.is_suppressed("mary@example.com")
    EmailAddress.objects.filter(customer=john).delete()
    counts, _ = bring_in("name,email\nMary,mary@example.com\n")
    assert counts.dropped == 1


def test_mail_of_nobodys_record_goes_when_it_was_hers(mary):
    """Reports of machines and letters to a stranger stand on nobody's record."""
    john = make.customer("john@example.com")
    for sender, author in (("mary@example.com", ""), ("<>", "Mary <MARY@example.com>"), ("john@example.com", "")):
        raw = letter(author or sender, "Out of office", Auto_Submitted="auto-replied")
        received(raw, sender=sender)
    answers.to_a_stranger(None, "mary@example.com", timezone.now())
    answers.to_a_stranger(None, "john@example.com", timezone.now())
    assert InboundEmail.objects.filter(data_subject=None).count() == 3
    erase(mary)
    assert [row.sender for row in InboundEmail.objects.all()] == ["john@example.com"]
    assert [row.to_address for row in OutgoingEmail.objects.filter(template="mail_stranger")] == ["john@example.com"]
    assert john.pk


def test_mail_from_an_address_that_another_customer_has_too_stays_theirs(mary):
    make.customer("mary@example.com")
    received(letter("mary@example.com", "Away", Auto_Submitted="auto-replied"), sender="mary@example.com")
    erase(mary)
    assert InboundEmail.objects.count() == 1


def test_copies_of_letters_go_by_the_address_and_not_by_a_part_of_it(mary, settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path)
    for name, to in (("hers", "Mary <MARY@example.com>"), ("other", "rosemary@example.com"), ("body", "x@example.com")):
        (tmp_path / f"{name}.eml").write_bytes(f"From: s@x.example\r\nTo: {to}\r\n\r\nmary@example.com".encode())
    erase(mary)
    assert {path.stem for path in tmp_path.glob("*.eml")} == {"other", "body"}


def test_a_copy_that_another_erasure_removed_first_stops_nobody(mary, settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path)
    (tmp_path / "gone.eml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "hers.eml").write_bytes(b"To: mary@example.com\r\n\r\n.")
    erase(mary)
    assert not (tmp_path / "hers.eml").exists()


def test_a_hold_on_one_order_keeps_no_export_and_no_copy_of_a_letter(mary, settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path)
    (tmp_path / "a.eml").write_bytes(b"To: mary@example.com\r\n\r\n.")
    row = make.export_of(mary)
    folder = files.folder(row.folder)
    folder.mkdir(parents=True)
    (folder / "export.json").write_bytes(b"x")
    make.restriction(mary, "debt", scope=f"customers.order:{make.order(mary).pk}", **HELD)
    erase(mary)
    assert not folder.exists() and not list(tmp_path.glob("*.eml"))


def test_the_shell_knows_when_it_was_erased_and_the_gate_says_no(mary):
    make.grant(mary), make.grant(mary, channel="post")
    erase(mary)
    shell = Customer.objects.get(pk=mary.pk)
    assert shell.erased_at is not None
    necessary = make.recipient("Parcels", is_necessary=True)
    for answer in (
        gate.may_contact(shell, "email"),
        gate.may_contact(shell, "post"),
        gate.may_share(shell, necessary, ["number"]),
    ):
        assert not answer.allowed
        assert any("was erased on" in reason for reason in answer.reasons)


def test_the_last_letter_is_sent_and_forgotten_in_one_transaction(mary, monkeypatch):
    erase(mary)
    row = last_letter()
    monkeypatch.setattr(OutgoingEmail, "delete", lambda _row: 1 / 0)
    assert not jobs.work("privacy.outgoingemail", row.pk)
    row.refresh_from_db()
    assert row.job_state == "new", "not done while it still names her"
    monkeypatch.undo()
    OutgoingEmail.objects.update(run_after=timezone.now())
    assert jobs.work("privacy.outgoingemail", row.pk) and not OutgoingEmail.objects.exists()


def test_the_report_and_the_audit_log_hold_no_values(mary):
    make.everything(mary, [d for d in declarations() if d.label not in WITH_OTHER_NAMES])
    lines = erase(mary, date(2099, 1, 1))
    written = json.dumps([line.as_json() for line in lines.values()]) + " ".join(
        map(str, AuditEntry.objects.values_list())
    )
    assert make.CANARY.lower() not in written.lower() and "mary" not in written
    entry = AuditEntry.objects.get(event="erasure.done")
    assert entry.subject == audit.reference(mary)
    assert entry.details["counts"]["customers.Enquiry"] == [1, 0, 0, 0]


def test_what_appears_while_the_erasure_runs_is_found_by_the_second_reading(mary, monkeypatch):
    make.enquiry(mary)
    real, late = job.carry_out_for, iter([make.enquiry])

    def slow(declaration, *whose):
        count = real(declaration, *whose)
        if declaration.label == "customers.Customer" and (add := next(late, None)):
            add(mary)
        return count

    monkeypatch.setattr(job, "carry_out_for", slow)
    assert erase(mary)["customers.Enquiry"].deleted == 2
    assert not Enquiry.objects.exists()


def test_rows_that_do_not_go_are_never_called_done(mary, monkeypatch):
    make.enquiry(mary)
    real = job.carry_out_for
    monkeypatch.setattr(
        job, "carry_out_for", lambda d, *whose: 0 if d.label == "customers.Enquiry" else real(d, *whose)
    )
    with pytest.raises(erasure.NotErased, match=r"customers\.Enquiry"):
        erase(mary)
    assert not AuditEntry.objects.filter(event="erasure.done").exists()
    assert not OutgoingEmail.objects.filter(run_after__lte=timezone.now(), template="erasure_done").exists()


def test_erasing_twice_does_no_harm(mary):
    make.order(mary)
    erase(mary)
    again = erase(mary)
    assert [line.model for line in again.values() if line.goes] == []


# --- holds and restrictions ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Restriction.Kind.values)
def test_a_hold_on_the_person_keeps_everything_and_is_named(mary, kind):
    make.enquiry(mary)
    make.restriction(mary, kind, **HELD)
    lines = erase(mary)
    assert (lines["customers.Enquiry"].held, lines["customers.Enquiry"].deleted) == (1, 0)
    assert restrictions.plain(kind) in lines["customers.Enquiry"].reason
    assert Enquiry.objects.exists() and EmailAddress.objects.filter(customer=mary).exists()
    assert suppression.is_suppressed("mary@example.com"), "nobody advertises to somebody who wants to be deleted"


@pytest.mark.parametrize("when", ["at once", "at night"])
def test_a_hold_on_one_order_keeps_that_order_alone_and_goes_on_by_itself_when_it_ends(mary, two, when):
    """FAULTS E48, LRD-20."""
    debt, other = make.order(mary), make.order(mary)
    make.order_line(mary, order=debt), make.enquiry(mary)
    hold = make.restriction(mary, "debt", scope=f"customers.order:{debt.pk}", **HELD)
    wish = agreed(mary, *two)
    assert jobs.work("privacy.erasure", wish.pk)
    wish.refresh_from_db()
    assert wish.waits_for_release and wish.job_state == "done"
    assert not Enquiry.objects.exists()
    assert Order.objects.exclude(bill_to="").get() == debt
    assert OrderLine.objects.exclude(personalisation="").exists()
    night.purge(today=TODAY)
    assert Order.objects.exclude(bill_to="").get() == debt
    if when == "at once":
        lift(hold)
        assert jobs.work("privacy.erasure", wish.pk)
    else:  # nobody heard that it ended
        told = {"lift_proposed_by": "one", "lifted_by": "two", "lifted_at": timezone.now()}
        Restriction.objects.filter(pk=hold.pk).update(**told)
        night.purge(today=TODAY)
    wish.refresh_from_db()
    assert not Order.objects.exclude(bill_to="").exists() and not wish.waits_for_release
    assert next(line for line in wish.report if line["model"] == "customers.Order")["anonymised"] == 2
    assert other.pk != debt.pk


def test_a_hold_that_comes_in_the_middle_wins_for_all_that_is_still_there(mary, monkeypatch):
    """FAULTS B14."""
    make.enquiry(mary), make.vote(mary)
    real = job.carry_out_for

    def with_hold(declaration, *whose):
        if not Restriction.objects.exists():
            make.restriction(mary, "claim", **HELD)
        return real(declaration, *whose)

    monkeypatch.setattr(job, "carry_out_for", with_hold)
    lines = erase(mary)
    assert sum(line.goes for line in lines.values()) == 0
    assert lines["customers.Enquiry"].held == 1


# --- the last letter -------------------------------------------------------------------------------------


def last_letter():
    return OutgoingEmail.objects.get(template="erasure_done")


def test_the_last_letter_names_what_stays_and_forgets_itself(mary):
    make.order(mary, placed_on=date(2022, 3, 15))
    make.grant(mary, occurred_at=datetime(2025, 1, 31, 12, tzinfo=UTC))
    erase(mary)
    letter = last_letter()
    assert letter.data_subject is None and letter.to_address == "mary@example.com"
    assert jobs.work("privacy.outgoingemail", letter.pk)
    assert not OutgoingEmail.objects.exists()
    (sent,) = mail.outbox
    for words in ("15 March 2028", "31 January 2031", "VAT Act 1994", "last letter", "regulator"):
        assert words in sent.body and words in sent.alternatives[0][0]
    assert project.SHOP["name"] in sent.subject


def test_the_letter_waits_until_all_is_done(mary, monkeypatch):
    make.enquiry(mary)
    monkeypatch.setattr(job, "carry_out_for", lambda *_: 0)
    with pytest.raises(erasure.NotErased):
        erase(mary)
    assert not jobs.work("privacy.outgoingemail", last_letter().pk)
    monkeypatch.undo()
    erase(mary)
    assert jobs.work("privacy.outgoingemail", last_letter().pk)
    assert len(mail.outbox) == 1


def test_who_has_no_address_gets_no_letter():
    guest = make.customer()
    EmailAddress.objects.filter(customer=guest).delete()
    erase(guest)
    assert not OutgoingEmail.objects.exists()


# --- files -----------------------------------------------------------------------------------------------


def test_the_files_of_exports_go(mary):
    row = make.export_of(mary)
    folder = files.folder(row.folder)
    folder.mkdir(parents=True)
    (folder / "export.json").write_bytes(b"x")
    erase(mary)
    assert not folder.exists() and not Export.objects.exists()


def test_the_files_go_with_the_purge_too(mary):
    row = make.export_of(mary)
    Export.objects.filter(pk=row.pk).update(files={"export.json": {"path": f"{row.folder}/export.json"}})
    folder = files.folder(row.folder)
    folder.mkdir(parents=True)
    (folder / "export.json").write_bytes(b"x")
    night.purge(today=TODAY)
    assert not folder.exists() and not Export.objects.exists()


# --- the job and its case --------------------------------------------------------------------------------


def test_the_job_completes_the_case_and_keeps_its_report(mary, two):
    make.enquiry(mary)
    wish = agreed(mary, *two)
    assert jobs.work("privacy.erasure", wish.pk)
    wish.refresh_from_db()
    assert wish.case.state == "completed" and wish.case.closed_at
    lines = {line["model"]: line for line in wish.report}
    assert lines["customers.Enquiry"]["deleted"] == 1
    assert lines["privacy.DataSubjectRequest"]["kept"] == 1
    assert not jobs.work("privacy.erasure", wish.pk), "once"
    assert audit.verify().broken is None


@pytest.mark.parametrize("at_once", [1, 5_000])
def test_a_job_that_failed_half_way_goes_on_and_its_counts_are_whole(at_once, mary, two, monkeypatch):
    monkeypatch.setattr(job, "AT_ONCE", at_once)
    make.enquiry(mary), make.enquiry(mary), make.vote(mary), make.address(mary)
    wish = agreed(mary, *two)
    real, calls = job.carry_out_for, iter(range(100))

    def fails_once(declaration, *whose):
        count = real(declaration, *whose)
        if next(calls) == 4:
            raise ConnectionError
        return count

    monkeypatch.setattr(job, "carry_out_for", fails_once)
    assert not jobs.work("privacy.erasure", wish.pk)
    wish.refresh_from_db()
    assert (wish.job_state, wish.last_error, wish.case.state) == ("new", "ConnectionError", "executing")
    Erasure.objects.update(run_after=timezone.now())
    assert jobs.work("privacy.erasure", wish.pk)
    wish.refresh_from_db()
    lines = {line["model"]: line["deleted"] for line in wish.report}
    assert (lines["customers.Enquiry"], lines["customers.ProductVote"], lines["customers.Address"]) == (2, 1, 1)


def test_who_lost_the_claim_changes_nothing_more(mary, two, monkeypatch):
    make.enquiry(mary), make.vote(mary)
    wish = agreed(mary, *two)
    real, first = job.carry_out_for, iter([True])

    def stolen(declaration, *whose):
        if next(first, False):
            Erasure.objects.update(claims=99)
        return real(declaration, *whose)

    monkeypatch.setattr(job, "carry_out_for", stolen)
    before = Enquiry.objects.count()
    assert not jobs.work("privacy.erasure", wish.pk)
    wish.refresh_from_db()
    assert wish.case.state == "executing" and wish.job_state == "working"
    assert Enquiry.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_a_task_delivered_five_times_at_once_has_one_effect():
    """FAULTS B19."""
    mary, first, second = make.customer("mary@example.com"), make.staff(roles.OFFICER), make.staff(roles.OFFICER)
    make.enquiry(mary)
    wish, worked = agreed(mary, first, second), []

    def work():
        worked.append(jobs.work("privacy.erasure", wish.pk))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(worked) == [False] * 4 + [True]
    assert AuditEntry.objects.filter(event="erasure.done").count() == 1
    assert OutgoingEmail.objects.filter(template="erasure_done").count() == 1


# --- the command -----------------------------------------------------------------------------------------


def test_a_dry_run_prints_the_plan_and_changes_nothing(mary, capsys):
    make.order(mary, placed_on=date(2026, 1, 1))
    before = Customer.objects.values().get()
    call_command("erase", customer=mary.number, dry_run=True)
    said = json.loads(capsys.readouterr().out)
    assert said["customers.Order"] | {"reason": ""} == {
        "deleted": 0, "anonymised": 0, "kept": 1, "reason": "", "until": "2032-01-01", "held": 0,
    }  # fmt: skip
    assert Customer.objects.values().get() == before and not DataSubjectRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_says_why_there_is_no_last_day_yet(mary, capsys):
    make.restriction(mary, "debt", scope=f"customers.order:{make.order(mary).pk}", **HELD)
    call_command("erase", customer=mary.number, dry_run=True)
    line = json.loads(capsys.readouterr().out)["privacy.Restriction"]
    assert line["until"] is None and line["kept"] + line["held"] == 1
    assert line["held"] or line["period"] == "3 years from a day that has not come"


def test_two_colleagues_erase_on_the_command_line(capsys):
    mary, first, second = make.customer(), make.staff(roles.AGENT), make.staff(roles.OFFICER)
    make.enquiry(mary)
    call_command("erase", customer=mary.number, approved_by=[second.email, first.email])
    said = json.loads(capsys.readouterr().out)
    assert said["customers.Enquiry"]["deleted"] == 1 and said["customers.Customer"]["anonymised"] == 1
    case = DataSubjectRequest.objects.get()
    assert (case.proposed_by, case.approved_by, case.state) == (first, second, "completed")
    with pytest.raises(CommandError, match="No customer"):
        call_command("erase", customer=mary.number, dry_run=True)


def test_without_two_colleagues_who_may_nothing_happens(mary, two):
    first, second = two
    agents = [make.staff(roles.AGENT).email, make.staff(roles.AGENT).email]
    for named in (
        [], [first.email], [first.email, first.email],
        [first.email, first.email.upper()], [first.email, "a@b.example"],
        agents, [first.email, make.staff(roles.AUDITOR).email], [first.email, make.account().email],
        [first.email, second.email, "x"],
        [make.staff(is_superuser=True).email, make.staff(is_superuser=True).email],
    ):  # fmt: skip
        with pytest.raises(CommandError):
            call_command("erase", customer=mary.number, approved_by=named)
    assert not DataSubjectRequest.objects.exists() and ConsentEntry.objects.count() == 0


def test_while_the_person_may_change_her_mind_the_command_waits(mary, two):
    subject_requests.open_case(mary, "erasure", source=Source.WEB, actor=mary, identity_confirmed=True)
    with pytest.raises(CommandError, match="may still change her mind"):
        call_command("erase", customer=mary.number, approved_by=[account.email for account in two])
    assert not Erasure.objects.exists()
