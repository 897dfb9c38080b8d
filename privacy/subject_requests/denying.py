"""No, with reasons and where to complain (Art. 12(4)); as unfounded or excessive only by two people (Art. 12(5))."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from ..cases import State
from ..letters import Letter, LetterVersion
from .case import CaseEvent, DataSubjectRequest
from .denials import DENIALS, Denial
from .handling import as_it_is_now, require_no_doubt, require_no_outcome_letter, require_second, start
from .letters import tell
from .refusing import NotAllowed, may_leave, require
from .timeline import move, note

PROPOSED = "refusal_proposed"


def denial_of(case: DataSubjectRequest) -> Denial | None:
    """Why this case was refused, or is proposed to be."""
    return DENIALS.get(case.denial_reason)


def proposed_letter(case: DataSubjectRequest) -> CaseEvent | None:
    """The letter that a second person is to agree to; nothing where no refusal is proposed."""
    waits = case.state == State.AWAITING_APPROVAL and case.denial_reason
    return case.events.filter(kind=PROPOSED).select_related("words").last() if waits else None


def refuse(case: DataSubjectRequest, *, actor: Any, reason: str, letter: Letter) -> None:
    """Says no at once, for a reason that one person may decide; a letter that lacks anything does not leave."""
    with transaction.atomic():
        denial = _require_lawful(as_it_is_now(case), reason)
        require(not denial.needs_two_people, _("Two people must agree to this; propose it first."))
        _say_no(case, actor, denial, may_leave(letter).text(), letter.words)


def propose_refusal(case: DataSubjectRequest, *, actor: Any, reason: str, letter: Letter) -> None:
    """The first of two people says no as unfounded or excessive; the person hears of it only when a second agrees."""
    with transaction.atomic():
        denial = _require_lawful(as_it_is_now(case), reason)
        require(denial.needs_two_people, _("This reason needs no second person."))
        require_no_doubt(case)
        text = may_leave(letter).text()
        if case.state in (State.RECEIVED, State.VERIFYING):
            start(case, actor=actor)
        move(case, State.AWAITING_APPROVAL, actor=actor, proposed_by=actor, approved_by=None, denial_reason=denial.code)
        note(case, PROPOSED, actor=actor, text=text, words=letter.words, is_internal=True)


def approve_refusal(case: DataSubjectRequest, *, actor: Any) -> None:
    """The second, different person agrees, and the letter leaves as it was proposed."""
    with transaction.atomic():
        proposal, denial = proposed_letter(as_it_is_now(case)), denial_of(case)
        if proposal is None or denial is None:
            raise NotAllowed(_("No refusal waits for a second person here."))
        require_second(case, actor)
        _say_no(case, actor, denial, proposal.text, proposal.words, approved_by=actor)


def require_reason(case: DataSubjectRequest, reason: str) -> Denial:
    """The reason, if it exists for this kind of case and is true of it."""
    denial = DENIALS.get(reason)
    if denial is None or not denial.is_for(case.kind):
        raise NotAllowed(_("Choose the reason; this one does not exist for this kind of request."))
    never = denial.needs_an_earlier_request and not was_asked_before(case)
    require(not never, _("The person has asked for this once only; that is not one time too many."))
    return denial


def was_asked_before(case: DataSubjectRequest) -> bool:
    """Whether the person has asked for the same before; a first request is never one too many."""
    same = DataSubjectRequest.objects.filter(data_subject=case.data_subject_id, kind=case.kind)
    return same.filter(received_at__lte=case.received_at).exclude(pk=case.pk).exists()


def _require_lawful(case: DataSubjectRequest, reason: str) -> Denial:
    require_no_outcome_letter(case)
    require(case.right.can_be_refused, _("Nobody may refuse this; carry it out (Art. 21(3))."))
    return require_reason(case, reason)


def _say_no(
    case: DataSubjectRequest, actor: Any, denial: Denial, text: str, words: LetterVersion | None, **changes: Any
) -> None:
    move(
        case, State.REFUSED, actor=actor, text=text, words=words, outcome=text.encode(), denial_reason=denial.code,
        **changes,
    )  # fmt: skip
    tell("case_refused", case)
