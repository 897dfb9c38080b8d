"""Has this colleague promised, within the year, to keep what she sees to herself? (MAD-18)"""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from . import audit

PROMISED = "staff.confidentiality"
HOLDS_FOR = timedelta(days=365)


def has_promised(account: Any, now: datetime) -> bool:
    """Whether a promise of the last year stands in the audit log; one look-up by index."""
    return audit.of(account).filter(event=PROMISED, at__gte=now - HOLDS_FOR).exists()


def holds_until(account: Any, now: datetime) -> date | None:
    """The last day of the promise in force; None without one."""
    last = audit.of(account).filter(event=PROMISED, at__gte=now - HOLDS_FOR).values_list("at", flat=True).first()
    return timezone.localdate(last + HOLDS_FOR) if last else None


def promise(account: Any, *, now: datetime | None = None) -> None:
    """Writes the promise down with its instant; it holds for a year."""
    audit.record(PROMISED, actor=account, target=account, now=now)
