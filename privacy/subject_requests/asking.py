"""What we must first know: who is asking, what is meant, how long it takes. Each question moves the clock by law."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from .. import jobs
from ..letters import Letter, LetterVersion
from ..notices import OutgoingEmail
from . import papers, representing
from .call_backs import back_to_verifying
from .case import DataSubjectRequest
from .handling import SYSTEM
from .letters import ACKNOWLEDGEMENT, case_of, tell
from .refusing import may_leave, require
from .timeline import note

ANSWERS = {"id_asked": "id_received", "clarification_asked": "clarification_received"}


def open_questions(case: DataSubjectRequest) -> set[str]:
    """What we asked for and still wait for: `id_asked`, `clarification_asked`."""
    kinds = list(case.events.filter(kind__in=[*ANSWERS, *ANSWERS.values()]).values_list("kind", flat=True))
    return {asked for asked, answered in ANSWERS.items() if kinds.count(asked) > kinds.count(answered)}


def ask(
    case: DataSubjectRequest,
    kind: str,
    *,
    actor: Any,
    text: str,
    words: LetterVersion | None = None,
    doubt: str = "",
) -> None:
    """Asks the person for proof of who she is, or for what she means, by letter (Art. 12(6), recital 63).

    Proof may be asked for only with `doubt`: why it is reasonable to doubt that it is her. Who had signed in and proven
    it just before is not known any longer from then on.
    """
    require(case.is_open, _("The request is closed."))
    may_leave(Letter(kind, {"text": text}, words))
    require(kind not in open_questions(case), _("This was asked already; wait for the answer."))
    if kind == "id_asked":
        _require_doubt(case, doubt)
    with transaction.atomic():
        if kind == "id_asked":
            back_to_verifying(case, actor=actor)
            note(case, "id_doubt", actor=actor, text=doubt, is_internal=True)
        event = note(case, kind, actor=actor, text=text, words=words)
        tell("case_question", case, event)


def _require_doubt(case: DataSubjectRequest, doubt: str) -> None:
    known = case.identity_confirmed_at is not None
    why = _("It is known who is asking; proof may be asked for only in doubt (Art. 12(6)).") if known else ""
    require(bool(doubt.strip()), why or _("Say why you doubt who is asking; without that no proof may be asked for."))


def answered(case: DataSubjectRequest, kind: str, *, actor: Any) -> None:
    """The answer to a question has come."""
    require(kind in open_questions(case), _("Nothing was asked."))
    note(case, ANSWERS[kind], actor=actor)


def reply(case: DataSubjectRequest, kind: str, *, actor: Any, text: str, paper: papers.Upload | None = None) -> None:
    """The person answers our question herself, or adds something; a paper that she sends is kept with it.

    The clock goes on from this moment; whether the answer is enough, a colleague judges, and asks again if not.
    """
    require(case.is_open, _("The request is closed."))
    require(bool(text.strip() or paper), _("Write something, or choose a file."))
    asked = kind if kind in open_questions(case) else ""
    with transaction.atomic():
        if paper:
            what = papers.CasePaper.Kind.IDENTITY if asked == "id_asked" else papers.CasePaper.Kind.EVIDENCE
            papers.add(case, what, paper.name, paper.content, actor=actor)
        note(case, ANSWERS.get(asked, "added"), actor=actor, text=text)


def acknowledge(case: DataSubjectRequest, *, actor: Any, how: str) -> None:
    """Notes that the person was told of the receipt by a road of which no machine knows, such as a letter."""
    require(case.is_open, _("The request is closed."))
    require(bool(how.strip()), _("Write how you told the person."))
    note(case, "acknowledged", actor=actor, text=how)


@jobs.when_done(OutgoingEmail)
def _has_left(letter: OutgoingEmail) -> None:
    """Only when the letter that confirms the receipt has left, the receipt is confirmed; once."""
    case = case_of(letter) if letter.template in (ACKNOWLEDGEMENT, representing.LETTER) else None
    if case and not case.events.filter(kind="acknowledged").exists():
        note(case, "acknowledged", actor=SYSTEM)


def extend(case: DataSubjectRequest, *, actor: Any, reasons: str, words: LetterVersion | None = None) -> None:
    """More time, once, with reasons and while it is still allowed; the person is told (Art. 12(3))."""
    require(case.is_open, _("The request is closed."))
    may_leave(Letter("extension", {"text": reasons}, words))
    with transaction.atomic():
        event = note(case, "extended", actor=actor, text=reasons, words=words)
        tell("case_extended", case, event)
