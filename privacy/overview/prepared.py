"""A UNION over every declaration, written by the ORM once and run for any person and day.

Writing it costs twenty times what running it costs, and only two things in it ever differ.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import connection, models

from .. import data_subjects

# Stand for the person and the day while the statement is written; no real one looks like this.
ANYBODY = -738_201_945
ANY_DAY = date(1066, 10, 14)

Write = Callable[[Any, date], list[models.QuerySet[Any, Any]]]


class Prepared:
    """The statement of a list of querysets, joined by UNION ALL."""

    def __init__(self, write: Write) -> None:
        self.write = write
        self.written: dict[str, tuple[str, tuple[Any, ...]]] = {}

    def run(self, data_subject: Any, today: date) -> list[tuple[Any, ...]]:
        """Its rows for this person on this day."""
        if connection.vendor not in self.written:
            self.written[connection.vendor] = self._statement()
        sql, parameters = self.written[connection.vendor]
        day = connection.ops.adapt_datefield_value(ANY_DAY)
        real = {ANYBODY: data_subject.pk, day: connection.ops.adapt_datefield_value(today)}
        with connection.cursor() as cursor:
            cursor.execute(sql, [real.get(value, value) for value in parameters])
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def _statement(self) -> tuple[str, tuple[Any, ...]]:
        first, *others = self.write(data_subjects.model()(pk=ANYBODY), ANY_DAY)
        joined = first.union(*others, all=True) if others else first
        sql, parameters = joined.query.get_compiler(connection=connection).as_sql()
        return sql, tuple(parameters)
