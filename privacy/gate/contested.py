"""What may not be used because one record is contested (Art. 18)? Its fields, and what rests on it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from ..fields import NormalisedEmailField, PostcodeField, normalise_email
from ..personal_data import PersonalData, declarations
from ..restrictions import NotLawful, around, find, is_part_of, kind_of, words_of
from ..vocabulary import Category, Channel, LawfulBasis, Occasion, Purpose
from . import sales
from .facts import RECORD, Bar, Facts, Said
from .words import on
from .words import translated as _

# Kinds of record from which a soft opt-in may have come, by how its details were given.
SOURCES = {
    Occasion.SALE: (Category.TRANSACTION, Category.PAYMENT, Category.CREDIT),
    Occasion.NEGOTIATION: (Category.TRANSACTION, Category.PAYMENT, Category.CREDIT, Category.CORRESPONDENCE),
}


def standing(facts: Facts, at: datetime) -> list[Bar]:
    """The locks on single records in force then; `service` names the record."""
    return [bar for bar in facts.bars if bar.what == RECORD and bar.stands(at)]


def keeps_back(person: Any, bars: Iterable[Bar], fields: Collection[str], records: Sequence[str]) -> Bar | None:
    """The lock that a hand-over would break; who does not name the records of the fields may mean the locked one."""
    for bar in bars:
        if records:
            if any(is_part_of(person, bar.service, one) for one in records):
                return bar
        elif words_of(bar.service) & set(fields):
            return bar
    return None


def why_kept_back(lock: Bar | None) -> str | None:
    """In a sentence, why nothing of that record leaves."""
    if lock is None:
        return None
    words = _("Since {day} the {record} of this person may be kept but not used (Art. 18).")
    return words.format(day=on(lock.since), record=_in_words(lock))


def why_not_beneath(lock: Bar | None) -> str | None:
    """In a sentence, why that record carries no advertising."""
    if lock is None:
        return None
    words = _("This rests on the {record}, which since {day} may be kept but not used (Art. 18).")
    return words.format(record=_in_words(lock), day=on(lock.since))


def _in_words(bar: Bar) -> str:
    """The kind of record with its key, as in the address of its page."""
    kind = kind_of(bar.service)
    return f"{kind.model._meta.verbose_name} {bar.service.partition(':')[2]}" if kind else bar.service


def beneath(
    person: Any, channel: str, addresses: Collection[str] | None, said: Said | None, bars: Sequence[Bar]
) -> Bar | None:
    """The locked record on which advertising by this road would rest; None where it rests on none of them."""
    for bar in bars:
        kind = kind_of(bar.service)
        if kind is not None and (
            kind.purpose == Purpose.MARKETING or _is_the_way(person, kind, bar, channel, addresses)
        ):
            return bar
    if said is None or said.lawful_basis != LawfulBasis.LEGITIMATE_INTERESTS:
        return None
    meant = SOURCES.get(Occasion(said.occasion), ()) if said.occasion else ()
    likely = [bar for bar in bars if (kind := kind_of(bar.service)) is None or kind.category in meant]
    return _came_from(person, said, likely) if likely else None


def _is_the_way(person: Any, kind: PersonalData, bar: Bar, channel: str, addresses: Collection[str] | None) -> bool:
    """Whether we would write to the very address that is contested."""
    if kind.category != Category.CONTACT:
        return False
    columns = kind.shown_fields()
    if channel == Channel.POST:
        return any(isinstance(column, PostcodeField) for column in columns)
    emails = [column.name for column in columns if isinstance(column, NormalisedEmailField)]
    if channel != Channel.EMAIL or not emails:
        return False
    try:
        row = find(person, bar.service)
    except NotLawful:
        return False
    return addresses is None or any(getattr(row, name) in map(normalise_email, addresses) for name in emails)


def _came_from(person: Any, said: Said, bars: Sequence[Bar]) -> Bar | None:
    """By the day: the ledger names no sale. In doubt it came from what is contested."""
    day = timezone.localdate(said.occurred_at, settings.SHOP_TZ)
    known = Sales.of(person, bars)
    for bar, contested in known.contested:
        if contested is None or contested == day or (contested < day and day not in known.free):
            return bar
    return None


def bought_otherwise(person: Any, facts: Facts, at: datetime) -> bool:
    """Whether there was a sale by then besides those that are contested."""
    if not (bars := standing(facts, at)):
        return True
    known, today = Sales.of(person, bars), timezone.localdate(at, settings.SHOP_TZ)
    if any(day <= today for day in known.free):
        return True
    days = {day for _bar, day in known.contested}
    told = (said for said in facts.entries if said.occasion == Occasion.SALE and said.occurred_at <= at)
    return any(timezone.localdate(said.occurred_at, settings.SHOP_TZ) not in days for said in told)


@dataclass(frozen=True)
class Sales:
    """The days of the contested records, None where it cannot be told, and those of all her other sales."""

    contested: list[tuple[Bar, date | None]]
    free: set[date]

    @classmethod
    def of(cls, person: Any, bars: Sequence[Bar]) -> "Sales":
        """Asked of the records themselves, of people who contest one: they are few."""
        locked = {bar.service: _around(person, bar.service) for bar in bars}
        days: dict[str, date] = {}
        for said in filter(sales.is_of_sales, declarations()):
            label = said.model._meta.label_lower
            rows = said.of(person).annotate(q_day=sales.day_of(said)).values_list("pk", "q_day")
            days |= {f"{label}:{pk}": day for pk, day in rows}
        taken = {name for names in locked.values() for name in names}
        contested = [(bar, _day(person, bar.service, locked[bar.service], days)) for bar in bars]
        return cls(contested, {day for name, day in days.items() if name not in taken})


def _around(person: Any, name: str) -> set[str]:
    try:
        return around(person, name)
    except NotLawful:
        return {name.lower()}


def _day(person: Any, name: str, names: set[str], sold: dict[str, date]) -> date | None:
    """The day of the sale that it is or belongs to; of anything else the day from which it is kept."""
    if found := [sold[one] for one in names if one in sold]:
        return min(found)
    kind = kind_of(name)
    if kind is None or kind.retention is None or "__" in kind.retention.since:
        return None
    try:
        value = getattr(find(person, name), kind.retention.since)
    except NotLawful:
        return None
    return timezone.localdate(value, settings.SHOP_TZ) if isinstance(value, datetime) else value
