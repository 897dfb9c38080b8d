"""For tests of the office: colleagues who are signed in, and every address there is."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from privacy import confidentiality
from tests import make

ROLES = ("care agent", "privacy officer", "auditor", "account manager")
QUEUE = "admin:privacy_datasubjectrequest_changelist"
CASE = "admin:privacy_datasubjectrequest_change"
STEP = "admin:privacy_datasubjectrequest_step"


def colleague(role: str = "", *, promised: bool = True, trained: bool = True, **values: Any) -> Any:
    """A staff account in this role that has promised confidentiality and was trained."""
    if role == "superuser":
        role, values = "", values | {"is_superuser": True}
    account = make.staff(role, **values)
    if promised:
        confidentiality.promise(account)
    if trained:
        make.training(account)
    return account


def desk(account: Any) -> Any:
    """A browser in which this account is signed in."""
    client = Client()
    client.force_login(account)
    return client


def look(client: Any, row: Any, *, ground: str = "contact", words: str = "She called about it.") -> Any:
    """Types a reason, as the form on every masked page does; the answer that comes back."""
    url = reverse("admin:open_details", args=[row._meta.label_lower, row.pk])
    return client.post(url, {"ground": ground, "words": words})


def page_of(row: Any) -> str:
    """The address of its page in the office."""
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def shown(client: Any, row: Any) -> str:
    """What its page says."""
    said: str = client.get(page_of(row)).content.decode()
    return said


def addresses() -> list[str]:
    """The name of every address below /admin/; the last, nameless one catches the rest."""
    return [name for name in _names(admin.site.get_urls()) if name]


def _names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _names(pattern.url_patterns)
        elif pattern.name or "add/" in str(pattern.pattern):
            yield pattern.name or ""
