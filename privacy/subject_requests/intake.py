"""How a request comes in, by whatever road, and is acknowledged."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .. import audit, rights
from ..deadlines import deadline
from .case import DataSubjectRequest
from .handling import SYSTEM, carry_out
from .letters import tell
from .timeline import note


def open_case(
    data_subject: Any,
    kind: str,
    *,
    source: str,
    actor: Any,
    details: str = "",
    received_at: datetime | None = None,
    identity_confirmed: bool = False,
    idempotency_key: str | None = None,
) -> DataSubjectRequest:
    """Opens a case with number and due date, and acknowledges it; the same key again gives the case that is there."""
    now = timezone.now()
    due = deadline(settings.SHOP["jurisdiction"], kind, received_at or now, time_zone=settings.SHOP_TZ)
    cooling_off = timedelta(hours=settings.ERASURE_COOLING_OFF_HOURS)
    with transaction.atomic():
        case, is_new = DataSubjectRequest.objects.get_or_create(
            idempotency_key=idempotency_key or rights.fresh_key(),
            defaults={
                "data_subject": data_subject,
                "kind": kind,
                "source": source,
                "jurisdiction": settings.SHOP["jurisdiction"],
                "details": details.encode(),
                "received_at": received_at or now,
                "due_on": due.due_on,
                "due_reasons": list(due.reasons),
                "identity_confirmed_at": now if identity_confirmed else None,
                "execute_after": now + cooling_off if kind == "erasure" else None,
            },
        )
        if is_new:
            note(case, "received", actor=actor, now=now)
            audit.record(
                "case.received", actor=actor, subject=data_subject, target=case, kind=str(kind), source=str(source)
            )
            tell("case_received", case)
            if case.right.is_automatic and identity_confirmed:
                carry_out(case, actor=SYSTEM, now=now)
    return case
