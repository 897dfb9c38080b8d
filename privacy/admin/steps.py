"""What may be done with a case: each step in plain words, who may take it, when it is offered, and its one verb."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .. import roles, subject_requests
from ..cases import State
from ..roles import Act
from ..subject_requests import DataSubjectRequest as Dsr
from ..subject_requests import papers, representing
from . import clock_card
from .letter_forms import AnswerForm, ClarificationLetterForm, ExtensionForm, IdentityLetterForm
from .step_forms import (
    AssignForm,
    ConfirmForm,
    DoubtForm,
    IdentityForm,
    MergeForm,
    PaperForm,
    RepresentativeForm,
    TextForm,
)

Text = str | Promise
BEFORE_WORK = (State.RECEIVED, State.VERIFYING)
IN_HAND = (*BEFORE_WORK, State.IN_PROGRESS)
# Carrying out is as strong as the right behind it (FAULTS G); what is not named here needs `HANDLE`.
CARRIED_OUT_BY = {
    "access": Act.START_EXPORT, "portability": Act.START_EXPORT, "rectification": Act.APPROVE_CORRECTION,
    "objection": Act.SWITCH_OFF,
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One button."""

    name: str
    label: Text
    explanation: Text
    act: Act
    run: Callable[[Dsr, Any, dict[str, Any]], Any]
    offered: Callable[[Dsr, Any], bool]
    form: type[forms.Form] = ConfirmForm
    tone: str = "quiet"
    clock: str = ""
    group: str = "answer"
    comes_next: Callable[[Dsr], bool] | None = None

    def act_for(self, case: Dsr) -> Act:
        """What somebody must be allowed to do; for carrying out it depends on the right."""
        return CARRIED_OUT_BY.get(case.kind, self.act) if self.name == "carry_out" else self.act

    def is_next(self, case: Dsr) -> bool:
        """Whether it is what the case waits for now."""
        return self.tone == "main" or self.name == "approve" or (self.comes_next is not None and self.comes_next(case))

    def is_open_to(self, account: Any, case: Dsr) -> bool:
        """Whether this person may take it now."""
        return roles.may(account, self.act_for(case)) and self.offered(case, account)


def _may_carry_out(case: Dsr, account: Any) -> bool:
    ready = case.state in (State.RECEIVED, State.IN_PROGRESS) and case.identity_confirmed_at is not None
    searched = not case.right.needs_search or case.search_note is not None
    return ready and searched and not case.right.needs_two_people and not case.right.has_outcome_letter


def _may_approve(case: Dsr, account: Any) -> bool:
    waited = not case.execute_after or case.execute_after <= timezone.now()
    waits = case.state == State.AWAITING_APPROVAL and not case.denial_reason
    return waits and case.proposed_by_id != account.pk and waited


def _may_propose(case: Dsr, account: Any) -> bool:
    return case.right.needs_two_people and case.state == State.IN_PROGRESS and case.identity_confirmed_at is not None


def _may_settle(case: Dsr, account: Any) -> bool:
    return case.is_open and subject_requests.open_doubt(case) is not None


def _may_doubt(case: Dsr, account: Any) -> bool:
    return case.state in (*IN_HAND, State.AWAITING_APPROVAL) and not subject_requests.open_doubt(case)


def _needs_identity(case: Dsr, account: Any) -> bool:
    return case.state in IN_HAND and case.identity_confirmed_at is None and not subject_requests.open_doubt(case)


def _may_ask_proof(case: Dsr, account: Any) -> bool:
    return case.state in IN_HAND and "id_asked" not in subject_requests.open_questions(case)


def _ask_proof(case: Dsr, who: Any, said: dict[str, Any]) -> None:
    subject_requests.ask(case, "id_asked", actor=who, text=said["text"], words=said["began_with"], doubt=said["doubt"])


def _asked(kind: str) -> Callable[[Dsr, Any], bool]:
    return lambda case, _who: case.is_open and kind in subject_requests.open_questions(case)


def _not_asked(kind: str) -> Callable[[Dsr, Any], bool]:
    return lambda case, _who: case.state in IN_HAND and kind not in subject_requests.open_questions(case)


def _ask(kind: str) -> Callable[[Dsr, Any, dict[str, Any]], None]:
    return lambda case, who, said: subject_requests.ask(
        case, kind, actor=who, text=said["text"], words=said["began_with"]
    )


def _add_paper(case: Dsr, who: Any, said: dict[str, Any]) -> None:
    papers.add(case, said["kind"], said["file"].name, said["file"].read(), actor=who)


def _represent(case: Dsr, who: Any, said: dict[str, Any]) -> None:
    representing.name(case, said["name"], said["email"], actor=who)


def _may_be_represented(case: Dsr, account: Any) -> bool:
    return case.is_open and case.state != State.EXECUTING and representing.of_case(case) is None


def _has_twin(case: Dsr, account: Any) -> bool:
    return State.MERGED in case.next_states() and subject_requests.twins(case).exists()


def _note(case: Dsr, who: Any, said: dict[str, Any]) -> None:
    subject_requests.note(case, "comment", actor=who, text=said["text"], is_internal=True)


def _carry_out(case: Dsr, who: Any, said: dict[str, Any]) -> None:
    subject_requests.carry_out(case, actor=who, text=said.get("text", ""), words=said.get("began_with"))


def _extend(case: Dsr, who: Any, said: dict[str, Any]) -> None:
    subject_requests.extend(case, actor=who, reasons=said["text"], words=said["began_with"])


def _not_extended(case: Dsr, account: Any) -> bool:
    return case.is_open and not case.events.filter(kind="extended").exists()


def _waits_for(clock: str) -> Callable[[Dsr, Any], bool]:
    return lambda case, _who: case.is_open and clock_card.is_waited_for(case, clock)


STEPS: list[Step] = [
    Step(
        "start", _("Take it in hand"), _("The request becomes yours, and the person sees that somebody works on it."),
        Act.HANDLE, lambda case, who, _said: subject_requests.start(case, actor=who),
        lambda case, _who: case.state in (*BEFORE_WORK, State.NEEDS_ATTENTION), tone="main",
    ),
    Step(
        "confirm_identity", _("Confirm who is asking"), _("You note how you know that it is really this person."),
        Act.HANDLE, lambda case, who, said: subject_requests.confirm_identity(case, actor=who, how=said["how"]),
        _needs_identity, IdentityForm, "main", group="who",
    ),
    Step(
        "carry_out", _("Carry it out"), _("What the right asks for is done now, and the person is told."),
        Act.HANDLE, _carry_out,
        _may_carry_out, AnswerForm, "main",
    ),
    Step(
        "propose", _("Propose to a second person"), _("You say that it may be done. A different colleague must agree."),
        Act.PROPOSE, lambda case, who, _said: subject_requests.propose(case, actor=who), _may_propose, tone="main",
    ),
    Step(
        "approve", _("Approve and carry out"), _("As the second person you agree. It starts at once, for good."),
        Act.APPROVE, lambda case, who, _said: subject_requests.approve(case, actor=who), _may_approve, tone="danger",
    ),
    Step(
        "send_back", _("Send back"), _("You do not agree yet; the first person reads why. The clock keeps running."),
        Act.APPROVE, lambda case, who, said: subject_requests.send_back(case, actor=who, why=said["text"]),
        lambda case, _who: case.state == State.AWAITING_APPROVAL, TextForm,
    ),
    Step(
        "settle", _("Settle the doubt"), _("You called back or looked into it, and the request may go on."),
        Act.REFUSE, lambda case, who, said: subject_requests.settle(case, actor=who, outcome=said["text"]),
        _may_settle, TextForm, "main", group="who",
    ),
    Step(
        "id_asked", _("Ask who it is"),
        _("A letter asks the person to show that it is really her. Only where you can say why you doubt it."),
        Act.HANDLE, _ask_proof, _may_ask_proof, IdentityLetterForm, clock="id_asked", group="wait",
    ),
    Step(
        "id_received", _("The proof has come"), _("The clock goes on from today."),
        Act.HANDLE, lambda case, who, _said: subject_requests.answered(case, "id_asked", actor=who),
        _asked("id_asked"), clock="id_received", group="wait",
    ),
    Step(
        "clarification_asked", _("Ask what is meant"), _("A letter asks the person what exactly she wants."),
        Act.HANDLE, _ask("clarification_asked"),
        _not_asked("clarification_asked"), ClarificationLetterForm, clock="clarification_asked", group="wait",
    ),
    Step(
        "clarification_received", _("The explanation has come"), _("The clock goes on from today."),
        Act.HANDLE, lambda case, who, _said: subject_requests.answered(case, "clarification_asked", actor=who),
        _asked("clarification_asked"), clock="clarification_received", group="wait",
    ),
    Step(
        "acknowledged", _("Receipt confirmed by letter or phone"),
        _("You told the person yourself that we have it, because no email could."),
        Act.HANDLE, lambda case, who, said: subject_requests.acknowledge(case, actor=who, how=said["text"]),
        _waits_for("acknowledgement"), TextForm, group="wait",
    ),
    Step(
        "extend", _("Take more time"), _("Once, with reasons. A letter tells the person the new last day and why."),
        Act.HANDLE, _extend, _not_extended, ExtensionForm, clock="extended", group="wait",
    ),
    Step(
        "assign", _("Give it to a colleague"), _("The request moves to somebody else's list."),
        Act.HANDLE, lambda case, who, said: case.assign(said["to"], actor=who),
        lambda case, _who: case.is_open, AssignForm, group="team",
    ),
    Step(
        "paper", _("Add a paper"), _("A scan of the letter, an authority, or evidence. It is kept encrypted."),
        Act.HANDLE, _add_paper, lambda _case, _who: True, PaperForm, group="team",
    ),
    Step(
        "represent", _("Somebody acts for the person"),
        _("A relative, a lawyer or an association asks in her name. Nothing is done before their authority was seen."),
        Act.HANDLE, _represent, _may_be_represented, RepresentativeForm, group="who",
    ),
    Step(
        "authority_seen", _("The authority is in order"),
        _("You have read the document in which the person lets them act. From now on letters go to them."),
        Act.HANDLE, lambda case, who, _said: representing.authority_seen(case, actor=who),
        lambda case, _who: case.is_open and representing.is_unproven(case), tone="main", group="who",
    ),
    Step(
        "representation_ended", _("Nobody acts for the person any more"), _("Letters go to the person again."),
        Act.HANDLE, lambda case, who, _said: representing.ended(case, actor=who),
        lambda case, _who: case.is_open and representing.of_case(case) is not None, group="who",
    ),
    Step(
        "merge", _("The same wish came twice"),
        _("The later request is closed into the earlier one, which keeps its clock. The person is told both numbers."),
        Act.HANDLE, lambda case, who, said: subject_requests.merge(case, said["other"], actor=who),
        _has_twin, MergeForm, group="end",
    ),
    Step(
        "note", _("Add a note"), _("For colleagues. The person sees it only in a copy of her data."),
        Act.HANDLE, _note,
        lambda _case, _who: True, TextForm, group="team",
    ),
    Step(
        "doubt", _("Something is wrong"),
        _("The match failed or you suspect misuse. Nothing runs until a privacy officer has settled it."),
        Act.HANDLE, lambda case, who, said: subject_requests.doubt(case, said["kind"], actor=who, why=said["text"]),
        _may_doubt, DoubtForm, group="who",
    ),
    Step(
        "withdraw", _("The person changed her mind"), _("The request is closed, and the person is told."),
        Act.HANDLE, lambda case, who, _said: subject_requests.withdraw(case, actor=who),
        lambda case, _who: State.WITHDRAWN in case.next_states(), group="end",
    ),
]  # fmt: skip


def named(name: str) -> Step | None:
    """The step of this name."""
    return next((step for step in STEPS if step.name == name), None)
