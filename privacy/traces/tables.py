"""In which columns does it stand? Every table that the database has, known to us or not; sealed columns opened."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, models

from ..encryption import CannotDecrypt
from ..fields import EncryptedField
from .spelling import Wanted
from .trace import Search, Trace

BYTEA = 17


def traces(wanted: Wanted) -> Iterator[Trace]:
    """Each table read once as it stands; then what is sealed, packed or signed in it, opened row by row."""
    yield from _in_tables(wanted)
    yield from chain(_in_sealed_columns(wanted.times), _in_sessions(wanted.times), _in_cache_table(wanted.times))


def _in_tables(wanted: Wanted) -> Iterator[Trace]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            connection.connection.create_function("HOLDS", 1, lambda value: _holds(wanted.times, value))
        for table in sorted(connection.introspection.table_names(cursor)):
            columns = connection.introspection.get_table_description(cursor, table)
            yield from _in_one_table(cursor, table, columns, wanted)
            if connection.vendor == "postgresql":
                yield from _in_bytes(table, [c.name for c in columns if c.type_code == BYTEA], wanted.times)


def _holds(search: Search, value: Any) -> int:
    data = value if isinstance(value, bytes) else str(value).encode(errors="replace")
    return int(value is not None and bool(search(data)))


def _in_one_table(cursor: Any, table: str, columns: list[Any], wanted: Wanted) -> Iterator[Trace]:
    """One statement, whose memory does not grow with the table."""
    read = [c for c in columns if connection.vendor == "sqlite" or c.type_code != BYTEA]
    if not read:
        return
    counts, values = _counted(read, wanted)
    cursor.execute(f"SELECT {counts} FROM {connection.ops.quote_name(table)}", values)  # noqa: S608
    for column, count in zip(read, cursor.fetchone(), strict=True):
        if count:
            yield Trace(f"database:{table}", column.name, int(count))


def _counted(columns: list[Any], wanted: Wanted) -> tuple[str, list[Any]]:
    """How many rows hold it, column by column, whatever its type."""
    names = [connection.ops.quote_name(column.name) for column in columns]
    if connection.vendor == "sqlite":
        return ", ".join(f"TOTAL(HOLDS({name}))" for name in names), []
    like = ["%" + form.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" for form in wanted.forms]
    holds = "LOWER({0}::text) LIKE ANY(%s) OR {0}::text ~* ANY(%s)"
    counts = ", ".join(f"COUNT(*) FILTER (WHERE {holds.format(name)})" for name in names)
    return counts, [like, list(wanted.phones)] * len(names)


def _in_bytes(table: str, columns: list[str], search: Search) -> Iterator[Trace]:
    """PostgreSQL cannot search bytes whatever their letters; so they come here, some at a time."""
    for column in columns:
        name, place = connection.ops.quote_name(column), connection.ops.quote_name(table)
        with connection.chunked_cursor() as cursor:
            cursor.execute(f"SELECT {name} FROM {place} WHERE {name} IS NOT NULL")  # noqa: S608
            found = sum(bool(search(bytes(value))) for (value,) in cursor)
        if found:
            yield Trace(f"database:{table}", column, found)


def _in_sealed_columns(search: Search) -> Iterator[Trace]:
    """Encrypted columns, opened row by row; one that cannot be opened holds nothing anybody can read."""
    for model in apps.get_models(include_auto_created=True):
        for column in (c for c in model._meta.concrete_fields if isinstance(c, EncryptedField)):
            found = sum(bool(search(value)) for value in _opened(model, column))
            if found:
                yield Trace(f"database:{model._meta.db_table}", column.name, found)


def _opened(model: type[models.Model], column: Any) -> Iterator[bytes]:
    keys = model._base_manager.exclude(**{column.name: b""}).exclude(**{column.name: None}).values_list("pk", flat=True)
    for key in keys.iterator(chunk_size=2000):
        try:
            yield bytes(model._base_manager.values_list(column.name, flat=True).get(pk=key) or b"")
        except (CannotDecrypt, ObjectDoesNotExist):
            continue


def _in_sessions(search: Search) -> Iterator[Trace]:
    """What signed session data says when it is decoded."""
    for model in apps.get_models():
        if hasattr(model, "get_decoded"):
            rows = model._base_manager.iterator(chunk_size=500)
            found = sum(bool(search(json.dumps(row.get_decoded(), default=str).encode())) for row in rows)
            if found:
                yield Trace(f"sessions:{model._meta.db_table}", "session_data", found)


def _in_cache_table(search: Search) -> Iterator[Trace]:
    """A cache in the database keeps its values packed."""
    backend = settings.CACHES["default"]
    if backend["BACKEND"].endswith("DatabaseCache"):
        table = backend["LOCATION"]
        with connection.cursor() as cursor:
            if table in connection.introspection.table_names(cursor):
                cursor.execute(f"SELECT value FROM {connection.ops.quote_name(table)}")  # noqa: S608
                found = sum(bool(search(str(value).encode())) for (value,) in cursor)
                if found:
                    yield Trace(f"cache:{table}", "value", found)
