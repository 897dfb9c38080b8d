"""What do we hold about one person, at a glance? The newest rows of every declaration, in a handful of queries."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, models
from django.db.models import Count, F, Func, Value
from django.db.models.functions import Cast, JSONObject
from django.utils import timezone

from . import data_subjects
from .encryption import decrypt
from .fields import EncryptedField
from .personal_data import PersonalData, declarations, resolve
from .recipients import Disclosure, told_of

NEWEST = 3
SINCE = "__since"


class Withheld:
    """Stands for a text that may speak of somebody else and is looked at by a person before it leaves."""


WITHHELD = Withheld()


class Hex(Func):
    """The bytes of a column as text, so that they fit into JSON."""

    function = "HEX"
    output_field = models.TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """PostgreSQL spells it `encode(column, 'hex')`."""
        return self.as_sql(
            compiler, connection, function="ENCODE", template="%(function)s(%(expressions)s, 'hex')", **context
        )


@dataclass
class Row:
    """One record: its columns as the person may see them, and the last day on which it is kept."""

    pk: str
    values: list[tuple[str, Any]]
    until: date | None


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
    def never_filled(self) -> list[str]:
        """The columns in which none of the rows shown has anything."""
        filled = {name for row in self.rows for name, value in row.values if value != ""}
        return [name for name in self.columns if name not in filled]

    @property
    def columns(self) -> list[str]:
        """The names of what we hold, as a person reads them."""
        return [_name(column) for column in _shown(self.declaration)]


def visible(declaration: PersonalData, data_subject: Any, today: date) -> models.QuerySet[Any]:
    """The rows about this person that she may be shown today."""
    rows = declaration.of(data_subject)
    if declaration.model is Disclosure:
        return told_of(data_subject, today).select_related(None)
    return rows.filter(is_internal=False) if "is_internal" in declaration.not_personal else rows


def holdings(data_subject: Any, today: date, newest: int = NEWEST) -> list[Holding]:
    """Everything of which we hold at least one row, counted, with its newest rows."""
    known = [d for d in declarations() if d.data_subject]
    counts = _counts(known, data_subject, today)
    found = {i: Holding(known[i], n) for i, n in counts.items() if n}
    parts = [
        _as_json(i, found[i].declaration, visible(found[i].declaration, data_subject, today), newest) for i in found
    ]
    rows = sorted(_union(parts), key=lambda row: _order(row["q_pk"]), reverse=True)
    names = _names_of_related([(found[row["q_kind"]].declaration, row["q_row"]) for row in rows])
    for row in rows:
        holding = found[row["q_kind"]]
        holding.rows.append(_row(holding.declaration, row["q_pk"], row["q_row"], names))
    return list(found.values())


def page(declaration: PersonalData, data_subject: Any, today: date, start: int, length: int) -> list[Row]:
    """The rows from `start` on, newest first, for one kind of record."""
    part = _as_json(0, declaration, visible(declaration, data_subject, today), length, start)
    rows = sorted(part, key=lambda row: _order(row["q_pk"]), reverse=True)
    names = _names_of_related([(declaration, row["q_row"]) for row in rows])
    return [_row(declaration, row["q_pk"], row["q_row"], names) for row in rows]


def _counts(known: list[PersonalData], data_subject: Any, today: date) -> dict[int, int]:
    parts = [
        visible(d, data_subject, today)
        .order_by()
        .annotate(q_kind=Value(i))
        .values("q_kind")
        .annotate(q_count=Count("pk"))
        for i, d in enumerate(known)
    ]
    return {row["q_kind"]: row["q_count"] for row in _union(parts)}


def _union(parts: list[Any]) -> Iterable[Any]:
    if not parts:
        return []
    return parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]


def _as_json(kind: int, declaration: PersonalData, rows: Any, length: int, start: int = 0) -> Any:
    newest = rows.order_by("-pk").values("pk")[start : start + length]
    content: dict[str, Any] = {
        column.name: Hex(F(column.name)) if isinstance(column, EncryptedField) else F(column.name)
        for column in _shown(declaration)
    }
    if declaration.retention:
        content[SINCE] = F(declaration.retention.since)
    found = declaration.rows.filter(pk__in=newest).order_by()
    return found.annotate(
        q_kind=Value(kind), q_pk=Cast("pk", models.CharField()), q_row=JSONObject(**content)
    ).values("q_kind", "q_pk", "q_row")  # fmt: skip


def _order(pk: str) -> tuple[int, str]:
    return (int(pk), "") if pk.isdigit() else (0, pk)


def _shown(declaration: PersonalData) -> list[Any]:
    herself = (data_subjects.model(), get_user_model())
    return [column for column in declaration.shown_fields() if column.related_model not in herself]


def _name(column: Any) -> str:
    text = str(column.verbose_name).replace("_", " ")
    return text[:1].upper() + text[1:]


def _row(declaration: PersonalData, pk: str, content: dict[str, Any], names: dict[Any, str]) -> Row:
    values = [
        (_name(column), _value(declaration, column, content[column.name], names)) for column in _shown(declaration)
    ]
    until = None
    if declaration.retention and content[SINCE] is not None:
        since = _read(resolve(declaration.model, declaration.retention.since), content[SINCE])
        until = declaration.retention.ends_on(since)
    return Row(pk, values, until)


def _value(declaration: PersonalData, column: Any, raw: Any, names: dict[Any, str]) -> Any:
    if raw in (None, "", [], {}):
        return ""
    if column.name in declaration.third_party and column.name not in declaration.provided:
        return WITHHELD
    if column.related_model:
        return names.get((column.related_model, str(raw)), "")
    value = _read(column, raw)
    return dict(column.flatchoices).get(value, value) if column.choices else value


def _read(column: Any, raw: Any) -> Any:
    """JSON's text back into what the column holds."""
    if isinstance(column, EncryptedField):
        return decrypt(bytes.fromhex(raw), place=column.place).decode(errors="replace") if raw else ""
    if isinstance(column, models.JSONField):
        return json.loads(raw) if isinstance(raw, str) and connection.vendor == "sqlite" else raw
    if isinstance(column, models.DateTimeField):
        moment = datetime.fromisoformat(raw)
        return moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC)
    return column.to_python(raw)


def _names_of_related(rows: list[tuple[PersonalData, dict[str, Any]]]) -> dict[Any, str]:
    """What the foreign keys of these rows point at, one query for each table pointed at."""
    wanted: dict[Any, set[Any]] = {}
    for declaration, content in rows:
        for column in _shown(declaration):
            if column.related_model and content[column.name] is not None:
                wanted.setdefault(column.related_model, set()).add(content[column.name])
    return {
        (model, str(row.pk)): str(row)
        for model, pks in wanted.items()
        for row in model._base_manager.filter(pk__in=pks)
    }
