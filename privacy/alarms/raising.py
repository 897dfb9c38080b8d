"""Raising: what the finders find becomes rows, each once, and letters to the privacy officer."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .. import notices
from ..sight import officer_address
from . import finding
from .alarm import DeadlineAlarm, Kind

BATCH = 500
MOST_IN_A_LETTER = 50
# What is already too late, or ends with the day, is told at once; of the others one letter a day, of each kind.
AT_ONCE = (Kind.OVERDUE, Kind.CANARY, Kind.BRAKED)


def raise_alarms(now: datetime, *, at_night: bool = False) -> int:
    """Writes the alarms that are new and tells the officer; how many. Any number may run at once, any number of times.

    A letter is written in the transaction that marks its alarms as mailed, so each stands in one letter.
    """
    finders = [*finding.EVERY_HOUR, *(finding.EVERY_NIGHT if at_night else ())]
    new = sum(_write(batch, now) for finder in finders for batch in _batches(finder(now)))
    for kind in Kind:
        _tell(kind, now)
    return new


def _batches(alarms: Iterator[DeadlineAlarm]) -> Iterator[list[DeadlineAlarm]]:
    while batch := list(islice(alarms, BATCH)):
        yield batch


def _write(alarms: Iterable[DeadlineAlarm], now: datetime) -> int:
    by_occasion = {alarm.occasion: alarm for alarm in alarms}
    there = DeadlineAlarm.objects.filter(occasion__in=by_occasion).values_list("occasion", flat=True)
    new = [by_occasion[occasion] for occasion in by_occasion.keys() - set(there)]
    for alarm in new:
        alarm.raised_at = now
    DeadlineAlarm.objects.bulk_create(sorted(new, key=lambda alarm: alarm.occasion), ignore_conflicts=True)
    return len(new)


@transaction.atomic
def _tell(kind: Kind, now: datetime) -> None:
    rows = DeadlineAlarm.objects.select_for_update(of=("self",)).filter(kind=kind, mailed_at__isnull=True)
    alarms = list(rows.select_related("case", "data_subject").order_by("due_on", "pk"))
    day = timezone.localdate(now, settings.SHOP_TZ)
    key = f"deadlines-{kind}-{alarms[0].pk}" if alarms and kind in AT_ONCE else f"deadlines-{kind}-{day}"
    if not alarms or notices.is_written(key):
        return
    shown = alarms[:MOST_IN_A_LETTER]
    context = {"kind": kind, "alarms": shown, "count": len(alarms), "more": len(alarms) - len(shown), "today": day}
    notices.send("deadline_alarms", officer_address(), key=key, context=context, now=now)
    rows.filter(pk__in=[alarm.pk for alarm in alarms]).update(mailed_at=now)
