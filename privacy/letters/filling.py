"""The words in braces that our letters may hold, and what stands in their place: a plain exchange, nothing more."""

import re
from collections.abc import Iterable, Mapping
from datetime import date

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

# A name between braces; what looks otherwise is a colleague's own text.
IN_BRACES = re.compile(r"\{([a-z_]+)\}")
PLACEHOLDERS = {
    "reference": _("the number of the request"),
    "right": _("what the person asked for, as our forms call it"),
    "received_on": _("the day on which it came"),
    "due_on": _("the last day for our answer; in a letter about more time the new one"),
    "shop": _("the name of the shop"),
    "shop_email": _("the email address of the shop"),
    "shop_phone": _("the telephone number of the shop"),
    "shop_address": _("the postal address of the shop"),
    "officer": _("the privacy officer, with her address"),
    "regulator": _("the regulator, with its address"),
    "regulator_name": _("the regulator, by name alone"),
    "mediator": _("who mediates at no charge, with the address"),
    "mediator_name": _("who mediates, by name alone"),
    "gap": _("a gap: the letter does not leave before a colleague has written something there"),
    "amount": _("the fee, such as 12.00 GBP; only in a letter about a fee"),
}


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with each known word in braces exchanged, once: what is put in is not looked at again."""
    return IN_BRACES.sub(lambda found: values.get(found[1], found[0]), text)


def left_over(texts: Iterable[str], known: Iterable[str] = ()) -> str:
    """The first word in braces that is none of the known ones, as it stands there; empty when there is none."""
    names = set(known)
    return next((found[0] for text in texts for found in IN_BRACES.finditer(text) if found[1] not in names), "")


def name_of(body: str) -> str:
    """Such as "Information Commissioner's Office" of the setting that also has its address."""
    return str(body).partition(",")[0].strip()


def of_the_shop() -> dict[str, str]:
    """What is the same in every letter."""
    shop = {name: str(value) for name, value in settings.SHOP.items()}
    return {
        "shop": shop["name"], "shop_email": shop["email"], "shop_phone": shop["phone"],
        "shop_address": shop["postal_address"], "officer": shop["data_protection_officer"],
        "regulator": shop["regulator"], "regulator_name": name_of(shop["regulator"]),
        "mediator": shop["mediator"], "mediator_name": name_of(shop["mediator"]),
    }  # fmt: skip


def invented() -> dict[str, str]:
    """A case that never was, to look at words before anybody gets them."""
    return of_the_shop() | {
        "reference": f"{settings.CASE_PREFIX}-7K2M-Q9XA", "right": str(_("Get a copy of my data")),
        "received_on": date_format(date(2026, 9, 3), "j F Y"), "due_on": date_format(date(2026, 10, 5), "j F Y"),
        "amount": "12.00 GBP",
    }  # fmt: skip
