"""My data and its correction: CLG-11, CLG-12, CLG-13, CLG-15, CLG-16."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from customers.models import Address, Customer, EmailAddress
from privacy import consent, corrections, data_subjects, new_addresses, overview, suppression
from privacy.audit import AuditEntry
from privacy.corrections import Correction
from privacy.notices import OutgoingEmail
from privacy.personal_data import declarations
from privacy.roles import AGENT
from privacy.vocabulary import Decision, Purpose, Source
from tests import make
from tests.office import colleague, desk
from tests.portal import sign_in

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)


def with_everything() -> Customer:
    customer = make.customer(login=True, phone="+44 7700 900123", size="EU 39")
    for declaration in declarations():
        if declaration.data_subject and declaration.model in make.FOR:
            make.FOR[declaration.model](customer)
    return customer


def test_clg_11_my_data_shows_every_declared_field_and_nothing_of_anyone_else():
    mary, peter = with_everything(), with_everything()
    page = sign_in(mary).get("/account/").content.decode()
    for holding in overview.holdings(mary, TODAY):
        for column in holding.columns:
            assert escape(column) in page, f"{holding.slug}.{column} is not shown"
    assert make.canary(mary) in page
    assert make.canary(peter) not in page
    assert peter.number not in page
    assert escape(peter.display_name) not in page


@pytest.mark.parametrize("declaration", [d for d in declarations() if d.data_subject], ids=lambda d: d.label)
def test_clg_11_each_kind_of_record_has_a_page_that_shows_mine_only(declaration):
    mary, peter = with_everything(), with_everything()
    rows = overview.visible(declaration, mary, TODAY)
    page = sign_in(mary).get(f"/account/data/{declaration.model._meta.label_lower}/")
    assert page.status_code == 200
    assert make.canary(peter) not in page.content.decode()
    shown = overview.page(declaration, mary, TODAY, 0, 50)
    assert len(shown) == min(rows.count(), 50)


def test_clg_11_the_page_says_why_on_which_basis_and_until_when():
    mary = make.customer(login=True)
    make.order(mary, placed_on=date(2024, 3, 1))
    page = sign_in(mary).get("/account/").content.decode()
    assert "To process and deliver your orders" in page
    assert "Needed for your order" in page
    assert "6 years" in page and "VAT Act 1994" in page
    assert "1 March 2030" in page


@pytest.mark.parametrize("orders", [1, 150])
def test_my_data_costs_at_most_eight_queries_whatever_the_customer_holds(orders, django_assert_max_num_queries):
    mary = with_everything()
    for _ in range(orders):
        make.order_line(mary)
    client = sign_in(mary)
    client.get("/account/")
    with django_assert_max_num_queries(8):
        assert client.get("/account/").status_code == 200


def test_long_lists_are_shown_page_by_page():
    mary = make.customer(login=True)
    for number in range(45):
        make.order(mary, number=f"NO-{number:03}")
    client = sign_in(mary)
    first = client.get("/account/data/customers.order/").content.decode()
    last = client.get("/account/data/customers.order/?page=3").content.decode()
    assert "NO-044" in first and "NO-000" not in first and "Page 1 of 3" in first
    assert "NO-000" in last and "NO-044" not in last


def test_the_sharing_page_shows_the_latest_hand_overs_and_leads_to_all():
    mary = make.customer(login=True)
    client = sign_in(mary)
    for number in range(20):
        make.disclosure(mary, reference=f"R-{number}")
    assert "/account/data/privacy.disclosure/" not in client.get("/account/sharing/").content.decode()
    make.disclosure(mary, reference="R-20")
    page = client.get("/account/sharing/").content.decode()
    assert page.count("<time datetime") == 20
    assert "/account/data/privacy.disclosure/" in page


def test_a_disclosure_that_an_authority_forbids_to_tell_is_not_shown():
    mary = make.customer(login=True)
    make.disclosure(mary, reference="Sealed 7", secret_until=timezone.localdate() + timedelta(days=5))
    make.disclosure(mary, reference="Open 8")
    client = sign_in(mary)
    for address in ("/account/", "/account/sharing/", "/account/data/privacy.disclosure/"):
        assert "Sealed 7" not in client.get(address).content.decode()
    assert "Open 8" in client.get("/account/data/privacy.disclosure/").content.decode()


def test_internal_notes_and_addresses_of_others_are_not_shown():
    from privacy import subject_requests

    mary = make.customer(login=True)
    subject_requests.note(make.case(mary), "comment", actor="test", text="Colleagues only", is_internal=True)
    make.enquiry(mary, answer=f"We asked kim@example.net and wrote to {mary.contact_email}.")
    page = sign_in(mary).get("/account/").content.decode()
    assert "Colleagues only" not in page
    assert "kim@example.net" not in page
    assert f"wrote to {mary.contact_email}" in page


def identity(customer: Customer, **changes: str) -> dict[str, str]:
    name = f"customer-{customer.pk}"
    now = {
        field: getattr(customer, field) or ""
        for field in next(d for d in declarations() if d.model is Customer).correctable
    }
    return {"record": name} | {f"{name}-{field}": value for field, value in (now | changes).items()}


def test_clg_12_a_correction_counts_at_once_and_the_old_value_is_kept():
    mary = make.customer(login=True, phone="old 1")
    client = sign_in(mary)
    answer = client.post(
        "/account/correct/identity/", identity(mary, phone="+65 6123 4567", display_name="李小龍 Łukasz")
    )
    assert answer.status_code == 302
    mary.refresh_from_db()
    assert (mary.phone, mary.display_name) == ("+65 6123 4567", "李小龍 Łukasz")
    before = {row.field: bytes(row.previous).decode() for row in Correction.objects.all()}
    assert before["phone"] == "old 1"
    entry = AuditEntry.objects.get(event="rectification")
    assert entry.details["fields"] == ["display_name", "phone"]
    assert "old 1" not in str(entry.details)


def test_the_same_correction_sent_twice_changes_once():
    mary = make.customer(login=True, phone="old 1")
    client = sign_in(mary)
    for _ in range(2):
        assert client.post("/account/correct/identity/", identity(mary, phone="new 2")).status_code == 302
    assert Correction.objects.count() == 1


def test_clg_12_and_clg_15_optional_fields_are_marked_and_may_all_be_empty():
    mary = make.customer(login=True, phone="1", size="39", sex="f", date_of_birth=date(1990, 1, 1), given_name="Mary")
    client = sign_in(mary)
    assert client.get("/account/correct/identity/").content.decode().count("(optional)") >= 7
    empty = dict.fromkeys(("given_name", "family_name", "phone", "date_of_birth", "sex", "size", "health_note"), "")
    assert client.post("/account/correct/identity/", identity(mary, **empty)).status_code == 302
    mary.refresh_from_db()
    assert (mary.phone, mary.size, mary.sex, mary.date_of_birth) == ("", "", "", None)


def test_a_date_of_birth_to_come_is_refused_in_a_clear_line():
    mary = make.customer(login=True)
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    answer = sign_in(mary).post("/account/correct/identity/", identity(mary, date_of_birth=tomorrow))
    assert answer.status_code == 422
    assert "This date is in the future." in answer.content.decode()
    mary.refresh_from_db()
    assert mary.date_of_birth is None


def test_clg_16_a_health_note_needs_an_explicit_yes_first():
    mary = make.customer(login=True)
    client = sign_in(mary)
    answer = client.post("/account/correct/identity/", identity(mary, health_note="flat feet"))
    assert answer.status_code == 422
    assert "explicit yes" in answer.content.decode()
    consent.decide(mary, Purpose.HEALTH_FIT, Decision.GRANTED, source=Source.WEB, actor=mary)
    assert client.post("/account/correct/identity/", identity(mary, health_note="flat feet")).status_code == 302


def new_address(row, address="new@example.com"):
    return {"record": f"emailaddress-{row.pk}", f"emailaddress-{row.pk}-address": address}


def link_mailed(to="new@example.com"):
    letter = OutgoingEmail.objects.filter(template="new_address", to_address=to).latest("pk")
    return "/account/new-address/" + bytes(letter.body).decode().split("/account/new-address/")[1].split("/")[0] + "/"


def test_a_new_email_address_needs_a_fresh_proof_of_who_is_asking():
    mary = make.customer("mary@example.com", login=True)
    row = EmailAddress.objects.get(customer=mary)
    answer = sign_in(mary, minutes_ago=60).post("/account/correct/contact/", new_address(row))
    assert answer["Location"].startswith("/account/reauthenticate/")
    assert not OutgoingEmail.objects.exists()


def test_a_new_email_address_counts_once_its_owner_opens_the_link_mailed_there():
    mary = make.customer("mary@example.com", login=True)
    row = EmailAddress.objects.get(customer=mary)
    client = sign_in(mary)
    assert client.post("/account/correct/contact/", new_address(row)).status_code == 302
    row.refresh_from_db()
    assert row.address == "mary@example.com"
    page = client.get("/account/correct/contact/").content.decode()
    assert "new@example.com" in page and "Keep my old address" in page
    assert OutgoingEmail.objects.get(template="new_address_asked").to_address == "mary@example.com"
    link = link_mailed()
    assert client.get(link).status_code == 200
    row.refresh_from_db()
    assert row.address == "mary@example.com", "GET changes nothing"
    assert client.post(link).status_code == 302
    row.refresh_from_db()
    assert row.address == "new@example.com" and row.verified_at is not None
    assert bytes(Correction.objects.get().previous).decode() == "mary@example.com"
    assert client.post(link).status_code == 404, "a link works once"
    assert "Keep my old address" not in client.get("/account/correct/contact/").content.decode()


def test_nobody_takes_over_the_address_of_another_by_typing_it_in():
    """Until it is proven it stops nobody's mail, opens nobody's list and joins nobody's login."""
    victim, thief = make.customer("victim@example.com"), make.customer("thief@example.com", login=True)
    row = EmailAddress.objects.get(customer=thief)
    sign_in(thief).post("/account/correct/contact/", new_address(row, "victim@example.com"))
    assert data_subjects.by_email("victim@example.com") == [victim]
    suppression.suppress("victim@example.com", reason="objection")
    sign_in(thief).post("/account/preferences/", {"marketing-email-own": "on"})
    assert suppression.is_suppressed("victim@example.com")


def test_the_link_of_one_does_nothing_in_the_hands_of_another():
    mary, peter = make.customer("mary@example.com", login=True), make.customer(login=True)
    row = EmailAddress.objects.get(customer=mary)
    sign_in(mary).post("/account/correct/contact/", new_address(row))
    assert sign_in(peter).post(link_mailed()).status_code == 404
    assert Client().post(link_mailed())["Location"].startswith("/account/login/")
    row.refresh_from_db()
    assert row.address == "mary@example.com"


def test_an_old_link_ends_when_a_new_one_is_sent_or_the_old_address_is_kept():
    mary = make.customer("mary@example.com", login=True)
    row = EmailAddress.objects.get(customer=mary)
    client = sign_in(mary)
    client.post("/account/correct/contact/", new_address(row))
    first = link_mailed()
    pending = new_addresses.pending(mary)[0]
    client.post(f"/account/new-address/{pending.pk}/", {"again": ""})
    second = link_mailed()
    assert client.get(first).status_code == 404 and client.get(second).status_code == 200
    client.post(f"/account/new-address/{new_addresses.pending(mary)[0].pk}/", {"cancel": ""})
    assert client.get(second).status_code == 404 and new_addresses.pending(mary) == []
    row.refresh_from_db()
    assert row.address == "mary@example.com"


def test_nobody_is_flooded_with_links_to_confirm():
    mary = make.customer("mary@example.com", login=True)
    row = EmailAddress.objects.get(customer=mary)
    client = sign_in(mary)
    codes = [
        client.post("/account/correct/contact/", new_address(row, f"{n}@example.com")).status_code for n in range(7)
    ]
    assert codes == [302] * 5 + [422] * 2
    assert OutgoingEmail.objects.filter(template="new_address").count() == 5


def test_an_address_that_she_has_already_is_refused_at_once():
    mary = make.customer("mary@example.com", login=True)
    make.email_address(mary, "other@example.com")
    row = EmailAddress.objects.get(customer=mary, address="mary@example.com")
    assert sign_in(mary).post("/account/correct/contact/", new_address(row, "Other@example.com")).status_code == 422


def test_a_link_after_two_days_is_too_late():
    mary = make.customer("mary@example.com", login=True)
    row = EmailAddress.objects.get(customer=mary)
    sign_in(mary).post("/account/correct/contact/", new_address(row))
    with time_machine.travel(timezone.now() + timedelta(days=2, minutes=1)):
        answer = sign_in(mary).get(link_mailed())
        assert answer.status_code == 404 and "does not work any more" in answer.content.decode()


def test_no_code_writes_an_address_that_is_not_proven():
    mary = make.customer("mary@example.com")
    row = EmailAddress.objects.get(customer=mary)
    with pytest.raises(corrections.NotCorrectable):
        corrections.correct(mary, EmailAddress.personal_data, row.pk, {"address": "x@example.com"}, actor="test")


@pytest.mark.parametrize(("name", "longest"), [("health_note", 2000), ("display_name", 200)])
def test_a_text_without_end_is_refused_in_a_clear_line(name, longest):
    mary = make.customer(login=True)
    consent.decide(mary, Purpose.HEALTH_FIT, Decision.GRANTED, source=Source.WEB, actor=mary)
    answer = sign_in(mary).post("/account/correct/identity/", identity(mary, **{name: "x" * (longest + 1)}))
    assert answer.status_code == 422 and f"at most {longest} characters" in answer.content.decode()


def test_nobody_corrects_what_is_not_hers_or_not_hers_to_correct():
    mary, peter = make.customer(login=True), make.customer(login=True)
    theirs = make.address(peter)
    client = sign_in(mary)
    sent = {"record": f"address-{theirs.pk}", f"address-{theirs.pk}-lines": "My street"}
    assert client.post("/account/correct/contact/", sent).status_code == 404
    number = mary.number
    client.post("/account/correct/identity/", identity(mary) | {f"customer-{mary.pk}-number": "1"})
    mary.refresh_from_db()
    assert mary.number == number
    assert Address.objects.get(pk=theirs.pk).lines != "My street"
    assert client.get("/account/correct/orders/").status_code == 404


def test_clg_13_yes_everything_is_right_is_noted():
    mary = make.customer(login=True)
    assert sign_in(mary).post("/account/confirm/").status_code == 302
    mary.refresh_from_db()
    assert mary.last_confirmed_at is not None


def test_clg_13_lrd_10_after_a_year_the_person_is_asked_again_and_the_office_sees_whom_nobody_asked_lately():
    now = timezone.now()
    days = (now - timedelta(days=366), now - timedelta(days=9), None)
    long_ago, lately, never = (make.customer(login=True, last_confirmed_at=day) for day in days)
    make.customer(erased_at=now)
    assert "Please look again" in sign_in(long_ago).get("/account/").content.decode()
    assert "Please look again" not in sign_in(lately).get("/account/").content.decode()
    answer = desk(colleague(AGENT)).get("/admin/customers/customer/?looked=long_ago")
    assert {row.pk for row in answer.context["cl"].result_list} == {long_ago.pk, never.pk}
