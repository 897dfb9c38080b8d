"""Which kinds of place can hold a text, and how do we put a word where nothing about anybody is ever written?"""

from collections.abc import Callable, Iterator
from typing import Any

import redis
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from ..fields import EncryptedField
from ..traces import Trace
from . import person
from .run import CanaryRun

PROBE_SECONDS = 3600


def kinds(queue: Any) -> dict[str, Callable[[Trace], bool]]:
    """Each kind of place, and how the search names what it finds there."""
    places: dict[str, Callable[[Trace], bool]] = {
        str(_("tables")): lambda trace: trace.where.startswith("database:") and not _is_sealed(trace),
        str(_("encrypted columns")): _is_sealed,
        str(_("sessions")): lambda trace: trace.where.startswith("sessions:"),
        str(_("copies")): lambda trace: trace.where.startswith("export:"),
        str(_("files")): lambda trace: trace.where.startswith("file:"),
        str(_("cache")): lambda trace: trace.where.startswith("cache:") or _is_cached(trace),
    }
    if queue:
        places[str(_("broker"))] = lambda trace: trace.where == "redis" and not _is_cached(trace)
    return places


def _is_sealed(trace: Trace) -> bool:
    sealed = {
        (f"database:{model._meta.db_table}", column.name)
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if isinstance(column, EncryptedField)
    }
    return (trace.where, trace.column) in sealed


def _is_cached(trace: Trace) -> bool:
    return trace.where == "redis" and ":canary-" in trace.column


def planted(run: CanaryRun, queue: Any) -> Iterator[tuple[Callable[[], Any], Callable[[], Any]]]:
    """How the other word is put into each place, and taken away again; it would end by itself too."""
    word, name = person.probe_of(run), f"canary-{run.pk}"
    path = settings.VAR / f"{name}.txt"
    yield lambda: path.write_text(word), lambda: path.unlink(missing_ok=True)
    yield lambda: cache.set(name, word, PROBE_SECONDS), lambda: cache.delete(name)
    if queue:
        key = f"probe-{run.pk}"
        yield lambda: queue.set(key, word, ex=PROBE_SECONDS), lambda: queue.delete(key)


def broker() -> Any:
    """The broker; None where it does not answer."""
    url = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://")
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=2)
        client.ping()
    except (redis.RedisError, OSError, ValueError):
        return None
    return client
