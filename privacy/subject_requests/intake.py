"""How a request comes in, by whatever road, and is acknowledged."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .. import audit, deadlines, rights
from ..vocabulary import Source
from . import releasing, representing, searching
from .case import DataSubjectRequest, packs_in_force
from .clocks import owed
from .handling import SYSTEM, carry_out
from .letters import ACKNOWLEDGEMENT, tell
from .particulars import are_same, begin
from .timeline import note

# A second copy or a second deletion while the first is under way is the same wish.
ONE_AT_A_TIME = ("access", "portability", "erasure")


class FormUsed(Exception):
    """The form was sent before with something else in it; `case` is what came of that."""

    def __init__(self, case: DataSubjectRequest) -> None:
        super().__init__(case.reference)
        self.case = case


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
    particulars: dict[str, Any] | None = None,
    reference: str = "",
    acting: tuple[str, str] | None = None,
) -> DataSubjectRequest:
    """Opens a case with number and due date, and acknowledges it; the same key again gives the case that is there.

    FormUsed when the key was used for another wish. On the web, a wish that is under way already is that case.
    `particulars` is what this kind asks for besides words. With `acting`, name and address of somebody who asks in the
    person's name, the person is told that instead of a receipt.
    """
    now = timezone.now()
    values: dict[str, Any] = {"source": source, "details": details.encode(), "received_at": received_at or now}
    values |= {"identity_confirmed_at": now if identity_confirmed else None}
    values |= {"reference": reference} if reference else {}
    with transaction.atomic():
        if source == Source.WEB and not acting and (same := _under_way(data_subject, kind, idempotency_key)):
            note(same, "asked_again", actor=actor, text=details, now=now)
            return same
        case, is_new = DataSubjectRequest.objects.get_or_create(
            idempotency_key=idempotency_key or rights.fresh_key(),
            defaults={"data_subject": data_subject, "kind": kind, **values, **_clock(kind, values["received_at"], now)},
        )
        if is_new:
            begin(case, particulars or {})
            _acknowledge(case, actor=actor, now=now, acting=acting)
        elif not _is_same(case, data_subject, kind, details, particulars or {}):
            raise FormUsed(case)
    return case


def _is_same(case: DataSubjectRequest, person: Any, kind: str, details: str, particulars: dict[str, Any]) -> bool:
    is_same = (case.data_subject_id, case.kind, bytes(case.details)) == (person.pk, kind, details.encode())
    return is_same and are_same(case, particulars)


def not_before(kind: str, now: datetime) -> datetime | None:
    """Until when the person may change her mind about a deletion; nothing else waits."""
    return now + timedelta(hours=settings.ERASURE_COOLING_OFF_HOURS) if kind == "erasure" else None


def _clock(kind: str, received_at: datetime, now: datetime) -> dict[str, Any]:
    """Until when, why that day, what is owed before that, and before when a deletion does not begin."""
    where, packs = settings.SHOP["jurisdiction"], packs_in_force()
    running = deadlines.clocks(where, kind, received_at, packs=packs, time_zone=settings.SHOP_TZ)
    return {
        "jurisdiction": where,
        "packs": packs,
        "due_on": running[0].due_on,
        "due_reasons": list(running[0].reasons),
        "execute_after": not_before(kind, now),
        **owed(running),
    }


def _acknowledge(case: DataSubjectRequest, *, actor: Any, now: datetime, acting: tuple[str, str] | None) -> None:
    """Says that it is here, and does at once what needs no colleague."""
    kind, source = str(case.kind), str(case.source)
    note(case, "received", actor=actor, now=now)
    audit.record("case.received", actor=actor, subject=case.data_subject, target=case, kind=kind, source=source)
    if acting:
        representing.name(case, *acting, actor=actor, now=now)
    else:
        tell(ACKNOWLEDGEMENT, case)
    if case.right.is_automatic and case.identity_confirmed_at:
        if case.right.needs_search:
            searching.by_machine(case, actor=SYSTEM)
            releasing.by_machine(case, now=now)
        carry_out(case, actor=SYSTEM, now=now)


def _under_way(data_subject: Any, kind: str, key: str | None) -> DataSubjectRequest | None:
    if kind not in ONE_AT_A_TIME:
        return None
    mine = DataSubjectRequest.objects.open().filter(data_subject=data_subject, kind=kind)
    return mine.exclude(idempotency_key=key).order_by("pk").first()
