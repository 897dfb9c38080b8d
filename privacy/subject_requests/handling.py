"""The steps by which a case is carried out, approved, refused or withdrawn; each lawful only where it may be taken."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, jobs
from ..cases import State
from ..erasure import Erasure
from ..letters import Letter, LetterVersion
from . import complaint, fee, papers, representing, searching, wording
from .case import DataSubjectRequest
from .letters import tell
from .refusing import may_leave, require
from .timeline import move, note, open_doubt

SYSTEM = "system:subject_requests"


def start(case: DataSubjectRequest, *, actor: Any) -> None:
    """Takes the case in hand; whoever starts it has it."""
    with transaction.atomic():
        move(case, State.IN_PROGRESS, actor=actor)
        if case.assignee_id is None and hasattr(actor, "pk"):
            case.assign(actor, actor=actor)


def confirm_identity(case: DataSubjectRequest, *, actor: Any, how: str) -> None:
    """Notes how we know that it is really her; not while a colleague doubts it."""
    require(open_doubt(case) is None, _("A colleague doubts who is asking; a second person must settle that first."))
    with transaction.atomic():
        case.identity_confirmed_at = timezone.now()
        case.save(update_fields=["identity_confirmed_at"])
        note(case, "identity_confirmed", actor=actor, text=how, is_internal=True)
        papers.forget_proofs(case, actor=actor)


def propose(case: DataSubjectRequest, *, actor: Any) -> None:
    """The first of two people says that it may be carried out (Art. 17; FAULTS G)."""
    require(case.right.needs_two_people, _("This kind of request needs no second person."))
    with transaction.atomic():
        require_known(as_it_is_now(case))
        move(case, State.AWAITING_APPROVAL, actor=actor, proposed_by=actor, approved_by=None)


def approve(case: DataSubjectRequest, *, actor: Any, now: datetime | None = None) -> None:
    """The second, different person agrees, and it is carried out; the database refuses the same one."""
    now = now or timezone.now()
    with transaction.atomic():
        require_known(as_it_is_now(case))
        require(not case.denial_reason, _("It was proposed to refuse this, not to carry it out."))
        require_second(case, actor)
        require(not case.execute_after or case.execute_after <= now, _("The person may still change her mind."))
        move(case, State.EXECUTING, actor=actor, approved_by=actor, now=now)
        _carry_out(case, actor=actor, now=now)


def send_back(case: DataSubjectRequest, *, actor: Any, why: str) -> None:
    """The second person does not agree yet; the case goes back to the first with the reason."""
    require(case.state == State.AWAITING_APPROVAL, _("Nothing waits for a second person here."))
    require(bool(why.strip()), _("Say what is missing."))
    with transaction.atomic():
        move(case, State.IN_PROGRESS, actor=actor, proposed_by=None)
        note(case, "sent_back", actor=actor, text=why, is_internal=True)


def carry_out(
    case: DataSubjectRequest,
    *,
    actor: Any,
    text: str = "",
    words: LetterVersion | None = None,
    now: datetime | None = None,
) -> None:
    """Does what the right says, for rights that one person may carry out; `text` is the answer to the person."""
    require_no_outcome_letter(case)
    if case.right.needs_answer:
        may_leave(Letter(wording.answer_to(case), {"text": text}, words))
    require(not case.right.needs_two_people, _("Two people must agree to this; propose it first."))
    now = now or timezone.now()
    with transaction.atomic():
        require_known(as_it_is_now(case))
        searching.require_note(case)
        if case.state == State.RECEIVED:
            start(case, actor=actor)
        move(case, State.EXECUTING, actor=actor, now=now)
        _carry_out(case, actor=actor, now=now, text=text, words=words)


def require_second(case: DataSubjectRequest, actor: Any) -> None:
    """Whoever agrees is not the one who proposed; the database refuses it as well."""
    require(case.proposed_by_id != actor.pk, _("A second, different person must approve."))


def as_it_is_now(case: DataSubjectRequest) -> DataSubjectRequest:
    """The case, read anew and locked until the transaction ends, so that what is looked at is what is acted on."""
    case.lock()
    case.refresh_from_db()
    return case


def require_known(case: DataSubjectRequest) -> None:
    """Nothing is carried out while it is not known, or doubted, who is asking."""
    require(case.identity_confirmed_at is not None, _("First confirm who is asking."))
    unproven = representing.is_unproven(case)
    require(not unproven, _("First look at the document by which somebody acts for the person."))
    require_no_doubt(case)
    require(not fee.is_waited_for(case), _("First the fee: note that it was paid, or take it back."))


def require_no_doubt(case: DataSubjectRequest) -> None:
    """NotAllowed while a colleague doubts who is asking, and nobody else has settled it (CLG-22, CLG-23)."""
    require(open_doubt(case) is None, _("A colleague doubts who is asking; a second person must settle that first."))


def require_no_outcome_letter(case: DataSubjectRequest) -> None:
    """A complaint ends with the letter that says where to go next, and in no other way (SFB-07)."""
    has_one = case.right.has_outcome_letter
    require(not has_one, _("A complaint ends with its outcome letter, which says where to go next."))


def _carry_out(
    case: DataSubjectRequest, *, actor: Any, now: datetime, text: str = "", words: LetterVersion | None = None
) -> None:
    """Runs the right's verb; it either finishes at once or leaves a job that calls `complete` later."""
    if case.right.verb(case, audit.reference(actor), now):
        complete(case, actor=actor, now=now, text=text, words=words)


def complete(
    case: DataSubjectRequest,
    *,
    actor: Any,
    text: str = "",
    words: LetterVersion | None = None,
    now: datetime | None = None,
) -> None:
    """Done, and the person is told."""
    require_no_outcome_letter(case)
    with transaction.atomic():
        move(case, State.COMPLETED, actor=actor, text=text, words=words, now=now, outcome=text.encode())
        tell("case_completed", case)


def withdraw(case: DataSubjectRequest, *, actor: Any) -> None:
    """The person changed her mind; nothing more is done."""
    with transaction.atomic():
        move(case, State.WITHDRAWN, actor=actor)
        if case.kind == "complaint":
            complaint.close(case, complaint.Outcome.WITHDRAWN)
        tell("case_withdrawn", case)


@jobs.when_done(Erasure)
def _erasure_is_done(job: Erasure) -> None:
    """Everything that may go is gone; the farewell letter was written before the address went."""
    case = DataSubjectRequest.objects.get(pk=job.case_id)
    if case.is_open:  # not when a hold has ended and the rest of a deletion goes
        move(case, State.COMPLETED, actor=SYSTEM)
