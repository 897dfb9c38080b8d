"""What proves an erasure: a certificate without a value, for our file and for the person (Art. 5(2), 12, 17)."""

import hashlib
import json
import subprocess
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from customers.models import Enquiry
from privacy import audit, erasure, jobs, roles
from privacy.audit import AuditEntry
from privacy.erasure import Erasure, ErasureCertificate, job, reading, rules
from privacy.notices import OutgoingEmail
from privacy.personal_data import declarations
from privacy.purge import night
from privacy.roles import AGENT, AUDITOR, MANAGER, OFFICER
from tests import make, purging
from tests.office import colleague, desk, shown
from tests.test_documents import assert_is_accessible_and_archivable, opened, text_of
from tests.test_erasure import HELD, agreed, lift

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)


@pytest.fixture
def mary():
    return make.customer("mary@example.com", login=True, phone="+44 20 7946 0958")


@pytest.fixture
def two():
    return make.staff(roles.AGENT), make.staff(roles.OFFICER)


def erased(person, two):
    wish = agreed(person, *two)
    assert jobs.work("privacy.erasure", wish.pk), Erasure.objects.get(pk=wish.pk).last_error
    return ErasureCertificate.objects.get(erasure=wish)


def words_of(pdf):
    return " ".join(text_of(pdf).split())


def inside(pdf):
    with opened(pdf) as file:
        return json.loads(file.attachments["certificate.json"].get_file().read_bytes())


def passed_on(person, name, **values):
    return make.disclosure(person, recipient=make.recipient(name), occurred_at=timezone.now(), **values)


def posted(account, row, copy="file"):
    number, case = row.number, row.erasure.case_id
    url = reverse("admin:privacy_datasubjectrequest_certificate", args=[case, number])
    return desk(account).post(url, {"copy": copy})


# --- what it says ----------------------------------------------------------------------------------------


def test_it_says_what_went_what_stays_until_when_and_who_agreed(mary, two):
    make.enquiry(mary), make.vote(mary), passed_on(mary, "Parcels")
    make.order(mary, placed_on=date(2022, 3, 15))
    row = erased(mary, two)
    said = row.said
    kinds = {line["kind"]: line for line in said["rows"]}
    assert kinds["customers.Enquiry"]["deleted"] == 1
    assert (kinds["customers.Order"]["kept"], kinds["customers.Order"]["until"]) == (1, "2028-03-15")
    assert "VAT Act 1994" in kinds["customers.Order"]["reason"]
    assert "customer number" in kinds["customers.Customer"]["emptied"]
    assert kinds["privacy.DataSubjectRequest"]["until"] is None
    assert kinds["privacy.DataSubjectRequest"]["period"] == "6 years"
    first, second = two
    assert (said["proposed"]["by"], said["proposed"]["role"]) == (audit.reference(first), AGENT)
    assert (said["approved"]["by"], said["approved"]["role"]) == (audit.reference(second), OFFICER)
    assert said["proposed"]["at"] and said["approved"]["at"] and said["began_at"] < said["ended_at"]
    assert [one["recipient"] for one in said["recipients"]] == ["Parcels"]
    assert said["read_again"] == {"kinds": sum(bool(d.data_subject) for d in declarations()), "should_be_gone": 0}
    assert said["totals"]["deleted"] == sum(line["deleted"] for line in said["rows"])


def test_what_it_says_to_be_left_is_what_the_second_reading_counted(mary, two, monkeypatch):
    """Were the reading not heeded, the paper would say so: its number is no word of comfort."""
    real = job.carry_out_for
    monkeypatch.setattr(
        job, "carry_out_for", lambda said, *who: 0 if said.label == "customers.Enquiry" else real(said, *who)
    )
    make.enquiry(mary), make.enquiry(mary)
    wish = agreed(mary, *two)
    assert not jobs.work("privacy.erasure", wish.pk)
    assert not ErasureCertificate.objects.exists(), "there is no paper about an erasure that is not done"
    monkeypatch.setattr(reading.Reading, "is_clean", True)
    Erasure.objects.filter(pk=wish.pk).update(run_after=timezone.now())
    assert jobs.work("privacy.erasure", wish.pk)
    row = ErasureCertificate.objects.get(erasure=wish)
    assert row.said["read_again"]["should_be_gone"] == Enquiry.objects.filter(customer=mary).count() == 2
    assert "should be gone and were still there: 2" in words_of(erasure.pdf_of(row))


def test_it_holds_no_value_of_the_person(mary, two):
    make.everything(mary, [d for d in declarations() if d.label != "privacy.ErasureCertificate"])
    word, number = make.canary(mary), mary.number
    before = [word, number, "mary@example.com", "7946 0958", mary.display_name, *traces_of(mary)]
    row = erased(mary, two)
    for pdf in (erasure.pdf_of(row), erasure.pdf_of(row, for_the_person=True)):
        text = words_of(pdf) + json.dumps(inside(pdf), ensure_ascii=False) + row.content
        for value in before:
            assert value.lower() not in text.lower(), value
    assert two[0].email not in text and two[0].staff_name not in row.content


def traces_of(person):
    return [str(value) for value in (person.family_name, person.account.email, person.phone) if value]


def test_it_is_bound_to_the_log_to_the_rules_and_to_the_person_by_our_key_alone(mary, two, monkeypatch):
    row = erased(mary, two)
    said, done = row.said, AuditEntry.objects.get(event="erasure.done")
    assert said["audit"]["done"] == {"entry": done.pk, "hash": done.hash}
    agreed_on = AuditEntry.objects.get(event="erasure.agreed")
    assert said["audit"]["agreed"] == {"entry": agreed_on.pk, "hash": agreed_on.hash}
    noted = AuditEntry.objects.get(event="erasure.certified")
    assert noted.details == {"number": 1, "sha256": hashlib.sha256(row.content.encode()).hexdigest()}
    assert row.is_vouched_for and audit.verify().is_intact
    assert said["rules"] == rules.in_force()
    order = next(d for d in declarations() if d.label == "customers.Order")
    monkeypatch.setattr(order, "fields", ("placed_on",))
    assert said["rules"]["sha256"] != rules.in_force()["sha256"], "another rule has another hash"
    assert said["person"]["pseudonym"] == erasure.certificate.pseudonym(mary)
    monkeypatch.setattr(erasure.certificate, "keyed_hash", lambda text, **_: rules.sha256(text))
    assert said["person"]["pseudonym"] != erasure.certificate.pseudonym(mary), "without the key nobody finds out"


def test_it_is_made_anew_to_the_same_bytes_by_another_process_too(mary, two):
    row = erased(mary, two)
    for mine in (True, False):
        once, again = (erasure.pdf_of(row, for_the_person=mine) for _ in range(2))
        assert once == again
        assert_is_accessible_and_archivable_under_its_title(once)
    assert rules.canonical(inside(erasure.pdf_of(row))) == row.content
    assert json.loads(rules.canonical(row.said)) == row.said


def assert_is_accessible_and_archivable_under_its_title(pdf):
    with opened(pdf) as file:
        said = bytes(file.Root.Metadata.read_bytes()).decode()
        assert ("Your data is deleted" in said) or ("Certificate of erasure" in said)
        file.Root.Metadata.write(said.replace("deleted", "Title").replace("Certificate", "Title").encode())
        assert_is_accessible_and_archivable(file)


def test_one_that_was_changed_is_found_out(mary, two):
    row = erased(mary, two)
    ErasureCertificate.objects.update(content=row.content.replace('"deleted":', '"deleted":1', 1))
    changed = ErasureCertificate.objects.get()
    assert not changed.is_vouched_for
    ErasureCertificate.objects.update(sha256=rules.sha256(changed.content))
    changed.refresh_from_db()
    assert not changed.is_vouched_for, "a new hash beside it does not help; the log has the old one"
    auditor = colleague(AUDITOR)
    assert posted(auditor, changed).status_code == 302
    assert not AuditEntry.objects.filter(event="erasure.certificate_taken").exists()


# --- the person's copy -----------------------------------------------------------------------------------


def last_letter():
    return OutgoingEmail.objects.get(template="erasure_done")


def test_her_copy_leaves_with_her_last_letter_and_names_no_colleague(mary, two):
    make.enquiry(mary), make.order(mary, placed_on=date(2022, 3, 15))
    passed_on(mary, "Parcels")
    passed_on(mary, "Police", secret_until=date(2099, 1, 1))
    row = erased(mary, two)
    assert "(PDF)" in last_letter().text
    assert jobs.work("privacy.outgoingemail", last_letter().pk)
    assert not OutgoingEmail.objects.filter(template="erasure_done").exists()
    (sent,) = (one for one in mail.outbox if one.to == ["mary@example.com"])
    ((name, content, kind),) = sent.attachments
    assert (name, kind) == (f"{row}.pdf", "application/pdf")
    text = words_of(content)
    for words in (
        "We have deleted your data", row.erasure.case.reference, "15 March 2028", "VAT Act 1994", "Parcels",
        "No day is known yet", "regulator",
    ):  # fmt: skip
        assert words in text, words
    said = json.dumps(inside(content))
    for hidden in ("Police", "customers.account", "privacy officer", "care agent", *(one.staff_name for one in two)):
        assert hidden not in text + said, hidden
    assert "Police" in row.content, "our own file names it"


def test_a_letter_that_must_be_tried_again_carries_it_again(mary, two, monkeypatch):
    erased(mary, two)
    letter = last_letter()
    real = OutgoingEmail.delete
    monkeypatch.setattr(OutgoingEmail, "delete", lambda _row: 1 / 0)
    assert not jobs.work("privacy.outgoingemail", letter.pk)
    monkeypatch.setattr(OutgoingEmail, "delete", real)
    OutgoingEmail.objects.update(run_after=timezone.now())
    assert jobs.work("privacy.outgoingemail", letter.pk)
    first, second = (one.attachments[0][1] for one in mail.outbox if one.to == ["mary@example.com"])
    assert first == second


def test_while_the_erasure_is_not_done_there_is_no_certificate_and_no_letter(mary, two, monkeypatch):
    make.enquiry(mary)
    monkeypatch.setattr(erasure.job, "carry_out_for", lambda *_: 0)
    wish = agreed(mary, *two)
    assert not jobs.work("privacy.erasure", wish.pk)
    assert not ErasureCertificate.objects.exists()
    assert not jobs.work("privacy.outgoingemail", last_letter().pk)


def test_if_the_certificate_cannot_be_written_nothing_is_called_done(mary, two, monkeypatch):
    monkeypatch.setattr(erasure.certificate, "_content", lambda *_: 1 / 0)
    wish = agreed(mary, *two)
    assert not jobs.work("privacy.erasure", wish.pk)
    wish.refresh_from_db()
    assert (wish.job_state, wish.case.state) == ("new", "executing")
    assert not AuditEntry.objects.filter(event="erasure.done").exists()
    assert last_letter().run_after > timezone.now()


# --- a hold ----------------------------------------------------------------------------------------------


def test_after_a_hold_a_second_one_stands_beside_the_first(mary, two):
    """FAULTS E48."""
    debt = make.order(mary)
    hold = make.restriction(mary, "debt", scope=f"customers.order:{debt.pk}", **HELD)
    first = erased(mary, two)
    kept = {line["kind"]: line for line in first.said["rows"]}["customers.Order"]
    assert kept["held"] == 1 and "not paid yet" in kept["reason"]
    assert "What is on hold" in words_of(erasure.pdf_of(first, for_the_person=True))
    content = first.content
    lift(hold)
    assert jobs.work("privacy.erasure", first.erasure_id)
    night.resume(timezone.localdate())
    one, two_ = ErasureCertificate.objects.all()
    assert one.content == content and (one.number, two_.number) == (1, 2)
    assert two_.said["follows"] == str(one) and two_.is_vouched_for and one.is_vouched_for
    assert two_.said["totals"]["held"] == 0
    assert str(one) in words_of(erasure.pdf_of(two_, for_the_person=True))


def test_what_may_not_go_at_all_is_certified_as_that(mary, two):
    make.restriction(mary, "claim", **HELD)
    row = erased(mary, two)
    assert row.said["totals"]["deleted"] == row.said["totals"]["anonymised"] == 0
    text = words_of(erasure.pdf_of(row, for_the_person=True))
    assert "We may not delete your data yet" in text and "A legal matter is not settled yet." in text


# --- in the office ---------------------------------------------------------------------------------------


def test_auditor_and_officer_fetch_it_nobody_else_and_each_time_is_written_down(mary, two):
    row = erased(mary, two)
    for role in (AUDITOR, OFFICER):
        for copy in ("file", "person"):
            answer = posted(colleague(role), row, copy)
            assert answer.content == erasure.pdf_of(row, for_the_person=copy == "person")
            assert f'filename="{row}-{copy}.pdf"' in answer["Content-Disposition"]
    for role in (AGENT, MANAGER):
        assert posted(colleague(role), row).status_code == 403
    assert posted(colleague(AUDITOR), row, "else").status_code == 404
    taken = AuditEntry.objects.filter(event="erasure.certificate_taken", target=audit.reference(row.erasure))
    assert [entry.details["copy"] for entry in taken.order_by("pk")] == ["file", "person"] * 2


def test_it_stands_on_the_page_of_the_case_for_those_who_may_fetch_it(mary, two):
    row = erased(mary, two)
    case = row.erasure.case
    page = shown(desk(colleague(AUDITOR)), case)
    assert str(row) in page and "the audit log vouches for it" in page
    assert str(row) not in shown(desk(colleague(AGENT)), case)


def test_it_goes_at_its_own_end_and_before_that_it_stays(mary, two):
    row = erased(mary, two)
    day = row.issued_at.date().replace(year=row.issued_at.year + 6)
    for today, left in ((day, 1), (day + timedelta(days=1), 0)):
        purging.purge(today)
        assert ErasureCertificate.objects.count() == left


@pytest.mark.once
def test_a_judge_of_accessible_files_finds_nothing_wrong(mary, two, tmp_path):
    """Both copies as a program for checking PDFs sees them."""
    row = erased(mary, two)
    for name, mine in (("file", False), ("person", True)):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(erasure.pdf_of(row, for_the_person=mine))
        said = subprocess.run(["pdfinfo", "-struct-text", str(path)], capture_output=True, text=True, check=True)
        assert "H1" in said.stdout and "Syntax Error" not in said.stderr
    assert settings.SHOP["legal_name"] in said.stdout
