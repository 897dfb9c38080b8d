"""What is done with a complaint: told how it stands, mediated, answered with where to go next; only here."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from ..cases import CaseQuerySet, State
from ..letters import Letter, LetterVersion
from .case import CaseEvent, DataSubjectRequest
from .complaint import ANSWERS, LONGEST_NUMBER, Stage, Subject, locked
from .handling import as_it_is_now, require_known, start
from .letters import tell
from .refusing import may_leave, require
from .timeline import move, note

# Each of these is a letter to the person.
TOLD = ("received", "id_asked", "clarification_asked", "extended", "progress", "mediation", "arbitration", "outcome")


def begin(case: DataSubjectRequest, said: dict[str, Any]) -> None:
    """What the person said when she complained."""
    _write(case, said)


def describe(case: DataSubjectRequest, *, actor: Any, **said: Any) -> None:
    """What it is about, and the number and day of the transaction, where they come later (SFB-08)."""
    with transaction.atomic():
        _require_open(case)
        _write(case, said)
        note(case, "described", actor=actor, is_internal=True)


def _write(case: DataSubjectRequest, said: dict[str, Any]) -> None:
    row, today = locked(case), timezone.localdate()
    row.subject = said.get("subject") or Subject.OTHER
    row.transaction_number = (said.get("transaction_number") or "").strip()
    row.transaction_on = said.get("transaction_on")
    require(row.subject in Subject.values, _("There is no such subject."))
    require(len(row.transaction_number) <= LONGEST_NUMBER, _("This number is too long."))
    require(not row.transaction_on or row.transaction_on <= today, _("This date is in the future."))
    opened = row.mediation_opened_on
    require(
        not opened or not row.transaction_on or row.transaction_on <= opened,
        _("The order or payment cannot be later than the mediation."),
    )
    require(not opened or row.has_transaction, _("The mediator needs both; they must stay."))
    row.save()


def inform(case: DataSubjectRequest, *, actor: Any, text: str, words: LetterVersion | None = None) -> None:
    """Tells the person how it stands, while nothing else is to be told (SFB-04)."""
    may_leave(Letter("progress", {"text": text}, words))
    with transaction.atomic():
        _require_open(case)
        tell("complaint_progress", case, note(case, "progress", actor=actor, text=text, words=words))


def open_mediation(case: DataSubjectRequest, *, actor: Any, opened_on: date) -> None:
    """The mediator has it from this day on, for 45 days at most (SFB-08, SFB-10); the person is told."""
    with transaction.atomic():
        _require_open(case)
        row = locked(case)
        require(row.has_transaction, _("Mediation needs the number and the day of the order or payment. Ask for them."))
        require(opened_on <= timezone.localdate(), _("This date is in the future."))
        require(opened_on >= _received_on(case), _("This day is before the complaint came."))
        row.move_to(Stage.MEDIATION, mediation_opened_on=opened_on)
        began = min(datetime.combine(opened_on, time(12), tzinfo=settings.SHOP_TZ), timezone.now())
        note(case, "mediation_opened", actor=actor, is_internal=True, now=began)
        tell("complaint_stage", case, note(case, "mediation", actor=actor))


def open_arbitration(case: DataSubjectRequest, *, actor: Any) -> None:
    """Mediation did not help; an arbitrator decides (SFB-11); the person is told."""
    with transaction.atomic():
        _require_open(case)
        _leave_mediation(case, actor)
        locked(case).move_to(Stage.ARBITRATION)
        tell("complaint_stage", case, note(case, "arbitration", actor=actor))


def answer(
    case: DataSubjectRequest,
    *,
    actor: Any,
    outcome: str,
    letter: Letter,
    stays_open: bool = False,
    now: datetime | None = None,
) -> None:
    """The outcome letter; it names regulator, mediation and courts, or it does not leave (SFB-07, SFB-11).

    With `stays_open` the complaint waits for mediation; otherwise it is closed.
    """
    require(outcome in ANSWERS, _("Choose how it ended."))
    may_leave(letter)
    with transaction.atomic():
        _require_open(case)
        require_known(case)
        if case.state in (State.RECEIVED, State.VERIFYING):
            start(case, actor=actor)
        _write_outcome(case, outcome, letter.text(), stays_open=stays_open)
        event = note(case, "outcome", actor=actor, text=letter.blocks["text"], words=letter.words, now=now)
        if not stays_open:
            _leave_mediation(case, actor)
            move(case, State.COMPLETED, actor=actor, now=now)
        tell("complaint_outcome", case, event)


def _leave_mediation(case: DataSubjectRequest, actor: Any) -> None:
    """Its clock is met when an arbitrator takes over, or the complaint ends."""
    kinds = list(case.events.filter(kind__startswith="mediation_").values_list("kind", flat=True))
    if kinds.count("mediation_opened") > kinds.count("mediation_closed"):
        note(case, "mediation_closed", actor=actor, is_internal=True)


def _write_outcome(case: DataSubjectRequest, outcome: str, letter: str, *, stays_open: bool) -> None:
    row = locked(case)
    require(not (stays_open and row.stage == Stage.ARBITRATION), _("After arbitration nothing is left to wait for."))
    if stays_open:
        row.outcome = outcome
        row.save(update_fields=["outcome"])
    else:
        row.move_to(Stage.CLOSED, outcome=outcome)
    case.outcome = letter.encode()
    case.save(update_fields=["outcome"])


def _require_open(case: DataSubjectRequest) -> None:
    """Read anew and locked, so that nobody is written to after a colleague has closed it."""
    as_it_is_now(case)
    require(case.kind == "complaint", _("This is no complaint."))
    require(case.is_open, _("The request is closed."))


def _received_on(case: DataSubjectRequest) -> date:
    return timezone.localdate(case.received_at, settings.SHOP_TZ)


def silent(now: datetime, rows: CaseQuerySet | None = None) -> CaseQuerySet:
    """Open complaints whose complainant has heard nothing for too long (SFB-04)."""
    since = now - timedelta(days=settings.COMPLAINT_SILENCE_DAYS)
    told = CaseEvent.objects.filter(case=OuterRef("pk"), kind__in=TOLD, occurred_at__gt=since).order_by()
    rows = DataSubjectRequest.objects.all() if rows is None else rows
    found: CaseQuerySet = rows.open().filter(~Exists(told), kind="complaint")
    return found
