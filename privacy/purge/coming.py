"""What will the next nights take? By day and kind of record, counted by the database, one statement a kind."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, F
from django.db.models.functions import TruncDate

from ..erasure.conditions import is_over, something_left
from ..personal_data import PersonalData, Retention, declarations, resolve

DAYS = 30


@dataclass(frozen=True)
class Coming:
    """One kind of record: how many of its rows pass their date, by the night that may take them."""

    declaration: PersonalData
    by_day: Counter[date] = field(default_factory=Counter)

    @property
    def title(self) -> str:
        """Its name for people."""
        return str(self.declaration.model._meta.verbose_name_plural)

    @property
    def total(self) -> int:
        """Of all these nights."""
        return self.by_day.total()


def coming(today: date, days: int = DAYS) -> list[Coming]:
    """For each kind of record the nights after `today`; whether something holds the rows then is not asked yet."""
    return [Coming(declaration, _by_day(declaration, today, days)) for declaration in declarations()]


def _by_day(declaration: PersonalData, today: date, days: int) -> Counter[date]:
    found: Counter[date] = Counter()
    last = today + timedelta(days=days)
    rows = something_left(declaration, declaration.rows.filter(is_over(declaration, last)))
    rows = rows.exclude(is_over(declaration, today))
    for only, retention in declaration.rules():
        for day, count in _counts(rows.filter(only), declaration, retention):
            if day is not None and today < (night := retention.ends_on(day) + timedelta(days=1)) <= last:
                found[night] += count
    return found


def _counts(rows: models.QuerySet[Any], declaration: PersonalData, retention: Retention) -> Iterator[tuple[date, int]]:
    since: Any = F(retention.since)
    if isinstance(resolve(declaration.model, retention.since), models.DateTimeField):
        since = TruncDate(retention.since, tzinfo=settings.SHOP_TZ)
    counted = rows.order_by().annotate(counts_from=since).values("counts_from").annotate(count=Count("pk"))
    yield from counted.values_list("counts_from", "count")


def as_json(today: date, found: list[Coming]) -> dict[str, Any]:
    """For the command: by declaration, the nights on which anything passes its date."""
    days = {x.declaration.label: {str(day): x.by_day[day] for day in sorted(x.by_day)} for x in found}
    return {"today": str(today), "days": DAYS, "coming": days}
