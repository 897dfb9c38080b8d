"""Which phone number is meant, however it is typed? Digits with the country's code, so that lists and people meet."""

import re
import unicodedata
from typing import NamedTuple

from django.conf import settings


class Plan(NamedTuple):
    """How a country dials: its code, what comes before a national number, and how long that is, or at least is."""

    code: str
    trunk: str
    length: int


# By ISO 3166; "" where national numbers are dialled as they are (in Italy the zero belongs to the number).
PLANS: dict[str, Plan] = {
    "AT": Plan("43", "0", 7), "AU": Plan("61", "0", 9), "BE": Plan("32", "0", 9), "BG": Plan("359", "0", 9),
    "CA": Plan("1", "1", 10), "CH": Plan("41", "0", 9), "CY": Plan("357", "", 8), "CZ": Plan("420", "", 9),
    "DE": Plan("49", "0", 7), "DK": Plan("45", "", 8), "EE": Plan("372", "", 8), "ES": Plan("34", "", 9),
    "FI": Plan("358", "0", 9), "FR": Plan("33", "0", 9), "GB": Plan("44", "0", 7), "GR": Plan("30", "", 10),
    "HR": Plan("385", "0", 9), "HU": Plan("36", "06", 9), "IE": Plan("353", "0", 9), "IS": Plan("354", "", 7),
    "IT": Plan("39", "", 10), "LI": Plan("423", "", 7), "LT": Plan("370", "0", 8), "LU": Plan("352", "", 9),
    "LV": Plan("371", "", 8), "MT": Plan("356", "", 8), "MY": Plan("60", "0", 9), "NL": Plan("31", "0", 9),
    "NO": Plan("47", "", 8), "NZ": Plan("64", "0", 9), "PL": Plan("48", "", 9), "PT": Plan("351", "", 9),
    "RO": Plan("40", "0", 9), "SE": Plan("46", "0", 9), "SG": Plan("65", "", 8), "SI": Plan("386", "0", 8),
    "SK": Plan("421", "0", 9), "US": Plan("1", "1", 10),
}  # fmt: skip
ABROAD = {"US": "011", "CA": "011", "AU": "0011"}
BY_CODE = {plan.code: plan for plan in PLANS.values()}


def normalise_phone(typed: str, country: str = "") -> str:
    """Digits with the country's code; a number without one is of the shop's country. Extensions are cut off."""
    country = country or settings.SHOP["jurisdiction"][:2]
    typed = re.split(r"(?i)ext|x|durchwahl|#", typed.replace("(0)", ""))[0]
    digits = "".join(str(unicodedata.digit(letter)) for letter in typed if letter.isdecimal())
    abroad = ABROAD.get(country, "00")
    if typed.strip("( \t\u202a").startswith(("+", "\uff0b")):
        return _without_trunk(digits)
    if digits.startswith(abroad):
        return _without_trunk(digits.removeprefix(abroad))
    return _national(digits, PLANS.get(country))


def _national(digits: str, plan: Plan | None) -> str:
    """A number of the shop's country; with the code in front only if what follows is long enough to be a number."""
    if plan is None or not digits:
        return digits
    if plan.trunk and digits.startswith(plan.trunk):
        return plan.code + digits.removeprefix(plan.trunk)
    if digits.startswith(plan.code) and len(digits) - len(plan.code) >= plan.length:
        return _without_trunk(digits)
    return plan.code + digits


def _without_trunk(digits: str) -> str:
    """`44 020 ...` is `44 20 ...`: the zero is dialled inside the country only."""
    for length in (3, 2, 1):
        plan = BY_CODE.get(digits[:length])
        if plan is not None:
            rest = digits[length:]
            cut = rest.removeprefix(plan.trunk) if plan.trunk.startswith("0") else rest
            return plan.code + cut
    return digits
