"""What the policies promise about single details: no card numbers, optional fields, categories that are hers to see."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from customers.models import Customer
from privacy import corrections
from privacy.corrections import Correction
from privacy.promises import CONTROLS, State
from privacy.promises.controls import cards, declared, optional
from privacy.vocabulary import Category
from tests import make

pytestmark = pytest.mark.django_db
CARD = "4111 1111 1111 1111"


def look(slug):
    return CONTROLS[slug].look(timezone.now())


# --- card numbers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        CARD, "4111111111111111", "4111-1111-1111-1111", f"My card is {CARD}.", f"{CARD} 12 25", f"12 {CARD} 999",
        "378282246310005", "5555 5555 5555 4444", "2223003122003222", "3530111333300000", "6011111111111117",
        "4222222222222", "30569309025904", "6759649826438453", '{"note": "4012888888881881"}',
    ],
)  # fmt: skip
def test_clz_04_a_card_number_is_seen_however_it_is_written(text):
    assert cards.holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112", "+4915123456789012", "1732712345678", "tok_4111111111111111", "41111111111111110000000",
        "N25-0000001-1", "411111111111", "a4111111111111111b", "2026-11-27 20:25:15", "",
    ],
)  # fmt: skip
def test_clz_04_what_is_none_is_not_taken_for_one(text):
    assert not cards.holds_card_number(text)


PLACES = {
    "customers.orderline.personalisation": lambda mary: make.order_line(mary, personalisation=CARD),
    "privacy.datasubjectrequest.details": lambda mary: make.case(mary, "enquiry", details=f"My card: {CARD}"),
    "privacy.inboundemail.raw": lambda mary: make.inbound_email(mary, raw=f"Subject: x\r\n\r\n{CARD}".encode()),
    "customers.customer.display_name": lambda mary: type(mary).objects.filter(pk=mary.pk).update(display_name=CARD),
}


@pytest.mark.parametrize("place", PLACES)
def test_clz_04_it_is_found_in_every_table_sealed_or_not_and_only_the_place_is_named(place):
    mary = make.customer(phone="4111111111111111")
    make.order_line(mary)
    make.enquiry(mary)
    assert look("no-card-numbers").state == State.KEPT
    PLACES[place](mary)
    found = look("no-card-numbers")
    assert found.state == State.BROKEN
    assert place in found.evidence and "1111" not in found.evidence


# --- optional details -----------------------------------------------------------------------------------------------


def test_clg_15_clz_05_the_form_marks_them_and_saving_them_all_empty_succeeds_and_is_taken_back():
    mary = make.customer(login=True, size="39", sex="f", date_of_birth=date(1980, 5, 1))
    found = look("optional-details")
    assert (found.state, found.figures) == (State.KEPT, {"looked_at": 4, "drawn": 1, "saved": 1})
    mary.refresh_from_db()
    assert (mary.size, mary.sex, mary.date_of_birth) == ("39", "f", date(1980, 5, 1))
    assert not Correction.objects.exists()


@pytest.mark.parametrize("wrong", ["unmarked", "missing", "not hers to clear", "refused"])
def test_clg_15_a_form_that_asks_for_more_is_red(wrong, monkeypatch):
    make.customer(login=True, size="39")
    real, declared = optional.visit, Customer.personal_data
    if wrong in ("unmarked", "missing"):
        cut = (b'class="optional"', b"") if wrong == "unmarked" else (b'-sex"', b'-x"')
        monkeypatch.setattr(
            optional, "visit", lambda path, **as_: replace(real(path, **as_), body=real(path, **as_).body.replace(*cut))
        )
    elif wrong == "refused":
        monkeypatch.setattr(corrections, "check", lambda _row, values: refuse(values))
    else:
        monkeypatch.setattr(declared, "correctable", tuple(set(declared.correctable) - {"size"}))
    assert look("optional-details").state == State.BROKEN


def refuse(values):
    """A rule that wants a size."""
    if not values.get("size"):
        raise ValidationError({"size": "Which size?"})


# --- hers to see, in her copy, gone on deletion ----------------------------------------------------------------------


def test_clg_14_mad_19_it_is_looked_for_on_a_real_page_and_in_a_real_copy(monkeypatch):
    assert look("declared-participation").figures["drawn"] == 0
    mary = make.customer(login=True)
    make.contest_entry(mary)
    make.vote(mary)
    found = look("declared-participation")
    assert (found.state, found.figures["drawn"], found.figures["erased"]) == (State.KEPT, 2, 0)
    real = declared.visit
    without = b'data-kind="customers.contestentry"'
    monkeypatch.setattr(
        declared,
        "visit",
        lambda path, **as_: replace(real(path, **as_), body=real(path, **as_).body.replace(without, b"")),
    )
    assert look("declared-participation").figures == {"wrong": 1}


def test_mad_20_a_copy_that_lacks_a_kind_of_record_is_red(monkeypatch):
    make.browsing_record(make.customer(login=True))
    assert look("declared-browsing").state == State.KEPT
    real = declared.export.collect

    def lacking(person, **more):
        copy = real(person, **more)
        copy.tables = [table for table in copy.tables if table.declaration.category != Category.BEHAVIOUR]
        return copy

    monkeypatch.setattr(declared.export, "collect", lacking)
    assert look("declared-browsing").state == State.BROKEN


def test_cnx_28_what_is_left_of_somebody_who_was_deleted_is_red():
    mary = make.customer()
    Customer.objects.filter(pk=mary.pk).update(erased_at=timezone.now() - timedelta(days=3))
    found = look("declared-messages")
    assert (found.state, found.figures["erased"]) == (State.KEPT, 1)
    make.enquiry(mary)
    assert look("declared-messages").state == State.BROKEN


def test_lrd_18_a_suspicion_that_she_must_not_read_of_is_not_looked_for_on_her_page():
    make.fraud_marker(make.customer(login=True), settled_on=None, settled_by="", outcome="")
    found = look("declared-fraud")
    assert (found.state, found.figures["drawn"]) == (State.NO_EVIDENCE, 0)
