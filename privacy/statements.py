"""How are many rows written, asked for and read at speed? In one statement whose text does not grow with them.

Written past the ORM, not its fields: the ORM writes every value into the text of the statement. Measured with mail: a
fifth of the time. Asked for as one array: to write a thousand values one by one costs more than the answer. Read with
the standard library's reader of moments: PostgreSQL's come as text, and Django's takes eight times as long.
"""

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, models
from psycopg.types.datetime import TimestamptzLoader

# Stands in hardly any value; where it does the values go one by one.
BETWEEN = "\x1f"
# The driver's own cursor takes numbered places, keeps the statement prepared and sends bytes as they are.
CURSOR = {"postgresql": ("RawCursor", "$"), "sqlite": ("Cursor", "?")}


class _Writing:
    """What both kinds of statement need of a model: its table and its columns."""

    def __init__(self, model: type[models.Model]) -> None:
        self.table, self.key = model._meta.db_table, model._meta.pk.column
        columns = [field for field in model._meta.concrete_fields if not field.primary_key]
        self.fields: dict[str, Any] = {field.attname: field for field in columns}

    def _value(self, name: str, value: Any, database: Any) -> Any:
        return self.fields[name].get_db_prep_save(value, database)


class Insertion(_Writing):
    """New rows as values by column, passing over what is there already.

    What is not named gets its default, once for all rows.
    """

    def __init__(self, model: type[models.Model], *, unique: str) -> None:
        super().__init__(model)
        self.unique = unique

    def run(self, rows: list[dict[str, Any]]) -> None:
        """Inserts them, all with the same columns named; without a transaction around it, it is one of its own."""
        database, cursor, mark = opened()
        shared = self._defaults(database, rows[0])
        given = [self._value(name, value, database) for row in rows for name, value in row.items()]
        columns = tuple(self.fields[name].column for name in (*shared, *rows[0]))
        statement = _statement(self.table, self.unique, columns, len(shared), len(rows), mark)
        with database.wrap_database_errors:
            cursor.execute(statement, (*shared.values(), *given))

    def _defaults(self, database: Any, row: dict[str, Any]) -> dict[str, Any]:
        """Of every column that has one; the others are left out and become NULL."""
        values = {name: field.get_default() for name, field in self.fields.items() if name not in row}
        return {name: self._value(name, value, database) for name, value in values.items() if value is not None}


class Rewriting(_Writing):
    """New values for rows that are there, for each row its own; the caller holds their locks."""

    def run(self, rows: Mapping[Any, Mapping[str, Any]]) -> None:
        """Values by column, by primary key; every row names the same columns."""
        database, cursor, mark = opened()
        names = next(iter(rows.values()))
        statement = _update(self.table, self.key, tuple(self.fields[name].column for name in names), mark)
        given = [(*(self._value(name, values[name], database) for name in names), pk) for pk, values in rows.items()]
        with database.wrap_database_errors:
            cursor.executemany(statement, given)


def opened() -> tuple[Any, Any, str]:
    """The connection of this thread, a cursor of the driver's own, and its mark of a place."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    cursor, mark = CURSOR[database.vendor]
    return database, getattr(database.Database, cursor)(database.connection), mark


@cache
def _statement(table: str, unique: str, columns: tuple[str, ...], shared: int, rows: int, mark: str) -> str:
    """The places of the first `shared` columns are the same in every row, the others are numbered on."""
    own = len(columns) - shared
    same, starts = range(1, shared + 1), range(shared + 1, shared + own * rows + 1, own)
    values = ", ".join(f"({', '.join(f'{mark}{place}' for place in (*same, *range(at, at + own)))})" for at in starts)
    names = ", ".join(f'"{column}"' for column in columns)
    return f'INSERT INTO "{table}" ({names}) VALUES {values} ON CONFLICT ("{unique}") DO NOTHING'  # noqa: S608


@cache
def _update(table: str, key: str, columns: tuple[str, ...], mark: str) -> str:
    changes = ", ".join(f'"{column}" = {mark}{place}' for place, column in enumerate(columns, 1))
    return f'UPDATE "{table}" SET {changes} WHERE "{key}" = {mark}{len(columns) + 1}'  # noqa: S608


class Among(models.Expression):
    """These values of this field, for `column__in=`."""

    def __init__(self, values: Collection[Any], field: Any) -> None:
        super().__init__(output_field=field)
        self.values = values

    def as_sqlite(self, _compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """The array as JSON."""
        return "(SELECT value FROM json_each(%s))", [json.dumps(self._prepared(connection))]

    def as_postgresql(self, _compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """The array in one text, which the driver need not quote value by value; else the array itself."""
        is_text = isinstance(self.output_field, models.CharField)
        kind = "text" if is_text else self.output_field.rel_db_type(connection)
        values = self._prepared(connection)
        if {type(value) for value in values} <= {int, str}:
            joined = BETWEEN.join(map(str, values))
            if joined and joined.count(BETWEEN) == len(values) - 1:
                return f"(SELECT unnest(string_to_array(%s, chr({ord(BETWEEN)}))::{kind}[]))", [joined]
        return f"(SELECT unnest(%s::{kind}[]))", [values]

    def _prepared(self, connection: Any) -> list[Any]:
        if not self.values:
            raise EmptyResultSet
        prepare = self.output_field.get_db_prep_value
        return [value if type(value) in (int, str) else prepare(value, connection) for value in self.values]


def read_moments_fast(connection: Any, **_signal: Any) -> None:
    """To be connected to `connection_created`: every moment that PostgreSQL sends in UTC is read in one step."""
    if connection.vendor == "postgresql" and connection.timezone == UTC:
        connection.connection.adapters.register_loader("timestamptz", _Moments)


class _Moments(TimestamptzLoader):
    """Django asks for its `timezone`, and would register its own reader for any other."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        """ISO 8601 with `+00`; what that cannot say (far years, infinity) goes the library's way."""
        try:
            return datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            return super().load(data).replace(tzinfo=UTC)
