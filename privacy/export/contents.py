"""What do we hold about one person, table by table? Read from the declarations, one query a table and batch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, Value
from django.utils import timezone

from .. import data_subjects, one_person
from ..fields import normalise_email
from ..personal_data import PersonalData, declarations
from ..recipient_notices import RecipientNotice
from ..recipients import Disclosure, told_of
from ..vocabulary import Category
from .redactions import Guard
from .values import exact, in_words, without_others

BATCH = 2_000


@dataclass
class Row:
    """One record: its values for computers, and label by label in words, empty ones left out."""

    pk: Any
    exact: dict[str, Any]
    words: dict[str, str]
    is_internal: bool = False


class Table:
    """The records of one declaration about one person."""

    def __init__(self, declaration: PersonalData, copy: "Copy", count: int, only: Sequence[str] = ()) -> None:
        self.declaration, self.copy, self.count = declaration, copy, count
        shown = [column for column in declaration.shown_fields() if column.related_model is not data_subjects.model()]
        wanted = [c for c in shown if c.name in declaration.provided or not copy.only_provided]
        self.columns = [c for c in wanted if c.name in only or not only]
        self.marked = [c.name for c in self.columns if c.name in declaration.third_party]
        self.knows_internal = "is_internal" in declaration.not_personal
        self.exact = [self._guarded(column, exact(column)) for column in self.columns]
        self.names = [column.name for column in self.columns]
        self.labels = {column.name: label(column) for column in self.columns}
        self.related = [i for i, column in enumerate(self.columns) if column.related_model]

    @property
    def name(self) -> str:
        """Such as customers.order."""
        return self.declaration.model._meta.label_lower

    @property
    def title(self) -> str:
        """Its name as a person reads it."""
        meta = self.declaration.model._meta
        return capital(str(meta.verbose_name if self.count == 1 else meta.verbose_name_plural))

    @property
    def secrets(self) -> list[models.Field]:
        """What is held but never shown, such as the hash of a password."""
        fields = self.declaration.model._meta.get_field
        return [] if self.copy.only_provided else [fields(name) for name in self.declaration.secret]  # type: ignore[misc]

    def query(self) -> models.QuerySet[Any]:
        """The rows about this person that she may be told of today."""
        return _shown(self.declaration, self.copy.data_subject, self.copy.today)

    def rows(self, *, worded: bool = True) -> Iterator[Row]:
        """Every row, newest first; a batch at a time, so that nothing stays open while a worker does other things.

        Without `worded` only the values for computers are read.
        """
        internal: Any = "is_internal" if self.knows_internal else Value(False)
        names = ["pk", *(column.attname for column in self.columns), internal]
        query = self.query().select_related(None).order_by("-pk").values_list(*names)
        readers = self._readers() if worded else []
        batch = list(query[:BATCH])
        while batch:
            related = self._names_of_related(batch) if worded else {}
            for values in batch:
                row = self._row(values, readers, related) if worded else self._bare_row(values)
                yield self._guarded_row(row) if self.marked else row
            batch = list(query.filter(pk__lt=batch[-1][0])[:BATCH]) if len(batch) == BATCH else []

    def _readers(self) -> list[Any]:
        """Of each column, what turns its values into words in the language of the moment."""
        found = zip(self.columns, map(in_words, self.columns), strict=True)
        return [read and self._guarded(column, read) for column, read in found]

    def _bare_row(self, values: tuple[Any, ...]) -> Row:
        bare = {name: read(value) for name, read, value in zip(self.names, self.exact, values[1:-1], strict=True)}
        return Row(values[0], bare, {}, is_internal=values[-1])

    def _row(self, values: tuple[Any, ...], readers: list[Any], related: dict[Any, str]) -> Row:
        row = self._bare_row(values)
        for column, name, read, value in zip(self.columns, self.names, readers, values[1:-1], strict=True):
            if column.related_model:
                words = related.get((column.related_model, value), "")
            else:
                words = read(value) if read else row.exact[name]
            if words:
                row.words[name] = words
        return row

    def _guarded_row(self, row: Row) -> Row:
        """The row as it may leave: without what speaks of somebody else."""
        for name in self.marked if self.copy.guard else ():
            place = (self.name, str(row.pk), name)
            for texts in (row.exact, row.words):
                if isinstance(text := texts.get(name), str):
                    texts[name] = self.copy.guard.over(place, text, is_known=self.is_known(row, name))  # type: ignore[union-attr]
        return row

    def is_known(self, row: Row, name: str) -> bool:
        """Whether she wrote this text herself, or was told it when it was written."""
        said = self.declaration
        return name in said.provided or (name in said.told and not row.is_internal)

    def _names_of_related(self, batch: list[tuple[Any, ...]]) -> dict[Any, str]:
        """What the foreign keys of a batch point at, one query for each of them."""
        named: dict[Any, str] = {}
        for i in self.related:
            model: Any = self.columns[i].related_model
            found = model._base_manager.filter(pk__in={values[i + 1] for values in batch} - {None})
            named |= {(model, row.pk): str(row) for row in found}
        return named

    def _guarded(self, column: models.Field, read: Any) -> Any:
        """What we wrote may speak of somebody else; what she wrote herself goes back to her as it is."""
        may_name_others = column.name in self.declaration.third_party and column.name not in self.declaration.provided
        if not may_name_others:
            return read

        def guarded(value: Any) -> Any:
            text = read(value)
            return without_others(text, self.copy.own_addresses) if isinstance(text, str) else text

        return guarded


@dataclass
class Chapter:
    """The tables of one category."""

    category: str
    title: str
    tables: list[Table]


@dataclass
class Copy:
    """All that one person gets: whole (Art. 15), or what she provided (Art. 20)."""

    data_subject: Any
    only_provided: bool
    now: datetime
    guard: Guard | None = None
    tables: list[Table] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The day on which it is made, in the shop's time zone."""
        return timezone.localdate(self.now, settings.SHOP_TZ)

    @property
    def total(self) -> int:
        """How many rows."""
        return sum(table.count for table in self.tables)

    @cached_property
    def own_addresses(self) -> set[str]:
        """Her addresses, as they are compared."""
        account = getattr(self.data_subject, "account", None)
        return {*self.data_subject.email_addresses(), *([normalise_email(account.email)] if account else [])}

    def chapters(self) -> list[Chapter]:
        """The tables in the order of the categories."""
        grouped = {category: [t for t in self.tables if t.declaration.category == category] for category in Category}
        return [Chapter(c.value, str(c.label), tables) for c, tables in grouped.items() if tables]


def collect(
    data_subject: Any, only_provided: bool = False, *, now: datetime | None = None, guard: Guard | None = None
) -> Copy:
    """What we hold about this person and nobody else; the rows are read when they are asked for."""
    copy = Copy(data_subject, only_provided, now or timezone.now(), guard or Guard.of(data_subject))
    said = tuple(d for d in reversed(declarations()) if d.data_subject and (d.provided or not only_provided))
    counts: list[tuple[int, int]] = []
    if said:
        question = _question(said, tuple(d.decides for d in said), copy.today)
        counts = [(kind, count) for kind, count in question.rows(data_subject) if count]
    tables = [Table(said[kind], copy, count) for kind, count in sorted(counts)]
    copy.tables = [table for table in tables if table.columns or table.secrets]
    return copy


def _shown(declaration: PersonalData, data_subject: Any, today: date) -> models.QuerySet[Any]:
    if declaration.model is Disclosure:
        return told_of(data_subject, today)
    if declaration.model is RecipientNotice:
        return RecipientNotice.objects.filter(data_subject=data_subject).to_be_named(today)
    return declaration.shown_to(data_subject)


@lru_cache(maxsize=8)
def _question(said: tuple[PersonalData, ...], _decides: tuple[Any, ...], today: date) -> one_person.OfOne:
    """How many rows there are of each kind, written down once for everybody; anew when what decides changes."""
    model = data_subjects.model()
    nobody = one_person.stand_in(model)
    every = [_shown(declaration, nobody, today).select_related(None).order_by() for declaration in said]
    counted = (
        rows.annotate(q_kind=Value(kind)).values("q_kind").annotate(q_count=Count("pk"))
        for kind, rows in enumerate(every)
    )
    return one_person.asked(model, map(one_person.written, counted))


def label(column: models.Field) -> str:
    """A column's name as a person reads it."""
    return capital(str(column.verbose_name).replace("_", " "))


def capital(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]
