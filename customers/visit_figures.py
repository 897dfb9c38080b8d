"""How many people looked at what? Numbers of a whole month, none of fewer than ten people (MAD-14)."""

from collections.abc import Iterator
from datetime import date, datetime, time

from django.conf import settings
from django.db.models import CharField, Count
from django.db.models.functions import Cast, Coalesce

from privacy.restrictions import blocking_use

from .visits import BrowsingRecord

# In a smaller group somebody might be known by what she alone does.
LEAST = 10
COLUMNS = ("kind", "page or words", "people")


def figures(month: date, least: int = LEAST) -> Iterator[tuple[str, str, int]]:
    """Of the month of this day, the most seen first; ValueError for a group of fewer than ten.

    Whole months alone: from two stretches that overlap somebody could take the difference. Several browsers of one
    customer are one person, and who asked us not to use her data is not counted (Art. 18).
    """
    if least < LEAST:
        raise ValueError(f"No group of fewer than {LEAST} people is counted.")
    first = month.replace(day=1)
    end = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    begin, until = (datetime.combine(day, time(), tzinfo=settings.SHOP_TZ) for day in (first, end))
    whom = Coalesce(Cast("customer_id", CharField()), "visitor_id")
    rows = BrowsingRecord.objects.filter(at__gte=begin, at__lt=until).exclude(blocking_use("customer_id"))
    counted = rows.values_list("kind", "what").annotate(people=Count(whom, distinct=True))
    yield from counted.filter(people__gte=least).order_by("-people", "kind", "what").iterator()
