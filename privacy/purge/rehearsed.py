"""What one batch asks and does, built once and said again for every window: building costs more than running it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models

Column = Any  # a model's field
Statement = tuple[str, tuple[Any, ...]]
Act = Callable[..., Any]
# Windows that end before they begin, whatever the order of letters: nothing is in them, and nothing else says such.
NOWHERE: dict[Any, tuple[Any, Any]] = {
    models.DateTimeField: (datetime(9998, 2, 2, 2, 2, 2, 222_222, tzinfo=UTC), datetime(9998, 1, 1, 1, 1, tzinfo=UTC)),
    models.DateField: (date(9998, 2, 2), date(9998, 1, 1)),
    models.IntegerField: (2_111_333_777, 2_111_333_555),
    models.CharField: ("zz-begins-behind-its-end", "aa-ends-before-its-beginning"),
}


@dataclass(frozen=True)
class Rehearsed:
    """Statements with the ends of a window left open; the last of them is the one whose rows are counted."""

    statements: Sequence[Statement]
    columns: Sequence[Column]

    def run(self, values: Sequence[Any]) -> int:
        """Says them all for the window with these ends, up to a question that finds nothing; how many rows went."""
        fill, gone = _filler(self.columns, values), 0
        with connection.cursor() as cursor:
            for sql, params in self.statements:
                cursor.execute(sql, fill(params))
                if sql.startswith("SELECT") and cursor.fetchone() is None:
                    return 0
                gone = cursor.rowcount
        return gone


def rehearse(act: Act, model: type[models.Model], columns: Sequence[Column]) -> Rehearsed | None:
    """Does it once in a window where nothing is, and keeps what was said; None where that cannot be repeated.

    The columns are those of the window's ends; the last two of the same kind are its beginning and its end.
    """
    if any(_nowhere(column) is None for column in columns):
        return None
    said: list[Statement] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        said.append((sql, tuple(params or ())))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        act(*_ends(columns))
    table = connection.ops.quote_name(model._meta.db_table)
    verb, _space, rest = said[-1][0].partition(table) if said else ("", "", "")
    is_whole = bool(rest) and verb in ("DELETE FROM ", "UPDATE ")
    return Rehearsed(said, columns) if is_whole else None


@dataclass(frozen=True)
class Question:
    """A question for one value of a column, with the values that it is bounded by left open."""

    statement: Statement
    columns: Sequence[Column]
    asks_for: Column

    def answer(self, bounds: Sequence[Any]) -> Any:
        """What the database says within these bounds; None where it finds no row."""
        sql, params = self.statement
        with connection.cursor() as cursor:
            cursor.execute(sql, _filler(self.columns, bounds)(params))
            row = cursor.fetchone()
        return None if row is None else _as_python(self.asks_for, row[0])


def word(
    asked: Callable[[Sequence[Any]], models.QuerySet[Any]], columns: Sequence[Column], asks_for: Column
) -> Question | None:
    """The question that this asks, bounded by values of these columns; None where it has to be asked anew each time."""
    if any(_nowhere(column) is None for column in columns):
        return None
    try:
        return Question(asked(_ends(columns)).query.sql_with_params(), columns, asks_for)
    except EmptyResultSet:
        return None


def _as_python(column: Column, value: Any) -> Any:
    expression = column.cached_col
    for convert in connection.ops.get_db_converters(expression) + expression.get_db_converters(connection):
        value = convert(value, expression, connection)
    return value


def _ends(columns: Sequence[Column]) -> list[Any]:
    """For each a value that nothing has; the second of a column is below the first, so between them is nothing."""
    return [_nowhere(column)[columns[:at].count(column)] for at, column in enumerate(columns)]  # type: ignore[index]


def _nowhere(column: Column) -> tuple[Any, Any] | None:
    kinds = (models.DateTimeField, models.DateField, models.IntegerField, models.CharField)
    return next((NOWHERE[kind] for kind in kinds if isinstance(column, kind)), None)


def _prepared(column: Column, value: Any) -> Any:
    return column.get_db_prep_value(value, connection)


def _filler(columns: Sequence[Column], values: Sequence[Any]) -> Callable[[Sequence[Any]], list[Any]]:
    """Puts these values where the statement was built with none."""
    open_ends = [_prepared(column, end) for column, end in zip(columns, _ends(columns), strict=True)]
    ends = [_prepared(column, value) for column, value in zip(columns, values, strict=True)]
    return lambda params: [_filled_in(param, open_ends, ends) for param in params]


def _filled_in(param: Any, open_ends: Sequence[Any], values: Sequence[Any]) -> Any:
    for end, value in zip(open_ends, values, strict=True):
        if type(param) is type(end) and param == end:
            return value
    return param
