"""Which rows go in one transaction of the purge? Some 2,000 past their date, by key, never read into memory."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from django.db import OperationalError, connection, models
from django.db.models import Exists, F, OuterRef, Q

from .. import audit
from ..append_only import AppendOnlyModel
from ..audit import AuditEntry
from ..personal_data import SELF, Anonymise, PersonalData, declarations, resolve
from .conditions import held, is_found_through_the_person, is_over, pointed_at, something_left
from .rehearsed import Key, Rehearsed, rehearse
from .removal import carry_out, delete
from .runs import PurgeBatch, PurgeLine
from .stopping import alone
from .waiting import still_needed

ROWS = 2000
TRIES = 3
Result = TypeVar("Result")


class NoProgress(Exception):
    """Two batches ended at the same key: what the column holds does not sort as its type says."""


def due_rows(declaration: PersonalData, today: date) -> models.QuerySet[Any]:
    """Rows past their date that still hold something."""
    if declaration.retention is None:
        return declaration.rows.none()
    return something_left(declaration, declaration.rows.filter(is_over(declaration, today)))


@dataclass(frozen=True)
class Walk:
    """A way through one declaration's rows: those to look at, in this order, and those of them that may go now.

    Most nights most kinds have none to look at, and which may go is never asked.
    """

    line: PurgeLine
    declaration: PersonalData
    rows: models.QuerySet[Any]
    free: Callable[[], models.QuerySet[Any]]
    keys: tuple[str, ...]
    is_shells: bool = False

    @property
    def blanks(self) -> bool:
        """Whether its rows stay without what they said."""
        return isinstance(self.declaration.final(), Anonymise) and not self.is_shells

    def remove(self, window: Q) -> int:
        """What may go of this window goes; how many."""
        rows = self.free().filter(window)
        return delete(self.declaration, rows) if self.is_shells else carry_out(self.declaration, rows)

    @cached_property
    def rehearsed(self) -> Rehearsed | None:
        """The same, built once for all windows between two keys; None where more is done than to say statements."""
        model = self.declaration.model
        has_files = any(isinstance(column, models.FileField) for column in model._meta.concrete_fields)
        if has_files or issubclass(model, AppendOnlyModel):
            return None
        return rehearse(lambda after, last: self.remove(_between(self.keys, after, last)), model, self.columns)

    @property
    def columns(self) -> list[Any]:
        """What the keys are made of."""
        model = self.declaration.model
        return [model._meta.pk if name == "pk" else resolve(model, name) for name in self.keys]


def through_the_due(line: PurgeLine, declaration: PersonalData, today: date) -> Walk:
    """What is past its date, but not what is held or still needed."""
    rows = due_rows(declaration, today)

    def free() -> models.QuerySet[Any]:
        return rows.exclude(held(declaration)).exclude(still_needed(declaration, today))

    return Walk(line, declaration, rows, free, keys_of(declaration))


def through_the_shells(line: PurgeLine, declaration: PersonalData) -> Walk:
    """Blanked rows, the last trace of somebody, but not those that something points at or is found through."""
    rows = declaration.rows.exclude(declaration.not_yet_blank())
    free = rows.exclude(held(declaration)).exclude(pointed_at(declaration.model))
    for other in declarations() if declaration.data_subject == SELF else ():
        if is_found_through_the_person(other):
            left = something_left(other, other.rows.filter(**{other.subject_lookup: OuterRef("pk")}))
            free = free.exclude(Exists(left))
    return Walk(line, declaration, rows, lambda: free, ("pk",), is_shells=True)


def batch(walk: Walk, after: Key | None) -> Key | None:
    """Removes what may go of one window of rows after this key, and says where it ended; None at the end."""
    window = _beyond(walk.keys, after) if after else Q()
    with alone():
        last = walk.rows.filter(window).order_by(*walk.keys).values_list(*walk.keys)[ROWS - 1 : ROWS].first()
        if last is not None:
            if last == after:
                raise NoProgress(walk.line.model)
            window &= _up_to(walk.keys, last)
        if after and last and walk.rehearsed:
            _write_down(walk, walk.rehearsed.run(after, last))
        elif last is not None or walk.rows.filter(window).exists():
            _write_down(walk, walk.remove(window))
    return last


def _write_down(walk: Walk, gone: int) -> None:
    _note(walk.line, gone, "anonymised" if walk.blanks else "deleted")


def _note(line: PurgeLine, gone: int, how: str) -> None:
    """The evidence, in the transaction of what it proves."""
    if gone:
        PurgeBatch.objects.create(line=line, removed=gone)
        PurgeLine.objects.filter(pk=line.pk).update(**{how: F(how) + gone})


def audit_batch(line: PurgeLine, declaration: PersonalData, today: date) -> bool:
    """Cuts up to 2,000 of the oldest audit entries, vouched for by a new one; False when none is left to cut."""
    with alone():
        entries = AuditEntry.objects.order_by("pk")
        young = entries.exclude(is_over(declaration, today)).values_list("pk", flat=True).first()
        old = entries if young is None else entries.filter(pk__lt=young)
        last = old[ROWS - 1 : ROWS].first() or old.last()
        if last is None or (young is None and last.event == "audit.purged"):
            return False
        audit.record("audit.purged", actor="system:purge", target=line, head=last.hash)
        _note(line, delete(declaration, old.filter(pk__lte=last.pk)), "deleted")
    return True


def keys_of(declaration: PersonalData) -> tuple[str, ...]:
    """What batches walk along: the expiry column where an index serves it, else the primary key alone."""
    columns = {retention.since for _rows, retention in declaration.rules()}
    since = columns.pop() if len(columns) == 1 else "pk"
    column: Any = resolve(declaration.model, since) if since != "pk" else declaration.model._meta.pk
    indexes = [index for index in column.model._meta.indexes if index.fields and not index.condition]
    begins_an_index = column.name in {index.fields[0].lstrip("-") for index in indexes}
    return (since, "pk") if since != "pk" and (column.db_index or begins_an_index) else ("pk",)


def _between(keys: Sequence[str], after: Key, last: Key) -> Q:
    return _beyond(keys, after) & _up_to(keys, last)


def _beyond(keys: Sequence[str], values: Key) -> Q:
    return _compare(keys, values, "gt", "gt")


def _up_to(keys: Sequence[str], values: Key) -> Q:
    return _compare(keys, values, "lt", "lte")


def _compare(keys: Sequence[str], values: Key, side: str, last: str) -> Q:
    """A comparison of the whole key, with a bound on its first part alone that an index can use."""
    end = Q(**{f"{keys[-1]}__{last}": values[-1]})
    if len(keys) == 1:
        return end
    return Q(**{f"{keys[0]}__{side}e": values[0]}) & (Q(**{f"{keys[0]}__{side}": values[0]}) | end)


def tried(step: Callable[[], Result]) -> Result:
    """Tries again, at most three times, after a deadlock or a lost connection."""
    for attempt in range(1, TRIES):
        try:
            return step()
        except OperationalError:
            connection.close_if_unusable_or_obsolete()
            time.sleep(0.1 * attempt)
    return step()
