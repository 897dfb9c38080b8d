"""Promises for which a colleague answered alone, and at which code looks now: CLG-13, MAD-05, MAD-24, SFB-09."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers import importers
from customers.importers import reading
from customers.models import Customer
from privacy import audit, csv_files, subject_requests
from privacy.consent import ConsentEntry
from privacy.promises import CONTROLS, State
from privacy.promises.controls import asking_again, caps, copies, lists
from privacy.subject_requests import papers
from tests import make

pytestmark = pytest.mark.django_db
NOW = timezone.now
DAY = timedelta(days=1)


def look(slug):
    return CONTROLS[slug].look(NOW())


# --- asked once a year ----------------------------------------------------------------------------------------------


def test_clg_13_the_look_sees_who_is_asked_and_signs_nobody_in():
    assert look("details-asked-yearly").state == State.NO_EVIDENCE
    never, long_ago, lately = (
        make.customer(login=True, last_confirmed_at=day) for day in (None, NOW() - 400 * DAY, NOW() - DAY)
    )
    make.customer()
    found = look("details-asked-yearly")
    assert (found.state, found.figures) == (State.KEPT, {"due": 3, "without_login": 1})
    for person in (never, long_ago, lately):
        person.account.refresh_from_db()
        assert person.account.last_login is None


@pytest.mark.parametrize("way", ["always", "elsewhere", "unnoted"])
def test_clg_13_asking_each_time_or_where_she_does_not_land_is_red(way, monkeypatch, settings):
    make.customer(login=True, last_confirmed_at=NOW() - DAY)
    assert look("details-asked-yearly").state == State.KEPT
    if way == "always":
        monkeypatch.setattr(asking_again, "QUESTION", "still right")
    elif way == "elsewhere":
        settings.LOGIN_REDIRECT_URL = "/account/requests/"
    else:
        monkeypatch.setattr(asking_again, "declaration_of", lambda _model: None)
    assert look("details-asked-yearly").state == State.BROKEN


# --- lists of other companies ---------------------------------------------------------------------------------------


def list_of_acme(tmp_path, **values):
    file = tmp_path / "list.csv"
    row = {"name": "Jo", "email": "jo@example.com", "consent_email": "yes", **lists.PROOF, **values}
    file.write_text(f"{','.join(row)}\n{','.join(row.values())}\n")
    with csv_files.opened(str(file)) as table:
        return importers.import_customers(table, actor="test", report=lambda *_: None, now=NOW(), supplier="Acme")


def test_mad_05_the_look_tries_the_door_and_leaves_nothing_behind(tmp_path):
    assert list_of_acme(tmp_path).imported == 1
    before = (Customer.objects.count(), ConsentEntry.objects.count(), audit.AuditEntry.objects.count())
    found = look("lists-with-proof")
    assert (found.state, found.figures) == (State.KEPT, {"looked_at": 1})
    assert (Customer.objects.count(), ConsentEntry.objects.count(), audit.AuditEntry.objects.count()) == before


def test_mad_05_an_importer_that_asks_for_no_proof_is_red_and_nobody_comes_in(monkeypatch):
    monkeypatch.setattr(importers, "PROOF", ())
    monkeypatch.setattr(
        reading, "_consents", lambda _values, customer, now, _supplier: iter([make_a_yes(customer, now)])
    )
    found = look("lists-with-proof")
    assert (found.state, found.figures) == (State.BROKEN, {"opened": len(lists.BARE)})
    assert not Customer.objects.exists()


def make_a_yes(customer, now):
    return ConsentEntry(
        data_subject=customer, purpose="marketing", channel="email", sender="own", decision="granted", source="import",
        wording="made up", occurred_at=now, recorded_at=now, actor="test",
    )  # fmt: skip


# --- not too often --------------------------------------------------------------------------------------------------


def test_mad_24_what_really_left_is_counted_for_each_person_and_stretch_of_days(settings):
    assert look("marketing-cap").state == State.NO_EVIDENCE
    mary, peter, now = make.customer(), make.customer(), NOW()
    for days in (1, 5, 9, 20):
        make.advert_sent(mary, left_at=now - days * DAY)
    make.advert_sent(peter, left_at=NOW() - DAY)
    assert look("marketing-cap").state == State.BROKEN, "something left, and nobody has set how often is too often"
    settings.MARKETING_CAPS = {"email": (2, 8)}
    assert look("marketing-cap").state == State.KEPT
    settings.MARKETING_CAPS = {"email": (2, 9)}
    assert look("marketing-cap").figures["wrong"] == 1
    settings.MARKETING_CAPS = {"email": (0, 1)}
    assert look("marketing-cap").figures["wrong"] == 5


def test_mad_24_a_gate_that_forgets_the_cap_is_red(settings, monkeypatch):
    settings.MARKETING_CAPS = {"email": (2, 8)}
    assert look("marketing-cap").state == State.KEPT
    rules = tuple(rule for rule in caps.invented.contact.RULES if rule.__name__ != "not_too_often")
    monkeypatch.setattr(caps.invented.contact, "RULES", rules)
    assert look("marketing-cap").state == State.BROKEN


# --- both sides -----------------------------------------------------------------------------------------------------


def in_mediation(days):
    said = {"transaction_number": "2026-1", "transaction_on": (NOW() - 90 * DAY).date()}
    case = make.case(make.customer(), "complaint", particulars=said, received_at=NOW() - (days + 1) * DAY)
    papers.add(case, "evidence", "parcel.pdf", make.PDF, actor="test")
    papers.add(case, "identity", "card.pdf", make.PDF, actor="test")
    subject_requests.note(case, "comment", actor="test", text="Ours.", is_internal=True)
    subject_requests.Complaint.objects.filter(case=case).update(
        stage="mediation", mediation_opened_on=(NOW() - days * DAY).date()
    )
    return case


def test_sfb_09_the_look_wants_the_file_for_both_taken_before_the_mediation_is_over():
    assert look("complaints-copies").state == State.NO_EVIDENCE
    case = in_mediation(5)
    assert look("complaints-copies").figures == {"waiting": 1}
    for kind in ("ours", "both"):
        assert look("complaints-copies").state == State.NO_EVIDENCE
        audit.record("case.bundle_taken", actor="test", target=case, kind=kind, form="zip")
    assert look("complaints-copies").state == State.KEPT
    in_mediation(60)
    assert look("complaints-copies").state == State.BROKEN


@pytest.mark.parametrize("lacks", ["papers", "letters", "lines", "pdf"])
def test_sfb_09_a_file_that_lacks_something_is_red(lacks, monkeypatch):
    case = in_mediation(5)
    audit.record("case.bundle_taken", actor="test", target=case, kind="both", form="pdf")
    assert look("complaints-copies").state == State.KEPT
    if lacks == "pdf":
        monkeypatch.setattr(copies.case_bundle, "pdf_of", lambda _bundle: b"nothing")
    else:
        real = copies.case_bundle.collect

        def collect(case, *, for_both, **more):
            bundle = real(case, for_both=for_both, **more)
            if for_both:
                vars(bundle)[lacks] = getattr(bundle, lacks)[1:]
            return bundle

        monkeypatch.setattr(copies.case_bundle, "collect", collect)
    assert look("complaints-copies").state == State.BROKEN
