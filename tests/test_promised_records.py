"""What the policies promise about single kinds of record: they are hers to see and to clear, and they end."""

import json
from datetime import date, timedelta

import pytest
from django.utils import timezone

from customers.models import (
    BrowsingRecord,
    ContestEntry,
    CreditCheck,
    Customer,
    PaymentReference,
    PrizeDrawEntry,
)
from privacy import consent, erasure, export, gate
from privacy.consent import ConsentEntry
from privacy.personal_data import declarations
from privacy.promises import CONTROLS, State
from privacy.purposes import Purpose
from privacy.recipients import Recipient
from privacy.vocabulary import Decision, LawfulBasis, Source
from tests import make, purging
from tests.portal import sign_in
from tests.test_portal_data import identity

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)
# Everything that is made here is of March 2020; some months later each period has run out.
LATER = make.LONG_AGO.date() + timedelta(days=4 * 366)


def copy_of(customer, folder):
    """What she gets when she asks for a copy."""
    export.export_to(customer, folder, actor="test")
    return (folder / "export.json").read_text()


def tables(copy):
    return {t["table"]: t["rows"] for c in json.loads(copy)["categories"] for t in c["tables"]}


def goes_with_her_and_by_age(made, tmp_path):
    """In the copy under its name; gone with the person, and by itself when its time is over; hers alone."""
    model, mary, peter = type(made[0]), make.customer(), make.customer()
    for row, person in zip(made, (mary, peter), strict=True):
        model.objects.filter(pk=row.pk).update(customer=person)
    rows = tables(copy_of(mary, tmp_path))[model._meta.label_lower]
    assert len(rows) == 1
    erasure.erase(mary, today=TODAY, actor="test")
    assert list(model.objects.values_list("customer", flat=True)) == [peter.pk]
    Customer.objects.filter(pk=peter.pk).update(last_active_at=timezone.now())
    purging.purge(LATER)
    assert not model.objects.exists()


def two(make_one, **values):
    return [make_one(make.customer(), **values) for _ in range(2)]


# --- what somebody takes part in -------------------------------------------------------------------------------


def test_clz_03_contest_entries_are_in_the_copy_and_go_with_the_person_or_by_age(tmp_path):
    goes_with_her_and_by_age(two(make.contest_entry), tmp_path)


def test_mad_19_what_customer_services_were_told_is_in_the_copy_and_goes_with_the_person(tmp_path):
    goes_with_her_and_by_age(two(make.enquiry), tmp_path)


def test_mad_19_so_is_a_vote_for_a_product(tmp_path):
    goes_with_her_and_by_age(two(make.vote), tmp_path)


def test_mad_22_a_saved_basket_is_hers_and_is_not_kept_for_ever(tmp_path):
    goes_with_her_and_by_age(two(make.basket), tmp_path)


def test_cnx_28_what_was_said_in_a_chat_is_hers_and_is_not_kept_for_ever(tmp_path):
    goes_with_her_and_by_age(two(make.chat), tmp_path)


def test_cnx_34_marks_of_visits_are_not_kept_for_ever(tmp_path):
    goes_with_her_and_by_age(two(make.browsing_record), tmp_path)
    stranger = make.browsing_record(None)
    purging.purge(LATER)
    assert not BrowsingRecord.objects.filter(pk=stranger.pk).exists()


def test_lrd_15_a_prize_draw_takes_name_address_customer_number_and_email_and_nothing_else(tmp_path):
    about_the_person = set(PrizeDrawEntry.personal_data.fields) - {"draw", "entered_at"}
    assert about_the_person == {"name", "address", "customer_number", "email"}
    others = {c.name for c in PrizeDrawEntry._meta.concrete_fields} - set(PrizeDrawEntry.personal_data.fields)
    assert others == {"id", "customer"}
    goes_with_her_and_by_age(two(make.prize_draw_entry), tmp_path)


def test_clz_13_a_sponsor_who_gets_an_entry_is_named_to_the_customer_with_what_it_got():
    mary, sponsor = make.customer(login=True), make.recipient("Moorland Magazine", is_necessary=False, group="partner")
    entry = make.contest_entry(mary, sponsor=sponsor)
    handed = {"reference": f"contest entry {entry.pk}", "actor": "system:test", "now": timezone.now()}
    with pytest.raises(gate.MayNotShare):
        gate.hand_over(mary, sponsor, ["name"], **handed)
    make.grant(mary, "sharing", recipient=sponsor)
    gate.hand_over(mary, sponsor, ["name"], **handed)
    client = sign_in(mary)
    assert "Moorland Magazine" in client.get("/account/data/customers.contestentry/").content.decode()
    told = client.get("/account/data/privacy.disclosure/").content.decode()
    for words in ("Moorland Magazine", "name", f"contest entry {entry.pk}"):
        assert words in told


# --- payment, age, origin --------------------------------------------------------------------------------------


def test_mad_16_details_of_a_payment_go_the_night_after_it_is_completed():
    done, open_still = make.payment(make.customer()), make.payment(make.customer())
    PaymentReference.objects.filter(pk=done.pk).update(completed_on=TODAY)
    PaymentReference.objects.filter(pk=open_still.pk).update(completed_on=None)
    purging.purge(TODAY)
    assert PaymentReference.objects.filter(pk=done.pk).exists(), "on the day itself it may still be looked at"
    purging.purge(TODAY + timedelta(days=1))
    assert not PaymentReference.objects.filter(pk=done.pk).exists()
    assert PaymentReference.objects.filter(pk=open_still.pk).exists()


def test_lrd_11_every_kind_of_record_about_people_has_a_rule_for_its_end():
    without = [said.label for said in declarations() if said.retention is None]
    assert without == []


def test_clg_14_clz_05_size_age_and_sex_are_asked_for_and_never_needed_and_she_may_clear_them():
    plain = make.customer(login=True)
    plain.full_clean(exclude=["account"])
    mary = make.customer(login=True, size="39", sex="f", date_of_birth=date(1984, 5, 6))
    client = sign_in(mary)
    page = client.get("/account/").content.decode()
    for words in ("39", "female", "6 May 1984"):
        assert words in page
    cleared = identity(mary, size="", sex="", date_of_birth="")
    assert client.post("/account/correct/identity/", cleared).status_code == 302
    mary.refresh_from_db()
    assert (mary.size, mary.sex, mary.date_of_birth) == ("", "", None)


def test_mad_08_clz_02_each_customer_carries_on_which_road_and_by_which_site_we_met_her(tmp_path):
    mary = make.customer(collected_via=Source.STORE, source="northlight.example/club")
    [row] = tables(copy_of(mary, tmp_path))["customers.customer"]
    assert (row["collected_via"], row["source"]) == ("store", "northlight.example/club")
    assert row["in_words"]["collected_via"] == "in the shop"
    [entry] = [make.grant(mary, page="northlight.example/club")]
    assert ConsentEntry.objects.filter(page="northlight.example/club").get() == entry


def test_clz_12_a_new_purpose_needs_no_code_and_nothing_serves_it_before_a_yes():
    purpose = Purpose.objects.create(
        slug="fitting_room", label="To photograph the fitting", lawful_basis=LawfulBasis.CONSENT
    )
    mary = make.customer(login=True)
    assert not gate.may_use(mary, purpose).allowed
    consent.decide(mary, purpose.slug, Decision.GRANTED, source=Source.WEB, actor=mary, wording="Yes, photograph it.")
    assert gate.may_use(mary, purpose).allowed
    assert "To photograph the fitting" in sign_in(mary).get("/account/preferences/").content.decode()


def test_clz_19_the_copy_names_the_company_that_answers_for_it(tmp_path, settings):
    settings.SHOP = settings.SHOP | {"legal_name": "Northlight Isles Ltd"}
    make.recipient("Isles Post", kind="joint", legal_name="Isles Post plc")
    make.recipient("Gone Post", kind="joint", legal_name="Gone Post plc", is_active=False)
    copy = json.loads(copy_of(make.customer(), tmp_path))
    assert copy["shop"]["controllers"] == ["Northlight Isles Ltd", "Isles Post plc"]


def test_clz_19_a_company_that_decides_with_us_and_has_no_address_is_red():
    whole = {"legal_name": "Isles plc", "postal_address": "1 Pier, Isles"}
    make.recipient("Isles Post", kind="joint", **whole)
    make.recipient("Northlight Boots", group="affiliate", **whole)
    assert look("controllers-named").state == State.KEPT
    assert look("controllers-named").figures == {"companies": 3}
    Recipient.objects.filter(name="Northlight Boots").update(postal_address="")
    assert look("controllers-named").state == State.BROKEN


def test_clz_13_a_sponsor_whose_share_nobody_wrote_down_is_red_and_so_is_one_that_she_cannot_read(monkeypatch):
    assert look("contest-sponsors").state == State.NO_EVIDENCE
    mary, sponsor = make.customer(), make.recipient()
    make.contest_entry(mary, sponsor=sponsor)
    make.disclosure(make.customer(), recipient=sponsor, fields=[]), make.disclosure(mary, recipient=sponsor)
    assert look("contest-sponsors").state == State.KEPT, "what went wrong with another person is not this promise"
    declared = ContestEntry.personal_data
    monkeypatch.setattr(declared, "fields", tuple(name for name in declared.fields if name != "sponsor"))
    assert look("contest-sponsors").state == State.BROKEN


@pytest.mark.parametrize("wrong", [{"logic": ""}, {"kind": "processor"}])
def test_cnx_15_a_decision_without_its_logic_or_whose_score_came_from_elsewhere_is_red(wrong):
    assert look("credit-decisions").state == State.NO_EVIDENCE
    check = make.credit_check(make.customer())
    assert look("credit-decisions").state == State.KEPT
    rows = CreditCheck.objects if "logic" in wrong else Recipient.objects.filter(pk=check.recipient_id)
    rows.update(**wrong)
    assert look("credit-decisions").state == State.BROKEN


def test_cnx_15_a_score_that_she_cannot_read_is_red(monkeypatch):
    declared = CreditCheck.personal_data
    monkeypatch.setattr(declared, "fields", tuple(name for name in declared.fields if name != "score"))
    assert look("credit-decisions").state == State.BROKEN


def look(slug):
    """What the nightly look would say now."""
    return CONTROLS[slug].look(timezone.now())
