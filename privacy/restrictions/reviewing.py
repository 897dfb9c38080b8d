"""Is it still needed? A colleague says so until a new day, and why; without that it stays in force, and is loud."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .ending import in_force, write
from .imposing import require, require_review_day
from .restriction import Restriction
from .step import RestrictionStep, note


def review(restriction: Restriction, *, until: date, why: str, actor: Any, now: datetime | None = None) -> None:
    """Still needed, until then, because (Art. 5(1)(e)); NotLawful in one line for anything that is no review."""
    now = now or timezone.now()
    require(bool(why.strip()), _("Say why it is still needed."))
    require_review_day(until)
    with transaction.atomic():
        row = in_force(restriction)
        require(not row.lift_proposed_by, _("A colleague proposed to end it: agree to that, or keep it, first."))
        write(row, restriction, review_on=until)
        note(row, RestrictionStep.Kind.REVIEWED, actor=actor, now=now, until=until, why=why)


def latest_review(restriction: Restriction) -> RestrictionStep | None:
    """Who looked at it last."""
    return RestrictionStep.objects.filter(restriction=restriction, kind=RestrictionStep.Kind.REVIEWED).last()
