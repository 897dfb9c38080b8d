"""What would an erasure do to one person's data? Per model: what goes, what stays, why and until when; one query."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Count, Max, Q, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from .. import data_subjects, one_person, restrictions
from ..personal_data import Anonymise, Keep, PersonalData, declaration_of, declarations
from .conditions import held, is_over, outlives_a_wish, pointed_at, something_left
from .rules import blanked_by

COUNTS = ("q_kind", "q_all", "q_free", "q_goes", "q_silent", "q_newest")
STILL_REFERRED_TO = "Other records that are kept refer to it."


@dataclass
class Line:
    """What happens to one person's rows of one model: counts, reason and last day, never values.

    `silent` of what stays is not told to the person while that would defeat its purpose.
    """

    model: str
    deleted: int = 0
    anonymised: int = 0
    kept: int = 0
    reason: str = ""
    until: str | None = None
    held: int = 0
    silent: int = 0

    @property
    def is_told(self) -> bool:
        """Whether the person reads this line: not while all that stays of it would betray a suspicion."""
        return bool(self.goes or self.kept + self.held > self.silent)

    def as_told(self) -> "Line":
        """The line as the person reads it."""
        kept, more = max(self.kept - self.silent, 0), max(self.silent - self.kept, 0)
        return replace(self, kept=kept, held=max(self.held - more, 0))

    @property
    def goes(self) -> int:
        """How many rows are deleted or anonymised."""
        return self.deleted + self.anonymised

    @property
    def declaration(self) -> PersonalData:
        """The declaration that this line carries out."""
        return cast(PersonalData, declaration_of(apps.get_model(self.model)))

    @property
    def title(self) -> str:
        """Its name for people."""
        return str(self.declaration.model._meta.verbose_name_plural)

    @property
    def emptied(self) -> list[str]:
        """What is emptied in rows that stay without a name, in the words of the people who read it.

        Columns of ours that she is never shown, such as whether a login is open, are emptied without a word.
        """
        declaration = self.declaration
        shown = [name for name in blanked_by(declaration) if name in declaration.fields]
        columns = [declaration.model._meta.get_field(name) for name in shown if name not in declaration.secret]
        return [str(getattr(column, "verbose_name", column.name)) for column in columns]

    @property
    def last_day(self) -> date | None:
        """The last day on which anything of it is kept; None while the period has not begun."""
        return date.fromisoformat(self.until) if self.until else None

    @property
    def period(self) -> str:
        """How long it is kept, in words."""
        return self.declaration.kept_for()

    def as_json(self) -> dict[str, Any]:
        """For the report that is stored and printed."""
        return asdict(self)


def preview(data_subject: Any, today: date) -> list[Line]:
    """What an erasure today would delete, anonymise, keep and why, without doing it (Art. 17(3), 12(4))."""
    return [line for line in plan(data_subject, today) if line.goes or line.kept or line.held]


def has_work(data_subject: Any, today: date) -> bool:
    """Whether something may go now, or nothing is held any longer, so that the report can be closed."""
    lines = plan(data_subject, today)
    return any(line.goes for line in lines) or not any(line.held for line in lines)


def about_people() -> list[PersonalData]:
    """The declarations whose rows lead to a person, those that point first."""
    return [d for d in declarations() if d.data_subject]


def plan(data_subject: Any, today: date) -> list[Line]:
    """One line for each declaration of which the person has rows, those that point first."""
    holds = list(restrictions.held_by(data_subject))
    kinds = _kinds_of(data_subject)
    decides = tuple(d.decides for d in kinds)
    question = _question(kinds, decides, today, settings.SHOP_TZ, is_held=bool(holds)) if kinds else None
    counted = (dict(zip(COUNTS, row, strict=True)) for row in (question.rows(data_subject) if question else ()))
    rows = {row["q_kind"]: row for row in counted}
    return [_line(d, rows[d.label], holds) for d in kinds if d.label in rows and rows[d.label]["q_all"]]


def _kinds_of(data_subject: Any) -> tuple[PersonalData, ...]:
    """Every declaration of which she has a row at all; of most there is none, and nothing more is asked."""
    known = tuple(about_people())
    return tuple(known[place] for place in sorted(place for (place,) in _everywhere(known).rows(data_subject)))


@lru_cache(maxsize=8)
def _everywhere(known: tuple[PersonalData, ...]) -> one_person.OfOne:
    model = data_subjects.model()
    nobody = one_person.stand_in(model)
    return one_person.where_anything_is(
        model, (one_person.written(d.of(nobody).order_by().values("pk")) for d in known)
    )


@lru_cache(maxsize=500)
def _question(
    kinds: tuple[PersonalData, ...], _decides: tuple[Any, ...], today: date, zone: Any, *, is_held: bool
) -> one_person.OfOne:
    """What is counted of anybody who has rows of these kinds, written down once; anew when what decides changes."""
    parts = [_counts(d, d.decides, today, zone, is_held=is_held) for d in kinds]
    return one_person.asked(data_subjects.model(), parts)


@lru_cache(maxsize=500)
def _counts(
    declaration: PersonalData, _decides: tuple[Any, ...], today: date, _zone: Any, *, is_held: bool
) -> one_person.Written:
    """Without a hold on the person, which is the rule, its condition is left out: this only counts."""
    rows = _of_interest(declaration, one_person.stand_in(data_subjects.model()), today).order_by()
    free = ~held(declaration) if is_held else Q()
    over = is_over(declaration, today) if outlives_a_wish(declaration) else Q()
    silent = Count("pk", filter=declaration.withheld) if declaration.withheld else Value(0)
    counts = {"q_all": Count("pk"), "q_free": _count(free), "q_goes": _count(free & over), "q_silent": silent}
    newest = Max(declaration.retention.since, filter=free) if declaration.retention else Value("")
    kind = Cast(Value(declaration.label), TextField())
    counted = rows.annotate(q_kind=kind).values("q_kind").annotate(**counts, q_newest=Cast(newest, TextField()))
    return one_person.written(counted)


def _of_interest(declaration: PersonalData, data_subject: Any, today: date) -> models.QuerySet[Any]:
    """Rows with something left to take away, and those that are kept for a reason even when there is not."""
    rows = declaration.of(data_subject)
    left = something_left(declaration, rows)
    return left | rows.exclude(is_over(declaration, today)) if isinstance(declaration.erase, Keep) else left


def _count(condition: Q) -> Count:
    return Count("pk", filter=condition) if condition else Count("pk")


def _line(declaration: PersonalData, row: dict[str, Any], holds: list[restrictions.Restriction]) -> Line:
    goes, kept = row["q_goes"], row["q_free"] - row["q_goes"]
    line = Line(declaration.label, kept=kept, held=row["q_all"] - row["q_free"], silent=row["q_silent"])
    if isinstance(declaration.final(), Anonymise):
        line.anonymised = goes
    else:
        line.deleted = goes
    if kept:
        line.reason, line.until = reason_of(declaration), _until(declaration, row["q_newest"])
    if line.held:
        kinds = {restrictions.plain(hold.kind) for hold in restrictions.touching(holds, declaration)}
        line.reason = "; ".join(filter(None, (line.reason, *sorted(kinds))))
    return line


def reason_of(declaration: PersonalData) -> str:
    """Why rows stay in spite of a wish: the declared reason, the law, or both."""
    said = declaration.erase.reason if isinstance(declaration.erase, Keep) else ""
    law = declaration.retention.required_by if declaration.retention else ""
    return f"{said} {law}".strip() if not said.endswith(law) else said


def _until(declaration: PersonalData, newest: str | None) -> str | None:
    if not newest or not declaration.retention:
        return None
    moment: date | datetime = date.fromisoformat(newest) if len(newest) == len("2026-01-31") else _instant(newest)
    return declaration.retention.ends_on(moment).isoformat()


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC)


def rows_that_go(declaration: PersonalData, data_subject: Any, today: date) -> models.QuerySet[Any]:
    """The victims: nothing held, nothing that has to stay, nothing that a kept row points at."""
    rows = something_left(declaration, declaration.of(data_subject)).exclude(held(declaration))
    if outlives_a_wish(declaration):
        rows = rows.filter(is_over(declaration, today))
    return rows if isinstance(declaration.final(), Anonymise) else rows.exclude(pointed_at(declaration.model))


def with_what_stayed(lines: Iterable[Line], after: Iterable[Line]) -> list[Line]:
    """The counts of what was done, with what a second reading finds still there."""
    report = {line.model: Line(line.model, line.deleted, line.anonymised) for line in lines}
    for found in after:
        line = report.setdefault(found.model, Line(found.model))
        line.kept, line.held = found.kept + found.goes, found.held
        line.silent, line.reason, line.until = found.silent, found.reason, found.until
        if found.goes:
            line.reason = "; ".join(filter(None, (found.reason, STILL_REFERRED_TO)))
    return [line for line in report.values() if line.goes or line.kept or line.held]


def merged(lines: Iterable[dict[str, Any]]) -> dict[str, Line]:
    """Stored lines by model."""
    return {values["model"]: Line(**values) for values in lines}
