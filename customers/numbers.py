"""The customer number: nine digits a person can read out, the last one a check digit (ISO 7064 MOD 11,10)."""

import re
import secrets

DIGITS = 9


def check_digit(payload: str) -> int:
    """The digit that makes one wrong digit or two swapped neighbours show."""
    product = 10
    for digit in payload:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (11 - product) % 10


def new_number() -> str:
    """A random number, so that nobody can guess the next customer's."""
    return with_check_digit(secrets.randbelow(9 * 10 ** (DIGITS - 2)) + 10 ** (DIGITS - 2))


def with_check_digit(payload: int) -> str:
    """The number whose first eight digits these are."""
    return f"{payload}{check_digit(str(payload))}"


def read_number(text: str) -> str | None:
    """The nine digits in what somebody typed, blanks, dots and dashes aside; None when the check digit is wrong."""
    digits = re.sub(r"[\s.\-\u2010-\u2015/]", "", text)
    well_formed = len(digits) == DIGITS and digits.isascii() and digits.isdigit()
    return digits if well_formed and check_digit(digits[:-1]) == int(digits[-1]) else None


def in_groups(number: str) -> str:
    """Three groups of three, as it is printed."""
    return " ".join(number[i : i + 3] for i in range(0, len(number), 3))
