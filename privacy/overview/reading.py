"""Rows that came as JSON, back into what their columns hold and a person may read."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, cached_property
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, models
from django.db.models import F, Func
from django.utils import timezone

from .. import data_subjects
from ..encryption import decrypt
from ..export.redactions import Guard, Place, Redaction
from ..export.values import without_others
from ..fields import EncryptedField, normalise_email
from ..personal_data import PersonalData, resolve

SINCE = "__since"


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


@cache
def shown_columns(declaration: PersonalData) -> list[Any]:
    """The columns that a person may see, without those that only say "you"."""
    herself = (data_subjects.model(), get_user_model())
    return [column for column in declaration.shown_fields() if column.related_model not in herself]


@cache
def name_of(column: Any) -> str:
    """The column's name as a person reads it."""
    text = str(column.verbose_name).replace("_", " ")
    return text[:1].upper() + text[1:]


def as_json(declaration: PersonalData) -> dict[str, Any]:
    """What to select into the JSON of a row."""
    content: dict[str, Any] = {
        column.name: Hex(F(column.name)) if isinstance(column, EncryptedField) else F(column.name)
        for column in shown_columns(declaration)
    }
    return content | ({SINCE: F(declaration.retention.since)} if declaration.retention else {})


def as_json_of_left_out() -> dict[str, Any]:
    """The same for a passage that is left out."""
    return {"table": F("table"), "row": F("row"), "field": F("field"), "passage": Hex(F("passage"))}


def left_out_of(content: dict[str, Any]) -> tuple[Place, str]:
    """Where it stands, and the passage."""
    sealed, place = bytes.fromhex(content["passage"] or ""), Redaction._meta.get_field("passage").place
    return (content["table"], content["row"], content["field"]), decrypt(sealed, place=place).decode() if sealed else ""


def as_dict(content: Any) -> dict[str, Any]:
    """The JSON of a row, whether the database's driver has read it already or not."""
    return json.loads(content) if isinstance(content, str) else content


@dataclass
class Reader:
    """Reads the rows of one person; `names` holds what the foreign keys point at; without a guard for colleagues."""

    data_subject: Any
    guard: Guard | None = None
    names: dict[Any, str] = field(default_factory=dict)

    @cached_property
    def own_addresses(self) -> set[str]:
        """Her addresses, asked for only where a text names any address at all."""
        return {normalise_email(address) for address in self.data_subject.email_addresses()}

    def look_up(self, rows: list[tuple[PersonalData, dict[str, Any]]]) -> None:
        """Learns what the foreign keys of these rows point at, one query for each table pointed at."""
        wanted: dict[Any, set[Any]] = {}
        for declaration, content in rows:
            for column in shown_columns(declaration):
                if column.related_model and content[column.name] is not None:
                    wanted.setdefault(column.related_model, set()).add(content[column.name])
        for model, pks in wanted.items():
            self.names |= {(model, str(row.pk)): str(row) for row in model._base_manager.filter(pk__in=pks)}

    def row(self, declaration: PersonalData, pk: str, content: dict[str, Any]) -> Row:
        """One record."""
        values = [
            (name_of(column), self._guarded(declaration, column, pk, content[column.name]))
            for column in shown_columns(declaration)
        ]
        until = None
        if declaration.retention and content[SINCE] is not None:
            until = declaration.retention.ends_on(
                _read(_since(declaration.model, declaration.retention.since), content[SINCE])
            )
        return Row(pk, values, until)

    def _guarded(self, declaration: PersonalData, column: Any, pk: str, raw: Any) -> Any:
        """The value as a copy that nobody has looked through gives it too."""
        value = self._value(declaration, column, raw)
        if self.guard is None or column.name not in declaration.third_party or not isinstance(value, str):
            return value
        known = column.name in declaration.provided or column.name in declaration.told
        return self.guard.over((declaration.model._meta.label_lower, pk, column.name), value, is_known=known)

    def _value(self, declaration: PersonalData, column: Any, raw: Any) -> Any:
        if raw in (None, "", [], {}):
            return ""
        if column.related_model:
            return self.names.get((column.related_model, str(raw)), "")
        value = _read(column, raw)
        if column.choices:
            return dict(column.flatchoices).get(value, value)
        ours = column.name in declaration.third_party and column.name not in declaration.provided
        return without_others(value, self.own_addresses) if ours and isinstance(value, str) and "@" in value else value


@cache
def _since(model: Any, path: str) -> Any:
    return resolve(model, path)


def _read(column: Any, raw: Any) -> Any:
    if isinstance(column, EncryptedField):
        return decrypt(bytes.fromhex(raw), place=column.place).decode(errors="replace")
    if isinstance(column, models.JSONField):
        return json.loads(raw) if isinstance(raw, str) and connection.vendor == "sqlite" else raw
    if isinstance(column, models.DateTimeField):
        moment = datetime.fromisoformat(raw)
        return moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC)
    return column.to_python(raw)
