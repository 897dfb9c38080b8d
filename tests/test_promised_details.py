"""What the policies promise about single details: no card numbers, optional fields, categories that are hers to see."""

import pytest
from django.utils import timezone

from privacy.promises import CONTROLS, State
from privacy.promises.controls import cards
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
