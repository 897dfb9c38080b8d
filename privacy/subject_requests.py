"""What has a person asked for, how far is it, and who must act? Every right is one kind of this case."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from . import audit, jobs, notices, rights
from .cases import Case, CaseQuerySet, State
from .deadlines import Event, deadline
from .erasure import Erasure
from .export import Export
from .fields import EncryptedField
from .personal_data import Anonymise, Delete, Keep, PersonalData, Retention
from .vocabulary import Category, LawfulBasis, Purpose, Source

SYSTEM = "system:subject_requests"


class NotAllowed(Exception):
    """The step is not lawful now; its text is one clear line for whoever tried."""


class DataSubjectRequest(Case):
    """One wish of one person (GDPR Art. 12 to 22)."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="closed_at", years=6),
        erase=Keep("Proves that your request was answered, and when.", then=Anonymise("details", "outcome")),
        fields=("reference", "kind", "state", "received_at", "due_on", "closed_at", "source", "details", "outcome"),
        not_personal=(
            "due_reasons", "assignee", "execute_after", "proposed_by", "approved_by", "idempotency_key", "jurisdiction",
            "identity_confirmed_at",
        ),
        provided=("kind", "received_at", "details"),
        third_party=("details",),
    )  # fmt: skip

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.PROTECT, related_name="subject_requests")
    kind = models.CharField(max_length=20, choices=rights.choices)
    source = models.CharField(max_length=20, choices=Source, default=Source.WEB)
    jurisdiction = models.CharField(max_length=10)
    details = EncryptedField(blank=True, default=b"")
    outcome = EncryptedField(blank=True, default=b"")
    identity_confirmed_at = models.DateTimeField(null=True, blank=True)
    execute_after = models.DateTimeField(null=True, blank=True, help_text="Until then the person may change her mind.")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    idempotency_key = models.CharField(max_length=64, null=True, unique=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (Q(proposed_by__isnull=False) & ~Q(approved_by=F("proposed_by"))),
                name="dsr_two_different_people",
                violation_error_message="A second, different person must approve.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="erasure")
                | ~Q(state__in=[State.EXECUTING, State.COMPLETED])
                | (Q(proposed_by__isnull=False) & Q(approved_by__isnull=False)),
                name="erasure_needs_two_people",
                violation_error_message="Nothing is erased before two people have agreed.",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_on", "id"], name="dsr_queue"),
            models.Index(fields=["assignee", "state", "due_on"], name="dsr_assignee"),
            models.Index(fields=["-received_at"], name="dsr_received"),
        ]
        verbose_name = "request"
        verbose_name_plural = "requests"

    @property
    def text(self) -> str:
        """What the person wrote."""
        return bytes(self.details or b"").decode()

    @property
    def answer(self) -> str:
        """What we answered."""
        return bytes(self.outcome or b"").decode()

    @property
    def right(self) -> rights.Entry:
        """What this kind of case does and needs."""
        return rights.REGISTER[self.kind]


class CaseEvent(models.Model):
    """One thing that happened to a case, for its timeline and its clock."""

    personal_data = PersonalData(
        data_subject="case__data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="case__closed_at", years=6),
        erase=Keep("Proves how your request was handled.", then=Delete()),
        fields=("kind", "occurred_at", "note"),
        not_personal=("case", "actor", "is_internal"),
        third_party=("note",),
    )

    case = models.ForeignKey(DataSubjectRequest, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40)
    occurred_at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=100)
    note = EncryptedField(blank=True, default=b"")
    is_internal = models.BooleanField(default=False, help_text="Not shown to the person before an access request.")

    class Meta:
        ordering = ["occurred_at", "pk"]

    def __str__(self) -> str:
        return self.kind

    @property
    def text(self) -> str:
        """The note, readable."""
        return bytes(self.note or b"").decode()


CLOCK_EVENTS = (
    "id_asked", "id_received", "clarification_asked", "clarification_received", "extended", "fee_asked", "fee_paid",
)  # fmt: skip


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
            audit.record("case.received", actor=actor, subject=data_subject, target=case, kind=str(kind), source=str(source))
            _acknowledge(case)
            if case.right.is_automatic and identity_confirmed:
                carry_out(case, actor=SYSTEM, now=now)
    return case


def _acknowledge(case: DataSubjectRequest) -> None:
    """Within 24 hours, with number and due date (SFB-41); at once, in fact."""
    address = case.data_subject.contact_email
    if address:
        notices.send(
            "case_received", address, key=f"case-received-{case.pk}", data_subject=case.data_subject, context={"case": case}
        )


def note(
    case: DataSubjectRequest, kind: str, *, actor: Any, text: str = "", is_internal: bool = False, now: datetime | None = None
) -> CaseEvent:
    """Adds one line to the timeline; an event of the clock moves the due date."""
    event = CaseEvent(
        case=case, kind=kind, actor=audit.reference(actor), note=text.encode(), is_internal=is_internal, occurred_at=now or timezone.now()
    )  # fmt: skip
    with transaction.atomic():
        if kind in CLOCK_EVENTS:
            _reckon(case, extra=event)
        event.save()
        if kind != "received":
            audit.record(f"case.{kind}", actor=actor, subject=case.data_subject, target=case)
    return event


def _reckon(case: DataSubjectRequest, extra: CaseEvent) -> None:
    rows = [*case.events.filter(kind__in=CLOCK_EVENTS), extra]
    events = [Event(row.kind, timezone.localdate(row.occurred_at, settings.SHOP_TZ)) for row in rows]
    due = deadline(case.jurisdiction, case.kind, case.received_at, events, time_zone=settings.SHOP_TZ)
    case.due_on, case.due_reasons = due.due_on, list(due.reasons)
    case.save(update_fields=["due_on", "due_reasons"])


def move(case: DataSubjectRequest, state: str, *, actor: Any, text: str = "", now: datetime | None = None, **changes: Any) -> None:
    """Moves a case and writes its line in the timeline, in one transaction."""
    with transaction.atomic():
        case.move_to(state, actor=actor, now=now, **changes)
        CaseEvent.objects.create(
            case=case, kind=state, actor=audit.reference(actor), note=text.encode(), occurred_at=now or timezone.now()
        )


def start(case: DataSubjectRequest, *, actor: Any) -> None:
    """Takes the case in hand; whoever starts it has it."""
    with transaction.atomic():
        move(case, State.IN_PROGRESS, actor=actor)
        if case.assignee_id is None and hasattr(actor, "pk"):
            case.assign(actor, actor=actor)


def confirm_identity(case: DataSubjectRequest, *, actor: Any, how: str) -> None:
    """Notes how we know that it is really her."""
    with transaction.atomic():
        case.identity_confirmed_at = timezone.now()
        case.save(update_fields=["identity_confirmed_at"])
        note(case, "identity_confirmed", actor=actor, text=how, is_internal=True)


def propose(case: DataSubjectRequest, *, actor: Any) -> None:
    """The first of two people says that it may be carried out (Art. 17; FAULTS G)."""
    _require(case.right.needs_two_people, "This kind of request needs no second person.")
    _require(case.identity_confirmed_at is not None, "First confirm who is asking.")
    move(case, State.AWAITING_APPROVAL, actor=actor, proposed_by=actor, approved_by=None)


def approve(case: DataSubjectRequest, *, actor: Any, now: datetime | None = None) -> None:
    """The second, different person agrees, and it is carried out; the database refuses the same one."""
    now = now or timezone.now()
    case.refresh_from_db()
    _require(case.proposed_by_id != actor.pk, "A second, different person must approve.")
    _require(not case.execute_after or case.execute_after <= now, "The person may still change her mind.")
    move(case, State.EXECUTING, actor=actor, approved_by=actor, now=now)
    _carry_out(case, actor=actor, now=now)


def carry_out(case: DataSubjectRequest, *, actor: Any, text: str = "", now: datetime | None = None) -> None:
    """Does what the right says, for rights that one person may carry out; `text` is the answer to the person."""
    _require(bool(text.strip()) or not case.right.needs_answer, "Write the answer to the person first.")
    _require(not case.right.needs_two_people, "Two people must agree to this; propose it first.")
    _require(case.identity_confirmed_at is not None, "First confirm who is asking.")
    now = now or timezone.now()
    with transaction.atomic():
        if case.state == State.RECEIVED:
            start(case, actor=actor)
        move(case, State.EXECUTING, actor=actor, now=now)
    _carry_out(case, actor=actor, now=now, text=text)


def _carry_out(case: DataSubjectRequest, *, actor: Any, now: datetime, text: str = "") -> None:
    """Runs the right's verb; it either finishes at once or leaves a job that calls `complete` later."""
    with transaction.atomic():
        if case.right.verb(case, audit.reference(actor), now):
            complete(case, actor=actor, now=now, text=text)


def complete(case: DataSubjectRequest, *, actor: Any, text: str = "", now: datetime | None = None) -> None:
    """Done, and the person is told."""
    with transaction.atomic():
        move(case, State.COMPLETED, actor=actor, text=text, now=now, outcome=text.encode())
        _tell("case_completed", case)


def refuse(case: DataSubjectRequest, *, actor: Any, reasons: str) -> None:
    """No, with reasons, and with where to complain (Art. 12(4)); without reasons it cannot be sent."""
    _require(bool(reasons.strip()), "A refusal needs its reasons.")
    with transaction.atomic():
        move(case, State.REFUSED, actor=actor, text=reasons, outcome=reasons.encode())
        _tell("case_refused", case)


def withdraw(case: DataSubjectRequest, *, actor: Any) -> None:
    """The person changed her mind; nothing more is done."""
    with transaction.atomic():
        move(case, State.WITHDRAWN, actor=actor)
        _tell("case_withdrawn", case)


@jobs.when_done(Export)
def _export_is_ready(job: Export) -> None:
    """The copy lies ready, so the request for it is answered."""
    if job.case_id:
        complete(DataSubjectRequest.objects.get(pk=job.case_id), actor=SYSTEM)


@jobs.when_done(Erasure)
def _erasure_is_done(job: Erasure) -> None:
    """Everything that may go is gone; the farewell letter was written before the address went."""
    case = DataSubjectRequest.objects.get(pk=job.case_id)
    move(case, State.COMPLETED, actor=SYSTEM)


def _tell(template: str, case: DataSubjectRequest) -> None:
    if address := case.data_subject.contact_email:
        notices.send(template, address, key=f"{template}-{case.pk}", data_subject=case.data_subject, context={"case": case})


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise NotAllowed(otherwise)
