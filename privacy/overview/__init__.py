"""What do we hold about one person, at a glance? The newest rows of every declaration, in a handful of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Count, Value
from django.db.models.functions import Cast, JSONObject

from ..personal_data import PersonalData, declarations
from ..recipients import Disclosure, told_of
from .reading import Reader, Row, as_json, name_of, shown_columns

NEWEST = 3


@dataclass
class Holding:
    """One kind of record about one person."""

    declaration: PersonalData
    count: int
    rows: list[Row] = field(default_factory=list)

    @property
    def slug(self) -> str:
        """Such as customers.order, for addresses."""
        return self.declaration.model._meta.label_lower

    @property
    def title(self) -> str:
        """Its name, in the plural where there are several."""
        meta = self.declaration.model._meta
        return str(meta.verbose_name if self.count == 1 else meta.verbose_name_plural)

    @property
    def columns(self) -> list[str]:
        """The names of what we hold, as a person reads them."""
        return [name_of(column) for column in shown_columns(self.declaration)]

    @property
    def never_filled(self) -> list[str]:
        """The columns in which none of the rows shown has anything."""
        filled = {name for row in self.rows for name, value in row.values if value != ""}
        return [name for name in self.columns if name not in filled]


def visible(declaration: PersonalData, data_subject: Any, today: date) -> models.QuerySet[Any]:
    """The rows about this person that she may be shown today."""
    if declaration.model is Disclosure:
        return told_of(data_subject, today).select_related(None)
    rows = declaration.of(data_subject)
    return rows.filter(is_internal=False) if "is_internal" in declaration.not_personal else rows


def holdings(data_subject: Any, today: date, newest: int = NEWEST) -> list[Holding]:
    """Everything of which we hold at least one row, counted, with its newest rows."""
    known = [d for d in declarations() if d.data_subject]
    found = {i: Holding(known[i], n) for i, n in _counts(known, data_subject, today).items() if n}
    parts = [_newest(i, held.declaration, data_subject, today, newest) for i, held in found.items()]
    rows = sorted(_union(parts), key=_newest_first, reverse=True)
    reader = Reader(data_subject)
    reader.look_up([(found[row["q_kind"]].declaration, row["q_row"]) for row in rows])
    for row in rows:
        held = found[row["q_kind"]]
        held.rows.append(reader.row(held.declaration, row["q_pk"], row["q_row"]))
    return list(found.values())


def page(declaration: PersonalData, data_subject: Any, today: date, start: int, length: int) -> list[Row]:
    """The rows from `start` on, newest first, for one kind of record."""
    rows = sorted(_newest(0, declaration, data_subject, today, length, start), key=_newest_first, reverse=True)
    reader = Reader(data_subject)
    reader.look_up([(declaration, row["q_row"]) for row in rows])
    return [reader.row(declaration, row["q_pk"], row["q_row"]) for row in rows]


def _counts(known: list[PersonalData], data_subject: Any, today: date) -> dict[int, int]:
    parts = [
        visible(d, data_subject, today).order_by().annotate(q_kind=Value(i)).values("q_kind").annotate(q_n=Count("pk"))
        for i, d in enumerate(known)
    ]
    return {row["q_kind"]: row["q_n"] for row in _union(parts)}


def _newest(
    kind: int, declaration: PersonalData, data_subject: Any, today: date, length: int, start: int = 0
) -> models.QuerySet[Any, Any]:
    """Some rows, newest first, each as one JSON value, so that every kind fits into one UNION."""
    wanted = visible(declaration, data_subject, today).order_by("-pk").values("pk")[start : start + length]
    found = declaration.rows.filter(pk__in=wanted).order_by()
    found = found.annotate(
        q_kind=Value(kind), q_pk=Cast("pk", models.CharField()), q_row=JSONObject(**as_json(declaration))
    )
    return found.values("q_kind", "q_pk", "q_row")


def _union(parts: list[Any]) -> Iterable[Any]:
    if len(parts) < 2:
        return parts[0] if parts else []
    return parts[0].union(*parts[1:], all=True)


def _newest_first(row: dict[str, Any]) -> tuple[int, str]:
    return (int(row["q_pk"]), "") if row["q_pk"].isdigit() else (0, row["q_pk"])
