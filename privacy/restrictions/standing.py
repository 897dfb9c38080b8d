"""What is in force about a person, for whoever must obey it and for herself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any

from django.db.models import Exists, Model, OuterRef, QuerySet
from django.utils.translation import gettext as _

from ..personal_data import SELF, PersonalData, declaration_of
from .records import describe, find
from .restriction import NotLawful, Restriction


def is_restricted(data_subject: Any) -> bool:
    """Whether the person's data may be stored but not used (Art. 18); a lock on single records leaves the rest."""
    return Restriction.objects.of_use().filter(data_subject=data_subject, scope="").exists()


def is_held(data_subject: Any) -> bool:
    """Whether anything of the person is kept from deletion."""
    return Restriction.objects.holds().filter(data_subject=data_subject).exists()


def is_held_whole(data_subject: Any) -> bool:
    """Whether everything of the person is kept from deletion, and not some records alone."""
    return Restriction.objects.active().filter(data_subject=data_subject, scope="").exists()


def blocking_erasure(lookup: str) -> Exists:
    """For a statement over many people: whether everything of the person at `lookup` is kept or barred."""
    return Exists(Restriction.objects.active().filter(data_subject=OuterRef(lookup), scope=""))


def blocking_use(lookup: str) -> Exists:
    """The same, of people whose data may be kept but not used (Art. 18)."""
    return Exists(Restriction.objects.of_use().filter(data_subject=OuterRef(lookup), scope=""))


def held_by(data_subject: Any) -> QuerySet[Restriction]:
    """All that is in force about her, oldest first."""
    return Restriction.objects.active().filter(data_subject=data_subject).order_by("pk")


@dataclass(frozen=True)
class Told:
    """What a person reads about one hold: what is kept, why in kind, and when we look again."""

    what: str
    why: str
    review_on: date | None


def told_to_person(data_subject: Any) -> list[Told]:
    """Her holds in plain words, those aside of which telling would defeat the purpose (Art. 12(4), 15(4))."""
    rows = Restriction.objects.holds().filter(data_subject=data_subject).order_by("pk")
    return [Told(_what(row), plain(row.kind), row.review_on) for row in rows if not row.is_a_secret]


def plain(kind: str) -> str:
    """The kind of reason, for the person and for colleagues who need not know more; a suspicion reads as a claim."""
    if kind == Restriction.Kind.ARTICLE_18:
        return _("you asked us not to use it")
    return _("something is not paid yet") if kind == Restriction.Kind.DEBT else _("a legal matter is not settled yet")


def _what(row: Restriction) -> str:
    return record_in_words(row) or _("everything we hold about you")


def record_in_words(row: Restriction) -> str:
    """The record that it is about; empty where it is about everything."""
    if not row.scope:
        return ""
    try:
        return describe(find(row.data_subject, row.scope))
    except NotLawful:
        return row.scope


def touching(rows: Iterable[Restriction], declaration: PersonalData) -> Iterator[Restriction]:
    """Of these, those that keep rows of this kind: on everything, on this kind, or on what it belongs to."""
    kinds = set(chain_of(declaration))
    yield from (row for row in rows if not row.scope or row.scope.partition(":")[0].lower() in kinds)


def chain_of(declaration: PersonalData) -> list[str]:
    """The labels of the kind itself and of every record that it belongs to."""
    return [model._meta.label_lower for model, _path in owners(declaration)]


def owners(declaration: PersonalData) -> Iterator[tuple[type[Any], str]]:
    """The record itself, each on its way to the person, and each it points at.

    So a held order holds its lines, its payment, and the credit check that was made for it.
    """
    yield declaration.model, "pk"
    if declaration.data_subject == SELF:
        return
    steps = declaration.subject_lookup.split("__")
    model: Any = declaration.model
    for count, step in enumerate(steps, 1):
        model = model._meta.get_field(step).related_model
        yield model, "__".join(steps[:count])
    for column in declaration.model._meta.concrete_fields:
        target: Any = column.related_model
        said = declaration_of(target) if target else None
        if isinstance(said, PersonalData) and said.data_subject not in (None, SELF) and column.name != steps[0]:
            yield target, column.name


def names_around(record: Model) -> list[str]:
    """The names by which a hold may keep this record: its own, and those of what it belongs to."""
    said = declaration_of(type(record))
    if not isinstance(said, PersonalData):
        return []
    found = [(model, reduce(_step, path.split("__"), record)) for model, path in owners(said)]
    return [f"{model._meta.label_lower}:{getattr(row, 'pk', row)}" for model, row in found if row is not None]


def _step(row: Any, name: str) -> Any:
    return None if row is None else getattr(row, name)
