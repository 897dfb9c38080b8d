"""Where does one batch of the purge end and the next begin? After some 2,000 rows, wherever many share one moment.

A walk goes along the column that the period runs from, and takes whole moments, because an index serves that. A
thousand customers imported in one second share theirs; where more than a batch do, the walk goes through these by the
key of what the column belongs to. Otherwise each batch would pass by all that went before it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, Q, QuerySet

from ..personal_data import PersonalData, resolve
from .rehearsed import Question, word

ROWS = 2000
Keys = Sequence[str]
# How far a walk has come: (moment,), or within a crowd of one moment (moment, key), at first with None for the key.
Place = tuple[Any, ...]


def _across(keys: Keys, after: Any, last: Any) -> Q:
    return Q(**{f"{keys[0]}__gt": after, f"{keys[0]}__lte": last})


def _within(keys: Keys, moment: Any, after: Any, last: Any) -> Q:
    return Q(**{keys[0]: moment, f"{keys[1]}__gt": after, f"{keys[1]}__lte": last})


@dataclass(frozen=True)
class Shape:
    """A kind of window that comes again and again, with other values; `ends` says of which key each value is."""

    where: Callable[..., Q]
    ends: tuple[int, ...]


ACROSS = Shape(_across, (0, 0))
WITHIN = Shape(_within, (0, 1, 1))


@dataclass(frozen=True)
class Window:
    """The rows of one batch, and where the walk stands after them; None at the end."""

    where: Q
    then: Place | None
    shape: Shape | None = None
    values: Place = ()


def keys_of(declaration: PersonalData) -> Keys:
    """The column a walk goes along and the key of what that belongs to; where no index serves it, the rows' key."""
    columns = {retention.since for _rows, retention in declaration.rules()}
    since = columns.pop() if len(columns) == 1 else "pk"
    if since == "pk":
        return ("pk",)
    column: Any = resolve(declaration.model, since)
    indexes = [index for index in column.model._meta.indexes if index.fields and not index.condition]
    begins_an_index = column.name in {index.fields[0].lstrip("-") for index in indexes}
    owner = "__".join([*since.split("__")[:-1], "pk"])
    return (since, owner) if column.db_index or begins_an_index else ("pk",)


def columns_of(model: type[Model], keys: Keys) -> list[Any]:
    """The fields behind the keys."""
    return [_field(model, key) for key in keys]


def _field(model: type[Model], key: str) -> Any:
    way, _, name = key.rpartition("__")
    if name != "pk":
        return resolve(model, key)
    owner: Any = resolve(model, way).related_model if way else model
    return owner._meta.pk


@dataclass(frozen=True)
class Way:
    """Rows to go through along these keys; how it asks for a place is worded once."""

    rows: QuerySet[Any]
    keys: Keys
    worded: dict[tuple[Any, ...], Question | None] = field(default_factory=dict)

    def nth(self, number: int, key: str, **bounds: Any) -> Any:
        """The key of the so-many-eth row in its order, within bounds; None where there are fewer."""

        def asked(values: Sequence[Any]) -> QuerySet[Any]:
            rows = self.rows.filter(**dict(zip(bounds, values, strict=True)))
            return rows.order_by(key).values_list(key, flat=True)[number - 1 : number]

        question, values = (number, key, *bounds), list(bounds.values())
        if question not in self.worded:
            bounding = [name.removesuffix("__gt") for name in bounds]
            *columns, asks_for = columns_of(self.rows.model, [*bounding, key])
            self.worded[question] = word(asked, columns, asks_for)
        worded = self.worded[question]
        return worded.answer(values) if worded else asked(values).first()


def next_window(way: Way, after: Place) -> Window | None:
    """The window of rows that follows this place; None where nothing does."""
    if len(after) == 2:
        return _next_of_the_crowd(way, *after)
    keys, beyond = way.keys, {f"{way.keys[0]}__gt": after[0]} if after else {}
    last = way.nth(ROWS, keys[0], **beyond)
    if last is None:
        return Window(Q(**beyond), None) if way.rows.filter(**beyond).exists() else None
    crowd = len(keys) > 1 and way.nth(ROWS + 1, keys[1], **{keys[0]: last}) is not None
    if crowd and way.nth(1, keys[0], **beyond) == last:
        return _next_of_the_crowd(way, last, None)
    if crowd:
        return Window(Q(**beyond, **{f"{keys[0]}__lt": last}), (last, None))
    if not after:
        return Window(Q(**{f"{keys[0]}__lte": last}), (last,))
    return Window(_across(keys, after[0], last), (last,), ACROSS, (after[0], last))


def _next_of_the_crowd(way: Way, moment: Any, after: Any) -> Window:
    keys = way.keys
    beyond = {keys[0]: moment} | ({} if after is None else {f"{keys[1]}__gt": after})
    last = way.nth(ROWS, keys[1], **beyond)
    if last is None:
        return Window(Q(**beyond), (moment,))
    if after is None:
        return Window(Q(**beyond, **{f"{keys[1]}__lte": last}), (moment, last))
    values = (moment, after, last)
    return Window(_within(keys, *values), (moment, last), WITHIN, values)
