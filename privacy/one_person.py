"""What is said to the database of one person as of the next? Statements built once, with her key left open.

The ORM takes far longer to write down what an erasure asks of some fifty tables than the database to answer: 126 ms
against 1 (SQLite) or 4 (PostgreSQL), measured.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from .statements import CURSOR, opened

Written = tuple[str, tuple[Any, ...]]
PLACE = re.compile("%([s%])")
# Keys that no row has; one of them stands where hers will.
NOBODY: list[tuple[Any, Any]] = [
    (models.IntegerField, 7_111_333_777_555),
    (models.UUIDField, uuid.UUID(int=7_111_333_777_555_333_111)),
    (models.CharField, "key-of-nobody-7111333777555"),
]


class CannotBeLeftOpen(Exception):
    """The key does not stand in the statement as it is; it has to be built for each person."""


def stand_in(model: type[models.Model]) -> Any:
    """A row that is not there, for whom statements are built; CannotBeLeftOpen for a kind of key that we do not know.

    Of models that come to the person only through their own key, as of the person herself.
    """
    for kind, value in NOBODY:
        if isinstance(model._meta.pk, kind):
            return model(pk=value)
    raise CannotBeLeftOpen(model._meta.label)


class OfOne:
    """Statements about one person, to be said of any."""

    def __init__(self, model: type[models.Model], written: Iterable[Written]) -> None:
        """As they were written for the `stand_in` of this model."""
        self.key: Any = model._meta.pk
        database = connections[DEFAULT_DB_ALIAS]
        nobody = self.key.get_db_prep_value(stand_in(model).pk, database)
        self.written = [(_numbered(sql, database.vendor), params, _places(params, nobody)) for sql, params in written]

    def rows(self, data_subject: Any) -> list[tuple[Any, ...]]:
        """What the last of them answers."""
        cursor = self._said(data_subject)
        return list(cursor.fetchall())

    def run(self, data_subject: Any) -> int:
        """Of how many rows the last of them was true."""
        return int(self._said(data_subject).rowcount)

    def _said(self, data_subject: Any) -> Any:
        database, own, _mark = opened()
        cursor = database.make_cursor(own)
        key = self.key.get_db_prep_value(data_subject.pk, database)
        for sql, params, places in self.written:
            filled = list(params)
            for place in places:
                filled[place] = key
            if database.queries_logged:  # what counts statements sees these too, without what stands in them
                database.queries_log.append({"sql": sql, "time": "0"})
            cursor.execute(sql, filled)
        return cursor


def written(query: models.QuerySet[Any, Any]) -> Written:
    """A query, made for a `stand_in`, as a statement; its values come as the driver gives them."""
    sql, params = query.query.sql_with_params()
    return sql, tuple(params)


def asked(model: type[models.Model], queries: Iterable[Written]) -> OfOne:
    """Questions that answer alike, in one statement: the rows of all of them."""
    return _joined(model, list(queries))


def where_anything_is(model: type[models.Model], queries: Iterable[Written]) -> OfOne:
    """The places, counted from 0, of those of the queries that find anything."""
    found = [(f"SELECT {place} WHERE EXISTS ({sql})", params) for place, (sql, params) in enumerate(queries)]
    return _joined(model, found)


def _joined(model: type[models.Model], parts: Sequence[Written]) -> OfOne:
    sql = " UNION ALL ".join(sql for sql, _params in parts)
    return OfOne(model, [(sql, tuple(param for _sql, params in parts for param in params))])


def overheard(model: type[models.Model], act: Callable[[Any], Any]) -> OfOne:
    """What `act` would say to the database of the `stand_in`; nothing of it reaches the database now."""
    said: list[Written] = []

    def listen(_execute: Any, sql: str, params: Any, _many: bool, _context: Any) -> None:
        said.append((sql, tuple(params or ())))

    with connections[DEFAULT_DB_ALIAS].execute_wrapper(listen):
        act(stand_in(model))
    return OfOne(model, said)


def _places(params: Sequence[Any], nobody: Any) -> list[int]:
    found = [place for place, param in enumerate(params) if isinstance(param, type(nobody)) and param == nobody]
    if not found:
        raise CannotBeLeftOpen
    return found


@cache
def _numbered(sql: str, vendor: str) -> str:
    """With places as the driver's own cursor takes them."""
    mark, count = CURSOR[vendor][1], 0

    def place(found: re.Match[str]) -> str:
        nonlocal count
        if found[1] == "%":
            return "%"
        count += 1
        return f"{mark}{count}"

    return PLACE.sub(place, sql)
