"""What do we hold about one person, at a glance? The newest rows of every declaration, in a handful of queries."""

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from django.db import models
from django.db.models import Count, Value
from django.db.models.functions import Cast, JSONObject

from ..export.redactions import Guard, of_person
from ..personal_data import PersonalData, declarations
from ..recipient_notices import RecipientNotice
from ..recipients import Disclosure, told_of
from .prepared import Prepared
from .reading import Reader, Row, as_dict, as_json, as_json_of_left_out, left_out_of, name_of, shown_columns

NEWEST = 3
# Among the newest rows of all kinds travel the passages that are left out of them, so that they cost no query.
LEFT_OUT = -1


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
    if declaration.model is RecipientNotice:
        return RecipientNotice.objects.filter(data_subject=data_subject).to_be_named(today)
    rows = declaration.shown_to(data_subject)
    return rows.filter(is_internal=False) if "is_internal" in declaration.not_personal else rows


def holdings(data_subject: Any, today: date, *, for_staff: bool = False) -> list[Holding]:
    """Everything of which we hold at least one row, counted, with its newest rows.

    Texts that may speak of somebody else stand there for staff whole, for the person as in a copy made by itself.
    """
    known = _known()
    found = {kind: Holding(known[kind], count) for kind, count in _counts.run(data_subject, today) if count}
    read = [(kind, pk, as_dict(content)) for kind, pk, content in _newest_of_all.run(data_subject, today)]
    rows = [row for row in read if row[0] != LEFT_OUT]
    left_out = [left_out_of(content) for kind, _pk, content in read if kind == LEFT_OUT]
    reader = Reader(data_subject, None if for_staff else Guard(left_out, holds_back=True))
    reader.look_up([(known[kind], content) for kind, _pk, content in rows])
    for kind, pk, content in sorted(rows, key=lambda row: _newest_first(row[1]), reverse=True):
        found[kind].rows.append(reader.row(known[kind], pk, content))
    return list(found.values())


def page(declaration: PersonalData, data_subject: Any, today: date, start: int, length: int) -> list[Row]:
    """The rows from `start` on, newest first, for one kind of record."""
    found = _newest(0, declaration, data_subject, today, length, start).values_list("q_pk", "q_row")
    rows = sorted(found, key=lambda row: _newest_first(row[0]), reverse=True)
    reader = Reader(data_subject, Guard.of(data_subject, holds_back=True))
    reader.look_up([(declaration, content) for _pk, content in rows])
    return [reader.row(declaration, pk, content) for pk, content in rows]


@cache
def _known() -> list[PersonalData]:
    return [d for d in declarations() if d.data_subject]


def _newest(
    kind: int, declaration: PersonalData, data_subject: Any, today: date, length: int, start: int = 0
) -> models.QuerySet[Any, Any]:
    """Some rows, newest first, each as one JSON value, so that every kind fits into one UNION."""
    wanted = visible(declaration, data_subject, today).order_by("-pk").values("pk")[start : start + length]
    found = declaration.rows.filter(pk__in=wanted).order_by()
    return found.annotate(
        q_kind=Value(kind), q_pk=Cast("pk", models.CharField()), q_row=JSONObject(**as_json(declaration))
    )


def _count(kind: int, declaration: PersonalData, data_subject: Any, today: date) -> models.QuerySet[Any, Any]:
    rows = visible(declaration, data_subject, today).order_by().annotate(q_kind=Value(kind))
    return rows.values("q_kind").annotate(q_n=Count("pk")).values_list("q_kind", "q_n")


def _newest_rows(kind: int, declaration: PersonalData, data_subject: Any, today: date) -> models.QuerySet[Any, Any]:
    return _newest(kind, declaration, data_subject, today, NEWEST).values_list("q_kind", "q_pk", "q_row")


def _left_out(data_subject: Any) -> models.QuerySet[Any, Any]:
    found = of_person(data_subject).order_by()
    return found.annotate(
        q_kind=Value(LEFT_OUT), q_pk=Cast("pk", models.CharField()), q_row=JSONObject(**as_json_of_left_out())
    ).values_list("q_kind", "q_pk", "q_row")


def _newest_first(pk: str) -> tuple[int, str]:
    return (int(pk), "") if pk.isdigit() else (0, pk)


_counts = Prepared(lambda person, day: [_count(i, d, person, day) for i, d in enumerate(_known())])
_newest_of_all = Prepared(
    lambda person, day: [*(_newest_rows(i, d, person, day) for i, d in enumerate(_known())), _left_out(person)]
)
