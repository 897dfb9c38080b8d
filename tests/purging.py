"""For tests of the purge: a night of which two colleagues say that it may take what it takes."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from privacy.purge import InactivityWarning, PurgeLine, PurgeRun, brakes, night


def agreed(today: date) -> None:
    """What the brakes would refuse on this day is let pass by two people, as if they had done so in time."""
    if found := brakes.brakes(today):
        PurgeRun.objects.create(
            today=today, outcome="refused", losses={x.label: [x.due, x.total] for x in found.losses},
            jumped_from=found.jumped_from, reason="Looked at.", proposed_by="test:one", agreed_by="test:two",
        )  # fmt: skip


def purge(today: date) -> dict[str, PurgeLine]:
    """The night of this day, whatever its brakes say; what it did by declaration."""
    agreed(today)
    return {line.model: line for line in night.purge(today=today)}


def warned(customer: Any, **values: Any) -> InactivityWarning:
    """Somebody who was told two months ago that she will be forgotten, and has not shown herself since."""
    at = timezone.now() - timedelta(days=60)
    return InactivityWarning.objects.create(data_subject=customer, **{"written_at": at, "left_at": at} | values)
