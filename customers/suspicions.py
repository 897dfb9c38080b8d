"""A privacy officer writes a suspicion of fraud down, and later what became of it (LRD-18)."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from privacy import audit

from .fraud import FraudMarker
from .people import Customer


class NotPossible(Exception):
    """One clear line for whoever tried."""


def record(customer: Customer, *, what: str, facts: str, evidence: str, actor: Any) -> FraudMarker:
    """Written down; the audit log holds no words."""
    with transaction.atomic():
        said = {"what": what, "facts": facts, "evidence": evidence}
        row = FraudMarker.objects.create(customer=customer, recorded_by=audit.reference(actor), **said)
        audit.record("fraud.recorded", actor=actor, subject=customer, target=row, what=what)
    return row


def settle(marker: FraudMarker, outcome: str, *, actor: Any, today: date) -> None:
    """What became of it, once; where there was nothing in it, what was written goes at once (Art. 5(1)(c), (d))."""
    if outcome not in (FraudMarker.Outcome.PROVEN, FraudMarker.Outcome.UNFOUNDED):
        raise NotPossible(_("Say what became of it."))
    said: dict[str, Any] = {"outcome": outcome, "settled_on": today, "settled_by": audit.reference(actor)}
    if outcome == FraudMarker.Outcome.UNFOUNDED:
        said |= {"facts": "", "evidence": ""}
    with transaction.atomic():
        if not FraudMarker.objects.filter(pk=marker.pk, settled_on__isnull=True).update(**said):
            raise NotPossible(_("A colleague has settled this already."))
        audit.record("fraud.settled", actor=actor, subject=marker.customer, target=marker, outcome=outcome)
