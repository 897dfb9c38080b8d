"""Which of a person's records may be held, one by one, and what are they called? Read from the declarations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from ..personal_data import SELF, PersonalData, declarations
from ..vocabulary import Category
from .restriction import NotLawful

NEWEST = 20
# What a claim is most likely about comes first; nobody needs a login or a session for one.
FIRST = (Category.TRANSACTION, Category.PAYMENT, Category.CREDIT, Category.CORRESPONDENCE)
NEVER = (Category.ACCOUNT, Category.SECURITY)


@dataclass(frozen=True)
class Kind:
    """One kind of record that can be held."""

    declaration: PersonalData

    @property
    def label(self) -> str:
        """Such as customers.order."""
        return self.declaration.model._meta.label_lower

    @property
    def title(self) -> str:
        """Its name, in the plural."""
        text = str(self.declaration.model._meta.verbose_name_plural)
        return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Records:
    """The newest records of one kind that a person has: (name, what it is called, whether it is unpaid)."""

    kind: Kind
    rows: list[tuple[str, str, bool]]
    has_more: bool


def kinds() -> Iterator[Kind]:
    """Every kind about a person but her own row, which goes with "everything", and what only proves our work."""
    for declaration in declarations():
        is_wanted = declaration.category not in NEVER and declaration.model._meta.app_label != "privacy"
        if _can_be_held(declaration) and is_wanted:
            yield Kind(declaration)


def _can_be_held(declaration: PersonalData) -> bool:
    """One by one: not her own row, nor what she may not be told of, because she is told what is held."""
    return declaration.data_subject not in (None, SELF) and declaration.withheld is None


def name_of(row: models.Model) -> str:
    """Such as customers.order:12: how a hold names a record."""
    return f"{row._meta.label_lower}:{row.pk}"


def find(data_subject: Any, name: str) -> models.Model:
    """The record of this name if it is this person's; NotLawful, in one line, for anything else."""
    label, _colon, pk = name.strip().partition(":")
    for declaration in declarations():
        if _can_be_held(declaration) and declaration.model._meta.label_lower == label.lower():
            if row := _row(declaration, data_subject, pk):
                return row
            break
    raise NotLawful(_("This person has no such record."))


def _row(declaration: PersonalData, data_subject: Any, pk: str) -> models.Model | None:
    column: Any = declaration.model._meta.pk
    try:
        key = column.to_python(pk)
        column.run_validators(key)
    except Exception:  # noqa: BLE001  (whatever a column says of what was typed, it is no key)
        return None
    return declaration.of(data_subject).filter(pk=key).first()


def describe(row: models.Model) -> str:
    """A record in a few words without values: what it is, and its number as people know it."""
    number = getattr(row, "number", None) or row.pk
    return f"{row._meta.verbose_name} {number}"


def holdable(data_subject: Any) -> list[Records]:
    """What may be chosen for a hold: the newest of each kind that she has, what is not paid first."""
    found = (_newest(kind, data_subject) for kind in kinds())
    return sorted((one for one in found if one.rows), key=_likeliest)


def _likeliest(one: Records) -> tuple[bool, int, str]:
    category = one.kind.declaration.category
    place = FIRST.index(category) if category in FIRST else len(FIRST)
    return not any(unpaid for _name, _label, unpaid in one.rows), place, one.kind.title


def _newest(kind: Kind, data_subject: Any) -> Records:
    said = kind.declaration
    unpaid = said.model._base_manager.filter(said.unpaid or Q(pk__in=[]), pk=OuterRef("pk"))
    rows = said.of(data_subject).annotate(q_unpaid=Exists(unpaid)).order_by("-q_unpaid", "-pk")[: NEWEST + 1]
    named = [(name_of(row), describe(row), bool(row.q_unpaid)) for row in rows]
    return Records(kind, named[:NEWEST], has_more=len(named) > NEWEST)
