"""Small questions that templates of the portal ask: about a form field, about a value to be shown."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..overview import Withheld

register = template.Library()
COUNTRIES = {
    "AT": gettext_lazy("Austria"), "AU": gettext_lazy("Australia"), "BE": gettext_lazy("Belgium"), "CA": gettext_lazy("Canada"), "CH": gettext_lazy("Switzerland"),
    "CN": gettext_lazy("China"), "DE": gettext_lazy("Germany"), "DK": gettext_lazy("Denmark"), "ES": gettext_lazy("Spain"), "FR": gettext_lazy("France"),
    "GB": gettext_lazy("United Kingdom"), "IE": gettext_lazy("Ireland"), "IN": gettext_lazy("India"), "IT": gettext_lazy("Italy"), "JP": gettext_lazy("Japan"),
    "NL": gettext_lazy("Netherlands"), "PL": gettext_lazy("Poland"), "SE": gettext_lazy("Sweden"), "SG": gettext_lazy("Singapore"), "US": gettext_lazy("United States"),
}  # fmt: skip
ICONS = {"email": "mail", "sms": "sms", "phone": "phone", "post": "post"}


@register.filter
def is_choice_list(field: BoundField) -> bool:
    """True for a list of radio buttons or checkboxes."""
    return isinstance(field.field.widget, RadioSelect | CheckboxSelectMultiple)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """True for one checkbox alone."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def sentence(text: Any) -> str:
    """With a capital at the beginning, the rest as it is."""
    words = str(text)
    return words[:1].upper() + words[1:]


@register.filter
def is_withheld(value: Any) -> bool:
    """True for a text that a person looks at before it is shown."""
    return isinstance(value, Withheld)


@register.filter
def shown(value: Any) -> str:
    """A stored value as a person writes it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(localtime(value), "j F Y, H:i")
    if isinstance(value, date):
        return date_format(value, "j F Y")
    if isinstance(value, Decimal):
        return number_format(value.quantize(Decimal("0.01")), use_l10n=True)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {shown(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(shown(item) for item in value)
    return str(value)


@register.filter
def any_correctable(cards: list[dict[str, Any]]) -> bool:
    """True when the person may put something of these right herself."""
    return any(card["correctable"] for card in cards)


@register.filter
def channel_icon(channel: str) -> str:
    """The picture for email, text message, phone or post."""
    return ICONS.get(channel, "bell")


@register.filter
def country(code: str) -> str:
    """A country's name, or its code where we have no name."""
    return str(COUNTRIES.get(code, code))
