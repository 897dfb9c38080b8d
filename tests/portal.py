"""For tests of the portal: a browser without JavaScript, signed in, and what it may ask for."""

import re
import time
from typing import Any

from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from customers.models import Customer
from privacy import jobs
from privacy.mailed_links import AskedLink

PASSWORD = "correct horse battery"


def sign_in(customer: Customer, *, minutes_ago: float = 0) -> Client:
    """A client whose customer signed in this long ago."""
    client = Client()
    assert customer.account
    client.force_login(customer.account)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - minutes_ago * 60}]
    session["account_authentication_methods_user"] = str(customer.account.pk)
    session.save()
    return client


def look_up() -> None:
    """What a worker does a moment later with the addresses that were typed into public forms."""
    for row in AskedLink.objects.filter(job_state="new"):
        assert jobs.work("privacy.askedlink", row.pk)


def portal_names() -> list[str]:
    """The name of every address of the portal."""
    return [pattern.name for pattern in _patterns("privacy")]


def _patterns(namespace: str) -> list[Any]:
    for entry in get_resolver().url_patterns:
        if isinstance(entry, URLResolver) and entry.namespace == namespace:
            return [p for p in entry.url_patterns if isinstance(p, URLPattern)]
    raise LookupError(namespace)


def dump() -> dict[str, list[Any]]:
    """Every row of every table but the browser's own session, to see that nothing changed."""
    connection = connections["default"]
    with connection.cursor() as cursor:
        tables = [t.name for t in connection.introspection.get_table_list(cursor)]
        found = {}
        for table in tables:
            if table in ("customers_session", "cache", "django_session"):
                continue
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found


def hidden(html: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no hidden field {name}"
    return found.group(1)


def forget_limits() -> None:
    """Rate limits of sign-in start anew."""
    cache.clear()
