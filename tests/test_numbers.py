"""Customer numbers: read out, typed, mistyped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.models import Customer
from customers.numbers import DIGITS, check_digit, in_groups, new_number, read_number, with_check_digit
from tests import make

payloads = st.integers(min_value=10 ** (DIGITS - 2), max_value=10 ** (DIGITS - 1) - 1)


@given(payloads)
def test_lrd_14_one_wrong_digit_always_shows(payload):
    number = with_check_digit(payload)
    for place, right in enumerate(number):
        wrong = [number[:place] + str(d) + number[place + 1 :] for d in range(10) if str(d) != right]
        assert not any(read_number(text) for text in wrong)


def test_the_check_digit_agrees_with_the_standards_example():
    assert check_digit("0794") == 5  # ISO/IEC 7064, MOD 11,10


def test_it_is_read_however_it_is_typed():
    number = new_number()
    spaced = in_groups(number)
    assert {
        read_number(t) for t in (number, spaced, spaced.replace(" ", "-"), f" {number} ", spaced.replace(" ", "–"))
    } == {number}


@pytest.mark.parametrize("text", ["", "12", "abcdefghi", "1234567890123", "١٢٣٤٥٦٧٨٩", "12345678²"])
def test_what_is_no_number_is_none(text):
    assert read_number(text) is None


@pytest.mark.django_db
def test_a_customer_is_found_by_her_number_and_by_no_mistyped_one():
    mine = make.customer()
    wrong = mine.number[:-1] + str((int(mine.number[-1]) + 1) % 10)
    assert Customer.objects.by_number(in_groups(mine.number)).get() == mine
    assert not Customer.objects.by_number(wrong).exists()
