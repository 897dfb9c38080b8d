"""How a person stands in a list: number and masked name; for those who may not see people, the number alone."""

from collections.abc import Callable
from functools import reduce
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from .. import data_subjects, roles
from ..roles import Act

MOST = 200


def masked(name: str) -> str:
    """The first letter of each word, so that colleagues on the phone can tell people apart and a passer-by cannot."""
    return " ".join(f"{word[:1]}{'•' * 3}" for word in name.split())


def in_a_list(request: HttpRequest, data_subject: Any) -> str:
    """Number and masked name, or the number alone (auditors see pseudonyms); a dash where nobody is known."""
    if data_subject is None:
        return "–"
    if not roles.may(request.user, Act.SEE_PERSON):
        return format_html('<span class="number">{}</span>', data_subject)
    name = masked(data_subject.display_name)
    return format_html('<span class="number">{}</span> <bdi class="masked">{}</bdi>', data_subject, name)


def column(request: HttpRequest, path: str = "data_subject") -> Callable[[Any], str]:
    """The column of a list that names the person as this reader may see her."""

    @admin.display(description=_("person"))
    def person(row: Any) -> str:
        return in_a_list(request, reduce(getattr, path.split("."), row))

    return person


def url(data_subject: Any) -> str:
    """The address of her page in the office; empty where the shop's app has none."""
    meta = type(data_subject)._meta
    try:
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[data_subject.pk])
    except NoReverseMatch:
        return ""


def too_many() -> str:
    """Said when a search fits more people than a list can hold."""
    return _("More than %(most)d people fit; these are the requests of the first. Type more letters.") % {"most": MOST}


def found(text: str) -> list[Any]:
    """The keys of whoever this number, address or beginning of a name fits, so many at most; by index."""
    return list(data_subjects.people().search(text).values_list("pk", flat=True)[: MOST + 1])
