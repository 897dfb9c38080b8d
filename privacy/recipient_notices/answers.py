"""What did a recipient answer, by whatever road? What it needed to find the person is forgotten with the last word."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, tokens
from ..jobs import Job
from .notice import CLOSED, RecipientNotice, State

BY_RECIPIENT = (State.DONE, State.REFUSED, State.NOT_HELD)
BY_COLLEAGUE = (*BY_RECIPIENT, State.ACCEPTED, State.GIVEN_UP)


class NotPossible(Exception):
    """This cannot be said now; its text is one clear line for whoever tried."""


def by_link(token: str) -> RecipientNotice | None:
    """The notice behind a link; None for anything that is no link of ours."""
    if not token.isascii():
        return None
    return RecipientNotice.objects.select_related("recipient").filter(link_hash=tokens.at_rest(token)).first()


def locked(notice: RecipientNotice) -> RecipientNotice:
    """As it is now, and nobody else changes it until the transaction ends."""
    RecipientNotice.objects.select_for_update(of=("self",)).only("pk").get(pk=notice.pk)
    notice.refresh_from_db()
    return notice


def answer(notice: RecipientNotice, state: str, *, actor: Any, note: str = "", now: datetime | None = None) -> bool:
    """Notes an answer; False when there is a last word already, or this very answer. NotPossible without its reason."""
    if state == State.REFUSED and not note.strip():
        raise NotPossible(_("Please say why it is not possible."))
    now = now or timezone.now()
    with transaction.atomic():
        locked(notice)
        if notice.state in (*CLOSED, state):
            return False
        notice.update(
            state=State(state), answered_at=now, answered_by=audit.reference(actor), answer_note=note.strip().encode()
        )
        audit.record(f"recipient_notice.{state}", actor=actor, subject=notice.data_subject, target=notice, now=now)
        if state != State.ACCEPTED:
            stop_asking(notice)
        if state in CLOSED:
            notice.update(particulars=b"")
    return True


def stop_asking(notice: RecipientNotice) -> None:
    """Nothing more goes out; what is on its way just now asks again before it leaves."""
    notice.deliveries.filter(job_state=Job.State.NEW).delete()
