"""What does a decided mail bring about? Ledger, request, stop list, answer: in the caller's transaction."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from .. import consent, subject_requests, suppression
from ..subject_requests import DataSubjectRequest
from ..suppression import Suppression
from ..vocabulary import Source
from . import answers, commands, reports
from .judgement import ACT, IGNORE, OPEN_CASE, Judgement

# Two mails of this kind mean two things; of the other kinds, the same thing twice.
SEPARATE = {"enquiry", "complaint"}


def carry_out(found: Judgement, *, mail: int, to: str, received_at: datetime) -> list[str]:
    """Does what was decided; more reasons for the record."""
    now = timezone.now()
    if found.outcome == IGNORE:
        return reports.take_note(found.reading, found.automatic, now) if found.reading else []
    if found.outcome == ACT:
        _act(found, to, received_at, now)
    if found.outcome in (ACT, OPEN_CASE) and found.case_kinds:
        return _open_cases(found, mail, received_at, now)
    return []


def _act(found: Judgement, to: str, received_at: datetime, now: datetime) -> None:
    command = commands.REGISTER[str(found.command)]
    page = f"{to}@{settings.MAIL_DOMAIN}, recognised by {found.match.by or 'nothing'}"
    order = commands.Order(f"{found.subject}\n\n{found.words}".strip()[:4000], received_at, page, found.is_exact)
    for person in found.match.people:
        with consent.one_breath():
            changes = command.verb(person, order)
        address = found.match.address if found.match.by not in ("token", "customer_number") else person.contact_email
        if address:
            answers.receipt(command, address, person, changes, now)
    if not found.match.people:
        _stop_for_a_stranger(found, command, now)


def _stop_for_a_stranger(found: Judgement, command: commands.Command, now: datetime) -> None:
    """The address that wrote goes on the stop list, and is shown the page where anybody can switch off (CLG-07)."""
    if not found.match.address:
        return
    if command.stops:
        suppression.suppress(
            found.match.address,
            reason=Suppression.Reason.OBJECTION,
            senders=command.stops,
            source=Source.EMAIL,
            since=now,
        )
    answers.to_a_stranger(command, found.match.address, now)


def _open_cases(found: Judgement, mail: int, received_at: datetime, now: datetime) -> list[str]:
    """One case for each right; who is asking is still to be confirmed. Of strangers nothing is opened."""
    person = found.customer
    if person is None:
        if found.match.address and not found.match.people:
            answers.to_a_stranger(None, found.match.address, now)
        return []
    details = f"{found.subject}\n\n{found.words}".strip()
    return [_open_case(person, kind, details, mail, received_at) for kind in found.case_kinds]


def _open_case(person: Any, kind: str, details: str, mail: int, received_at: datetime) -> str:
    same = DataSubjectRequest.objects.open().filter(data_subject=person, kind=kind, source=Source.EMAIL)
    if kind not in SEPARATE and (case := same.first()):
        subject_requests.note(case, "asked_again", actor=commands.ACTOR, text=details, now=received_at)
        return f"Added to the open request {case.reference}."
    case = subject_requests.open_case(
        person, kind, source=Source.EMAIL, actor=commands.ACTOR, details=details, received_at=received_at,
        identity_confirmed=False, idempotency_key=f"mail-{mail}-{kind}",
    )  # fmt: skip
    return f"Opened the request {case.reference}."
