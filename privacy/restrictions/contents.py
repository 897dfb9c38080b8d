"""What stands in a restricted record? By which words the register knows it, and which hand-overs were of it."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import models

from ..personal_data import SELF, PersonalData, declarations
from ..recipients import Disclosure
from ..vocabulary import Category
from .records import find
from .restriction import NotLawful
from .standing import chain_of, names_around

# What everybody has, whatever stands in one record: who she is, and how to reach her.
KNOWN_ANYHOW = (Category.IDENTITY, Category.CONTACT)


def kind_of(name: str) -> PersonalData | None:
    """The declaration of the record of this name; None where that kind is gone."""
    label = name.partition(":")[0].lower()
    return next((said for said in declarations() if said.model._meta.label_lower == label), None)


def words_of(name: str) -> set[str]:
    """The fields that may come out of this record: its own, those of what belongs to it, and those of its category.

    A way to reach somebody is contested alone. Name and address as such are not meant because they stand in an order
    too: that she lives there is another record.
    """
    kind = kind_of(name)
    if kind is None:
        return set()
    label, whole = kind.model._meta.label_lower, kind.category not in KNOWN_ANYHOW
    about_people = [said for said in declarations() if said.data_subject]
    meant = [said for said in about_people if label in chain_of(said) or (whole and said.category == kind.category)]
    others = [category for category in KNOWN_ANYHOW if category != kind.category]
    return _words(meant) - _words(said for said in about_people if said.category in others)


def _words(kinds: Iterable[PersonalData]) -> set[str]:
    return {said.disclosed_as.get(name, name) for said in kinds for name in said.fields}


def around(data_subject: Any, name: str) -> set[str]:
    """The names of this record and of what it belongs to, without the person herself; NotLawful if it is not hers."""
    person = f"{_person()}:"
    found = {one.lower() for one in names_around(find(data_subject, name))} | {name.strip().lower()}
    return {one for one in found if not one.startswith(person)}


def _person() -> str:
    """Such as customers.customer."""
    return next(said.model._meta.label_lower for said in declarations() if said.data_subject == SELF)


def is_part_of(data_subject: Any, one: str, other: str) -> bool:
    """Whether two records are the same, or one belongs to the other; in doubt they are."""
    try:
        return other.lower() in around(data_subject, one) or one.lower() in around(data_subject, other)
    except NotLawful:
        return one.lower() == other.lower()


class Part:
    """One restricted record, as the recipients must be told of it."""

    def __init__(self, data_subject: Any, name: str) -> None:
        self.data_subject, self.name, self.words = data_subject, name, words_of(name)
        self.row: models.Model = find(data_subject, name)
        self.number = str(getattr(self.row, "number", "") or "")

    def stands_in(self, given: Disclosure) -> bool:
        """Whether it was handed over then: by the records that were named, else by its number or any of its fields."""
        if given.records:
            return any(is_part_of(self.data_subject, self.name, one) for one in given.records)
        return bool(self.words & set(given.fields)) or bool(self.number and given.reference == self.number)

    def called(self, rows: Sequence[Disclosure]) -> str:
        """What it is called to somebody who got these: by its number only if that was given."""
        kind = str(self.row._meta.verbose_name)
        knows = any(self._has_number(row.fields) or row.reference == self.number for row in rows)
        return f"{kind} {self.number}" if self.number and knows else kind

    def _has_number(self, fields: Collection[str]) -> bool:
        said = kind_of(self.name)
        return said is not None and said.disclosed_as.get("number", "number") in fields
