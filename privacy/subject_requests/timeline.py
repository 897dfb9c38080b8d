"""What has happened to a case, and what that does to its due date."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .. import audit
from ..cases import TRANSITIONS
from ..deadlines import Event, deadline
from ..letters import LetterVersion
from . import fee, papers
from .case import CaseEvent, DataSubjectRequest

CLOCK_EVENTS = (
    "id_asked", "id_received", "clarification_asked", "clarification_received", "extended", "fee_asked", "fee_paid",
    "fee_withdrawn",
)  # fmt: skip
DOUBTS = ("identity_failed", "fraud_suspected")
SETTLED = "doubt_settled"


def note(
    case: DataSubjectRequest,
    kind: str,
    *,
    actor: Any,
    text: str = "",
    is_internal: bool = False,
    words: LetterVersion | None = None,
    now: datetime | None = None,
) -> CaseEvent:
    """Adds one line to the timeline; an event of the clock moves the due date. `words` began its letter, if any."""
    event = CaseEvent(
        case=case,
        kind=kind,
        actor=audit.reference(actor),
        note=text.encode(),
        is_internal=is_internal,
        words=words,
        occurred_at=now or timezone.now(),
    )
    with transaction.atomic():
        if kind in CLOCK_EVENTS:
            reckon(case, extra=event)
        event.save()
        if kind != "received":
            audit.record(f"case.{kind}", actor=actor, subject=case.data_subject, target=case)
    return event


def reckon(case: DataSubjectRequest, extra: CaseEvent | None = None) -> None:
    """Takes the last day anew from the clock, for what has happened and what is about to be written."""
    rows = [*case.events.filter(kind__in=CLOCK_EVENTS), *([extra] if extra else [])]
    events = [Event(row.kind, timezone.localdate(row.occurred_at, settings.SHOP_TZ)) for row in rows]
    due = deadline(case.jurisdiction, case.kind, case.received_at, events, time_zone=settings.SHOP_TZ)
    case.due_on, case.due_reasons = due.due_on, list(due.reasons)
    case.save(update_fields=["due_on", "due_reasons"])


def move(
    case: DataSubjectRequest,
    state: str,
    *,
    actor: Any,
    text: str = "",
    words: LetterVersion | None = None,
    now: datetime | None = None,
    **changes: Any,
) -> None:
    """Moves a case and writes its line in the timeline, in one transaction."""
    with transaction.atomic():
        case.move_to(state, actor=actor, now=now, **changes)
        CaseEvent.objects.create(
            case=case, kind=state, actor=audit.reference(actor), note=text.encode(), words=words,
            occurred_at=now or timezone.now(),
        )  # fmt: skip
        if state not in TRANSITIONS:
            papers.forget_proofs(case, actor=actor)
            fee.forget(case)


def open_doubt(case: DataSubjectRequest) -> CaseEvent | None:
    """The doubt that nobody has settled yet: a failed match or suspected misuse (CLG-22, CLG-23)."""
    last = case.events.filter(kind__in=(*DOUBTS, SETTLED)).last()
    return last if last and last.kind != SETTLED else None
