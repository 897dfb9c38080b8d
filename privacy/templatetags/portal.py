"""Small questions that templates of the portal ask: about a form field, about a value to be shown."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.template.defaultfilters import linebreaksbr
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

register = template.Library()
COUNTRIES = {
    "AT": _("Austria"), "AU": _("Australia"), "BE": _("Belgium"),
    "CA": _("Canada"), "CH": _("Switzerland"), "CN": _("China"),
    "DE": _("Germany"), "DK": _("Denmark"), "ES": _("Spain"),
    "FR": _("France"), "GB": _("United Kingdom"), "IE": _("Ireland"),
    "IN": _("India"), "IT": _("Italy"), "JP": _("Japan"),
    "NL": _("Netherlands"), "PL": _("Poland"), "SE": _("Sweden"),
    "SG": _("Singapore"), "US": _("United States"),
}  # fmt: skip
ICONS = {"email": "mail", "sms": "sms", "phone": "phone", "post": "post"}


KINDS = {
    "account.emailaddress": _("Addresses you sign in with"),
    "account.emailconfirmation": _("Codes sent to confirm an address"),
    "customers.account": _("Your login"),
    "customers.customer": _("Your details"),
    "customers.session": _("Browsers that are signed in"),
    "mfa.authenticator": _("Second step at sign-in"),
    "privacy.caseevent": _("Steps of your requests"),
    "privacy.consententry": _("What you said yes or no to"),
    "privacy.cookiechoice": _("What you said about cookies"),
    "privacy.correction": _("What you corrected"),
    "privacy.datasubjectrequest": _("Requests"),
    "privacy.disclosure": _("What was passed on"),
    "privacy.erasure": _("Deletions"),
    "privacy.export": _("Copies made for you"),
    "privacy.inboundemail": _("Emails from you"),
    "privacy.linktoken": _("Links that we mailed to you"),
    "privacy.noticeshown": _("Policies that you were shown"),
    "privacy.outgoingemail": _("Emails to you"),
    "privacy.recipientnotice": _("Who was told of changes"),
    "privacy.replayederasure": _("Deletions carried out again"),
    "privacy.restriction": _("Limits on the use of your data"),
    "privacy.visitor": _("Browsers that you answered our cookie question in"),
}


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
def ended(text: Any) -> str:
    """With a full stop, where more follows and it has none."""
    words = str(text)
    return f"{words}." if words and words[-1] not in ".!?" else words


@register.filter
def shown(value: Any) -> str:
    """A stored value as a person writes it."""
    if isinstance(value, str):
        return value
    return next((write for kind, write in WAYS if isinstance(value, kind)), str)(value)


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(shown(value) for value in values)


# The first that fits; a bool is also a number and an instant is also a date, so they come before these.
WAYS: list[tuple[type, Callable[[Any], str]]] = [
    (bool, lambda value: str(_("yes") if value else _("no"))),
    (datetime, lambda value: date_format(localtime(value), "j F Y, H:i")),
    (date, lambda value: date_format(value, "j F Y")),
    (Decimal, lambda value: number_format(value.quantize(Decimal("0.01")), use_l10n=True)),
    (dict, lambda value: _listed(f"{key}: {shown(item)}" for key, item in value.items())),
    (list, _listed),
]


@register.simple_tag
def facts(row: Any, look: str, also_empty: bool = True) -> str:
    """One record as a list of names and values; in Python, because a page holds hundreds of them."""
    nothing = format_html('<span class="muted">{}</span>', _("not given")) if also_empty else ""
    values = [(name, _held(value) or nothing) for name, value in row.values if also_empty or value != ""]
    if row.until:
        values.append((str(_("Kept until")), date_format(row.until, "j F Y")))
    return format_html(
        '<dl class="facts {}">{}</dl>',
        look,
        format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", values),
    )


def _held(value: Any) -> str:
    words = shown(value)
    return linebreaksbr(words) if "\n" in words else words


@register.filter
def kind_name(thing: Any) -> str:
    """What a kind of record is called when we speak to the person herself."""
    words = KINDS.get(thing.declaration.model._meta.label_lower)
    return str(words) if words else sentence(thing.title)


@register.filter
def kind_label(row: dict[str, Any]) -> str:
    """The same for a line of a certificate, whose kind may be one that we no longer have."""
    words = KINDS.get(str(row["kind"]).lower())
    return str(words) if words else sentence(row["title"])


@register.filter
def in_words(names: str) -> str:
    """Names of columns as a person reads them."""
    return names.replace("_", " ")


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
