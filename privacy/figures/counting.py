"""Counting: whole months anew, grouped in the database, so that memory does not grow with the cases."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Q, QuerySet
from django.db.models.functions import TruncDate, TruncMonth
from django.utils import timezone

from ..cases import State
from ..consent import ConsentEntry
from ..subject_requests import DataSubjectRequest
from ..vocabulary import Decision, Source
from .rows import SHOWN, Measure, MonthFigure, month_of, months_before

BATCH = 2000
# What came with a file was switched off elsewhere; when it took effect is not ours to say.
NOT_BY_US = (Source.IMPORT, Source.POLICY_ACCEPTANCE)
Key = tuple[date, str, str, int]


def count(now: datetime, *, months: int | None = None) -> int:
    """Counts this month and those before it anew; how many rows. The first time all there are, later thirteen."""
    this_month = month_of(_day(now))
    first = months_before(this_month, (months or SHOWN) - 1)
    if months is None and not MonthFigure.objects.exists():
        first = min(first, _first_month(first))
    found = _counted(first, now)
    with transaction.atomic():
        MonthFigure.objects.filter(month__gte=first).delete()
        rows = (
            MonthFigure(month=month, measure=measure, name=name, value=value, count=number, counted_at=now)
            for (month, measure, name, value), number in sorted(found.items())
        )
        MonthFigure.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return len(found)


def _counted(first: date, now: datetime) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for key, number in (*_received(first), *_closed(first), *_overdue(first, now), *_effects(first)):
        found[key] += number
    return found


def _received(first: date) -> Iterator[tuple[Key, int]]:
    rows = _cases().filter(received_at__gte=_start(first)).annotate(month=_month("received_at"))
    for row in rows.values("month", "kind").annotate(number=Count("pk")):
        yield (_day(row["month"]), Measure.RECEIVED, row["kind"], 0), row["number"]


def _closed(first: date) -> Iterator[tuple[Key, int]]:
    days = ExpressionWrapper(_local_day("closed_at") - _local_day("received_at"), DurationField())
    rows = _cases().filter(closed_at__gte=_start(first)).annotate(month=_month("closed_at"), taken=days)
    for row in rows.values("month", "kind", "state", "taken").annotate(number=Count("pk")):
        is_answer = row["state"] in (State.COMPLETED, State.REFUSED)
        taken = max(row["taken"].days, 0) if is_answer else 0
        yield (_day(row["month"]), Measure.ANSWERED if is_answer else Measure.ENDED, row["kind"], taken), row["number"]


def _overdue(first: date, now: datetime) -> Iterator[tuple[Key, int]]:
    """Those open past their last day when each month ended; of this month, now."""
    today = _day(now)
    months = [month for n in range(1200) if (month := months_before(first, -n)) <= today]
    ends = [min(months_before(month, -1), today) for month in months]
    still_open = [Q(closed_at__isnull=True) | Q(closed_at__gte=_start(end)) for end in ends]
    still_open[-1] = Q(closed_at__isnull=True)
    late = {f"n{n}": Count("pk", filter=Q(due_on__lt=end) & still_open[n]) for n, end in enumerate(ends)}
    rows = _cases().filter(Q(closed_at__isnull=True) | Q(closed_at__gte=_start(ends[0])))
    for row in rows.values("kind").annotate(**late):
        yield from (
            ((month, Measure.OVERDUE, row["kind"], 0), row[f"n{n}"]) for n, month in enumerate(months) if row[f"n{n}"]
        )


def _effects(first: date) -> Iterator[tuple[Key, int]]:
    """One for each wish, however many entries it made: from its receipt to the last of them."""
    rows = ConsentEntry.objects.filter(decision=Decision.WITHDRAWN, recorded_at__gte=_start(first)).order_by()
    wishes = rows.exclude(source__in=NOT_BY_US).values_list("data_subject", "source", "occurred_at")
    for _person, source, wished_at, written_at in wishes.annotate(Max("recorded_at")).iterator(chunk_size=BATCH):
        seconds = max(int((written_at - wished_at).total_seconds()), 0)
        yield (month_of(_day(written_at)), Measure.EFFECT, source, seconds), 1


def _first_month(otherwise: date) -> date:
    first = _cases().order_by("received_at").values_list("received_at", flat=True).first()
    return month_of(_day(first)) if first else otherwise


def _cases() -> QuerySet[Any]:
    return DataSubjectRequest.objects.order_by()


def _month(column: str) -> TruncMonth:
    return TruncMonth(column, tzinfo=settings.SHOP_TZ)


def _local_day(column: str) -> TruncDate:
    return TruncDate(F(column), tzinfo=settings.SHOP_TZ)


def _day(at: datetime) -> date:
    return timezone.localdate(at, settings.SHOP_TZ)


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=settings.SHOP_TZ)
