"""Which records say that somebody bought something, or pays later, and where does she live? As the shop declares."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Min, QuerySet
from django.db.models.functions import TruncDate

from ..personal_data import SELF, PersonalData, resolve
from ..vocabulary import Category


def is_of_sales(said: PersonalData) -> bool:
    """Records of sales of whose date and person their own columns tell."""
    if said.category != Category.TRANSACTION or said.data_subject in (None, SELF) or said.retention is None:
        return False
    return "__" not in f"{said.data_subject} {said.retention.since}"


def is_in_advance(said: PersonalData) -> bool:
    """Such records, of which some are delivered before they are paid."""
    return said.in_advance is not None and is_of_sales(said)


def day_of(said: PersonalData) -> Any:
    """The day of such a record, as an expression."""
    since = said.retention.since if said.retention else ""
    is_moment = isinstance(resolve(said.model, since), models.DateTimeField)
    return TruncDate(since, tzinfo=settings.SHOP_TZ) if is_moment else F(since)


def first_of(said: PersonalData, buyers: Any) -> QuerySet[Any, Any]:
    """The day of the first sale to each of these people, as `first_sale`."""
    person = said.subject_lookup
    rows = said.rows.order_by().filter(**{f"{person}__in": buyers}).values(person)
    return rows.annotate(first_sale=Min(day_of(said)))


def says_where(said: PersonalData) -> bool:
    """Postal addresses."""
    return said.category == Category.CONTACT and "country" in said.fields and said.data_subject is not None
