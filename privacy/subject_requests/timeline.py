"""What has happened to a case, and what that does to its last day and to its next promise; written here alone."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from .. import audit
from ..cases import TRANSITIONS
from ..letters import LetterVersion
from . import fee, papers
from .case import CaseEvent, DataSubjectRequest
from .clocks import CLOCK_EVENTS, READ, clocks, history, next_promise, running

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
    """Adds one line to the timeline; an event of the clock moves the due date, others may keep a promise.

    `words` began its letter, if any.
    """
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
        if kind in READ and kind not in CLOCK_EVENTS:
            remember_promise(case)
        if kind != "received":
            audit.record(f"case.{kind}", actor=actor, subject=case.data_subject, target=case)
    return event


def reckon(case: DataSubjectRequest, extra: CaseEvent | None = None) -> None:
    """Takes the last day anew from the clock, for what has happened and what is about to be written."""
    legal, *beside = running(case, history(case, [extra] if extra else []))
    case.due_on, case.due_reasons = legal.due_on, list(legal.reasons)
    found = next_promise(case, (legal, *beside))
    _take(case, found)
    case.save(update_fields=["due_on", "due_reasons", *found])


def remember_promise(case: DataSubjectRequest) -> bool:
    """Writes down which promise is the next, for the queue; whether it was another before. The last day stays.

    Locked, so that of two events at once the later one sees the earlier; a case that was closed meanwhile owes nothing.
    """
    with transaction.atomic():
        case.lock()
        was = (case.next_promise_on, case.next_promise)
        found = next_promise(case, clocks(case))
        _take(case, found)
        DataSubjectRequest.objects.open().filter(pk=case.pk).update(**found)
    return was != (case.next_promise_on, case.next_promise)


def _take(case: DataSubjectRequest, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(case, name, value)


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
