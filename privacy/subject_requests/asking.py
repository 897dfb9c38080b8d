"""What we must first know: who is asking, what is meant, how long it takes. Each question moves the clock by law."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit
from ..cases import State
from ..letters import Letter, LetterVersion
from . import papers
from .case import DataSubjectRequest
from .letters import tell
from .refusing import may_leave, require
from .timeline import DOUBTS, SETTLED, move, note, open_doubt

ANSWERS = {"id_asked": "id_received", "clarification_asked": "clarification_received"}


def open_questions(case: DataSubjectRequest) -> set[str]:
    """What we asked for and still wait for: `id_asked`, `clarification_asked`."""
    kinds = list(case.events.filter(kind__in=[*ANSWERS, *ANSWERS.values()]).values_list("kind", flat=True))
    return {asked for asked, answered in ANSWERS.items() if kinds.count(asked) > kinds.count(answered)}


def ask(case: DataSubjectRequest, kind: str, *, actor: Any, text: str, words: LetterVersion | None = None) -> None:
    """Asks the person for proof of who she is, or for what she means, by letter (Art. 12(6), recital 63)."""
    require(case.is_open, _("The request is closed."))
    may_leave(Letter(kind, {"text": text}, words))
    require(kind not in open_questions(case), _("This was asked already; wait for the answer."))
    known = kind == "id_asked" and case.identity_confirmed_at is not None
    require(not known, _("It is known who is asking; proof may be asked for only in doubt (Art. 12(6))."))
    with transaction.atomic():
        if kind == "id_asked" and State.VERIFYING in case.next_states():
            move(case, State.VERIFYING, actor=actor)
        event = note(case, kind, actor=actor, text=text, words=words)
        tell("case_question", case, event)


def answered(case: DataSubjectRequest, kind: str, *, actor: Any) -> None:
    """The answer to a question has come."""
    require(kind in open_questions(case), _("Nothing was asked."))
    note(case, ANSWERS[kind], actor=actor)


def acknowledge(case: DataSubjectRequest, *, actor: Any, how: str) -> None:
    """Notes that the person was told of the receipt by a road of which no machine knows, such as a letter."""
    require(case.is_open, _("The request is closed."))
    require(bool(how.strip()), _("Write how you told the person."))
    note(case, "acknowledged", actor=actor, text=how)


def extend(case: DataSubjectRequest, *, actor: Any, reasons: str, words: LetterVersion | None = None) -> None:
    """More time, once, with reasons and while it is still allowed; the person is told (Art. 12(3))."""
    require(case.is_open, _("The request is closed."))
    may_leave(Letter("extension", {"text": reasons}, words))
    with transaction.atomic():
        event = note(case, "extended", actor=actor, text=reasons, words=words)
        tell("case_extended", case, event)


def doubt(case: DataSubjectRequest, kind: str, *, actor: Any, why: str) -> None:
    """The match failed or misuse is suspected: nothing runs until a second person has settled it (CLG-22, CLG-23)."""
    require(case.is_open and case.state != State.EXECUTING, _("It is too late to doubt: the request was carried out."))
    require(kind in DOUBTS and bool(why.strip()), _("Say what makes you doubt."))
    with transaction.atomic():
        if State.VERIFYING not in case.next_states() and case.state != State.VERIFYING:
            move(case, State.IN_PROGRESS, actor=actor, proposed_by=None)
        if case.state != State.VERIFYING:
            move(case, State.VERIFYING, actor=actor)
        case.identity_confirmed_at = None
        case.save(update_fields=["identity_confirmed_at"])
        note(case, kind, actor=actor, text=why, is_internal=True)


def settle(case: DataSubjectRequest, *, actor: Any, outcome: str) -> None:
    """A different colleague has called back or looked into it, and lets the request go on."""
    first = open_doubt(case)
    require(first is not None, _("There is no doubt to settle."))
    require(bool(outcome.strip()), _("Write how it was settled."))
    require(first is None or first.actor != audit.reference(actor), _("A second, different person must settle this."))
    with transaction.atomic():
        case.identity_confirmed_at = timezone.now()
        case.save(update_fields=["identity_confirmed_at"])
        note(case, SETTLED, actor=actor, text=outcome, is_internal=True)
        papers.forget_proofs(case, actor=actor)
