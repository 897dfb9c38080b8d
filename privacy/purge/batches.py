"""Which rows go in one transaction of the purge? Some 2,000 past their date, by key, never read into memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from .. import audit
from ..audit import AuditEntry
from ..erasure.conditions import held, is_found_through_the_person, is_over, pointed_at, something_left
from ..erasure.removal import by_statements, carry_out, delete, permit
from ..personal_data import SELF, Anonymise, PersonalData, declarations
from . import windows
from .rehearsed import Rehearsed, rehearse
from .runs import PurgeBatch, PurgeLine
from .stopping import alone
from .waiting import still_needed
from .windows import Place, Shape, Way, Window, columns_of, keys_of, next_window


class NoProgress(Exception):
    """Two batches ended at the same place: what the column holds does not sort as its type says."""


def due_rows(declaration: PersonalData, today: date, within: Q | None = None) -> models.QuerySet[Any]:
    """Rows past their date that still hold something; of one window where one is given."""
    if declaration.retention is None:
        return declaration.rows.none()
    # The window first: of two upper ends of a column SQLite goes to the one that it reads first, here to the nearer.
    rows = declaration.rows.filter(within or Q())
    return something_left(declaration, rows.filter(is_over(declaration, today)))


@dataclass(frozen=True)
class Walk:
    """A way through one declaration's rows: those to look at, in this order, and those of them that may go now.

    Most nights most kinds have none to look at, and which may go is never asked.
    """

    line: PurgeLine
    declaration: PersonalData
    way: Way
    free: Callable[[Q], models.QuerySet[Any]]
    is_shells: bool = False
    rehearsed: dict[Shape, Rehearsed | None] = field(default_factory=dict)

    @property
    def blanks(self) -> bool:
        """Whether its rows stay without what they said."""
        return isinstance(self.declaration.final(), Anonymise) and not self.is_shells

    def remove(self, window: Window) -> int:
        """What may go of this window goes; how many."""
        if repeated := self._repeated(window.shape):
            with permit(self.declaration.model):
                return repeated.run(window.values)
        # Most shells of most nights must stay, and what mentions them needs no look then.
        if self.is_shells and not self._is_any_free(window.where):
            return 0
        return self._say(window.where)

    def _is_any_free(self, where: Q) -> bool:
        return self.free(where).exists()

    def _say(self, where: Q) -> int:
        rows = self.free(where)
        return delete(self.declaration, rows) if self.is_shells else carry_out(self.declaration, rows)

    def _repeated(self, shape: Shape | None) -> Rehearsed | None:
        """The statements of such a window, built once; None where more is done than to say statements."""
        model, keys = self.declaration.model, self.way.keys
        if shape is None or any(isinstance(column, models.FileField) for column in model._meta.concrete_fields):
            return None
        if shape not in self.rehearsed:
            columns = columns_of(model, keys)
            self.rehearsed[shape] = rehearse(
                lambda *values: self._everything(shape.where(keys, *values)),
                model,
                [columns[end] for end in shape.ends],
            )
        return self.rehearsed[shape]

    def _everything(self, where: Q) -> None:
        if self.is_shells:
            self._is_any_free(where)
        by_statements(self.declaration, self.free(where), blanks=self.blanks)


def through_the_due(line: PurgeLine, declaration: PersonalData, today: date) -> Walk:
    """What is past its date, but not what is held or still needed."""

    def free(within: Q) -> models.QuerySet[Any]:
        due = due_rows(declaration, today, within)
        return due.exclude(held(declaration)).exclude(still_needed(declaration, today))

    return Walk(line, declaration, Way(due_rows(declaration, today), keys_of(declaration)), free)


def through_the_shells(line: PurgeLine, declaration: PersonalData) -> Walk:
    """Blanked rows, the last trace of somebody, but not those that something points at or is found through."""
    rows = declaration.rows.exclude(declaration.not_yet_blank())
    free = rows.exclude(held(declaration)).exclude(pointed_at(declaration.model))
    for other in declarations() if declaration.data_subject == SELF else ():
        if is_found_through_the_person(other):
            left = something_left(other, other.rows.filter(**{other.subject_lookup: OuterRef("pk")}))
            free = free.exclude(Exists(left))
    return Walk(line, declaration, Way(rows, ("pk",)), free.filter, is_shells=True)


def batch(walk: Walk, after: Place) -> Place | None:
    """Removes what may go of one window of rows after this place, and says where it ended; None at the end."""
    with alone():
        window = next_window(walk.way, after)
        if window is None:
            return None
        if window.then == after:
            raise NoProgress(walk.line.model)
        _write_down(walk, walk.remove(window))
    return window.then


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
        last = old[windows.ROWS - 1 : windows.ROWS].first() or old.last()
        if last is None or (young is None and last.event == "audit.purged"):
            return False
        audit.record("audit.purged", actor="system:purge", target=line, head=last.hash)
        _note(line, delete(declaration, old.filter(pk__lte=last.pk)), "deleted")
    return True
