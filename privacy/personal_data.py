"""The registry: what do we hold, about whom, why, on which basis, for how long, and how does it go?

Declared once, as `personal_data = PersonalData(...)` on the model. Read by the my-data page, correction,
export, erasure, purge, the record of processing and the policy page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q
from django.utils.module_loading import import_string

from .fields import ERASED, CannotBlank, EncryptedField, Nobody
from .retention import ONE_DAY, Retention, Unconfirmed
from .vocabulary import Category, LawfulBasis, Purpose

__all__ = [
    "ERASED", "SELF", "Anonymise", "CannotBlank", "Delete", "Erase", "Keep", "NoPersonalData", "PersonalData",
    "Retention", "Unconfirmed", "all_models", "blank_of", "contact_columns", "declaration_of", "declarations",
    "resolve", "said_elsewhere",
]  # fmt: skip

SELF = "self"


@dataclass(frozen=True)
class Delete:
    """The row goes."""


class Anonymise:
    """The row stays, these fields are blanked; unique ones get a value that stands for nobody (RFC 2606 .invalid)."""

    def __init__(self, *fields: str) -> None:
        self.fields = fields


@dataclass(frozen=True)
class Keep:
    """The row stays until its retention ends, for this reason; then `then` happens (GDPR Art. 17(3))."""

    reason: str
    then: Delete | Anonymise = field(default_factory=Delete)


Erase = Delete | Anonymise | Keep


@dataclass(frozen=True)
class NoPersonalData:
    """Says aloud that a model holds nothing about a person, and why."""

    reason: str


@dataclass(eq=False, kw_only=True)
class PersonalData:
    """One model's declaration (GDPR Art. 5, 13 to 17, 20, 30).

    `data_subject` is the path to the person, `SELF` on the person's own model, None for data about staff.
    Every column is placed: personal ones in `fields`, the others in `not_personal`. Of the personal ones,
    `secret` are never shown (password hashes), `correctable` the person may edit, `proven_by` an address
    only once she has proven it, which the named column dates, `special_category` need explicit consent
    (Art. 9), `beyond_the_order` are what no order needs, so that they are not taken of a child, `provided`
    came from the person and travel with portability (Art. 20), `third_party` may speak of somebody else and are
    reviewed before they leave; of these `told` were told her when they were written (not in rows that
    are `is_internal`). `disclosed_as` says under which word a column stands in the lists of what recipients
    get, where that is not its own name. Rows that match `waits_while` are not yet done with:
    the purge lets them wait past their date; an erasure does not. `withheld` are rows that the person is not
    shown while telling would defeat their purpose (Art. 15(4), 23), `unpaid` those for which she still owes,
    `in_advance` sales that we deliver before they are paid, `unconfirmed` those of a sign-up that was never
    confirmed, which go sooner than the others.
    """

    data_subject: str | None
    category: Category
    purpose: Purpose
    lawful_basis: LawfulBasis
    retention: Retention | None
    erase: Erase
    fields: Sequence[str]
    not_personal: Sequence[str] = ()
    secret: Sequence[str] = ()
    correctable: Sequence[str] = ()
    proven_by: Mapping[str, str] = field(default_factory=dict)
    special_category: Sequence[str] = ()
    beyond_the_order: Sequence[str] = ()
    provided: Sequence[str] = ()
    third_party: Sequence[str] = ()
    told: Sequence[str] = ()
    disclosed_as: Mapping[str, str] = field(default_factory=dict)
    waits_while: Q | None = None
    withheld: Q | None = None
    unpaid: Q | None = None
    in_advance: Q | None = None
    unconfirmed: Unconfirmed | None = None
    model: type[models.Model] = field(init=False, repr=False)

    def contribute_to_class(self, model: type[models.Model], name: str) -> None:
        """Binds the declaration to its model (Django calls this while the class is made)."""
        self.bind(model)
        setattr(model, name, self)

    def bind(self, model: type[models.Model]) -> PersonalData:
        """For models of other apps, whose classes cannot carry the declaration."""
        self.model = model
        return self

    @property
    def label(self) -> str:
        """Such as customers.Order."""
        return self.model._meta.label

    @property
    def decides(self) -> tuple[Any, ...]:
        """What decides over its rows; whoever keeps a statement made of it keeps it for exactly this."""
        return self.model, self.data_subject, self.retention, self.unconfirmed, self.withheld, self.erase

    @property
    def subject_lookup(self) -> str:
        """The path for filters; `pk` on the person's own model."""
        return "pk" if self.data_subject == SELF else (self.data_subject or "")

    @property
    def rows(self) -> models.QuerySet[Any]:
        """Every row, past any default manager that hides some."""
        return self.model._base_manager.all()

    def of(self, data_subject: models.Model) -> models.QuerySet[Any]:
        """The rows about this person."""
        return self.rows.filter(**{self.subject_lookup: data_subject.pk}) if self.data_subject else self.rows.none()

    def shown_to(self, data_subject: models.Model) -> models.QuerySet[Any]:
        """The rows about this person that she may know of."""
        return self.of(data_subject).exclude(self.withheld) if self.withheld else self.of(data_subject)

    def expired(self, today: date) -> models.QuerySet[Any]:
        """The rows whose retention ended before `today`; a row without its date is not among them."""
        return self.rows.filter(self.over(today))

    def over(self, today: date) -> Q:
        """The same as a condition."""
        found = Q(pk__in=[])
        for rows, retention in self.rules():
            found |= rows & Q(**self._since_before(retention.since, retention.cutoff(today) + ONE_DAY))
        return found

    def rules(self) -> Iterator[tuple[Q, Retention]]:
        """How long which rows are kept: all of them, and sooner those of a sign-up that nobody confirmed."""
        if self.retention is not None:
            yield Q(), self.retention
        if self.unconfirmed is not None:
            yield self.unconfirmed.rows, self.unconfirmed.retention

    def kept_for(self) -> str:
        """The rules in words."""
        said = self.retention.in_words() if self.retention else ""
        return f"{said}; if never confirmed, {self.unconfirmed.retention.in_words()}" if self.unconfirmed else said

    def undated(self) -> models.QuerySet[Any]:
        """Rows whose period cannot be counted; reported, never deleted."""
        return self.rows.filter(**{f"{self.retention.since}__isnull": True}) if self.retention else self.rows.none()

    def _since_before(self, since: str, day: date) -> dict[str, Any]:
        is_moment = isinstance(resolve(self.model, since), models.DateTimeField)
        return {f"{since}__lt": datetime.combine(day, time.min, tzinfo=settings.SHOP_TZ) if is_moment else day}

    def final(self) -> Delete | Anonymise:
        """What happens when nothing keeps the row any longer."""
        return self.erase.then if isinstance(self.erase, Keep) else self.erase

    def shown_fields(self) -> list[models.Field[Any, Any]]:
        """The personal columns that a person may see, in the declared order."""
        return [self.model._meta.get_field(name) for name in self.fields if name not in self.secret]  # type: ignore[misc]

    def in_words_of_recipients(self, row: models.Model) -> dict[str, str]:
        """What the record says, under the words by which recipients know it; columns of one word together."""
        found: dict[str, list[str]] = {}
        for name in self.correctable:
            value = getattr(row, name)
            found.setdefault(self.disclosed_as.get(name, name), []).append("" if value is None else str(value))
        return {word: ", ".join(value for value in values if value) for word, values in found.items()}

    def blanks(self) -> dict[str, Any]:
        """`update()` arguments that anonymise a row."""
        final = self.final()
        names = final.fields if isinstance(final, Anonymise) else ()
        return {name: blank_of(self.model._meta.get_field(name)) for name in names}  # type: ignore[arg-type]

    def not_yet_blank(self) -> Q:
        """Rows that still hold something to anonymise, so that a second run finds nothing to do."""
        found = Q(pk__in=[])
        for name, blank in self.blanks().items():
            if isinstance(blank, Nobody):
                ending = {f"{name}__endswith": blank.ending} if blank.ending else {}
                found |= ~Q(**{f"{name}__startswith": ERASED, **ending})
            elif blank is None:
                found |= Q(**{f"{name}__isnull": False})
            else:
                found |= Q(**{f"{name}__isnull": False}) & ~Q(**{name: blank})
        return found


def blank_of(column: models.Field[Any, Any]) -> Any:
    """The empty value of a column, as a value or an expression; CannotBlank where there is none."""
    if column.unique and isinstance(column, models.CharField):
        return Nobody(column)
    if isinstance(column, EncryptedField | models.BinaryField):
        return b""
    if column.null:
        return None
    if isinstance(column, models.CharField | models.TextField):
        return ""
    if isinstance(column, models.JSONField):
        return column.get_default()
    if isinstance(column, models.BooleanField):
        return False
    raise CannotBlank(f"{column.model._meta.label}.{column.name}")


def resolve(model: type[models.Model], path: str) -> models.Field[Any, Any]:
    """The column at the end of a `__` path; FieldDoesNotExist where it breaks."""
    *relations, last = path.split("__")
    for name in relations:
        step = model._meta.get_field(name)
        if step.related_model is None or isinstance(step.related_model, str):
            raise FieldDoesNotExist(f"{model._meta.label} has no relation {name!r}")
        model = step.related_model
    return model._meta.get_field(last)  # type: ignore[return-value]


def said_elsewhere() -> dict[str, PersonalData | NoPersonalData]:
    """What the project says of other apps' models, by label, in the one place the settings name."""
    declared: dict[str, PersonalData | NoPersonalData] = import_string(settings.PERSONAL_DATA_OF_OTHER_APPS)
    return declared


def declaration_of(model: type[models.Model]) -> PersonalData | NoPersonalData | None:
    """What is said of this model, on its class or elsewhere; None means silence."""
    said = vars(model).get("personal_data") or said_elsewhere().get(model._meta.label)
    return said.bind(model) if isinstance(said, PersonalData) else said


def all_models() -> list[type[models.Model]]:
    """Every table's model, many-to-many tables included."""
    return [m for m in apps.get_models(include_auto_created=True) if not m._meta.proxy and m._meta.managed]


def declarations() -> list[PersonalData]:
    """Every declaration, rows that point before rows pointed at, so that deleting in this order never breaks."""
    found = {m: said for m in all_models() if isinstance(said := declaration_of(m), PersonalData)}
    return [found[model] for model in _pointing_first(tuple(found))]


def contact_columns(kind: type[models.Field[Any, Any]]) -> list[tuple[PersonalData, str]]:
    """Where the shop keeps such a value of how to reach people: each declaration with its column."""
    said = [d for d in declarations() if d.category == Category.CONTACT and d.data_subject not in (None, SELF)]
    return [(d, column.name) for d in said for column in d.shown_fields() if isinstance(column, kind)]


@lru_cache(maxsize=8)
def _pointing_first(wanted: tuple[type[models.Model], ...]) -> list[type[models.Model]]:
    targets = {
        m: {f.related_model for f in m._meta.concrete_fields if f.related_model not in (None, m)} for m in wanted
    }
    left, in_order = list(wanted), []
    while left:
        free = [m for m in left if not any(m in targets[other] for other in left if other is not m)] or left[:1]
        in_order += free
        left = [m for m in left if m not in free]
    return in_order
