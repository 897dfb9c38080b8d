"""What may be done with one kind of case alone: a complaint, a correction, a question that is a request."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ..cases import State
from ..roles import Act
from ..subject_requests import DataSubjectRequest as Dsr
from ..subject_requests import complaints, converting, open_doubt, rectification
from ..subject_requests.complaint import Stage, of
from .kind_forms import ConvertForm, CorrectionForm, MediationForm, TransactionForm, WhoseErrorForm
from .letter_forms import OutcomeForm, ProgressLetterForm
from .steps import STEPS, Step


def _is_complaint(case: Dsr, account: Any) -> bool:
    return case.kind == "complaint" and case.is_open


def _may_answer(case: Dsr, account: Any) -> bool:
    known = case.identity_confirmed_at is not None and not open_doubt(case)
    return _is_complaint(case, account) and known and case.state != State.NEEDS_ATTENTION


def _may_mediate(case: Dsr, account: Any) -> bool:
    if not _is_complaint(case, account):
        return False
    row = of(case)
    return row.stage == Stage.COMPLAINT and row.has_transaction


def _may_arbitrate(case: Dsr, account: Any) -> bool:
    return _is_complaint(case, account) and of(case).stage == Stage.MEDIATION


def _is_correction(case: Dsr, account: Any) -> bool:
    return case.kind == "rectification" and case.is_open


def _answer(case: Dsr, who: Any, said: dict[str, Any]) -> None:
    complaints.answer(
        case, actor=who, outcome=said["outcome"], letter=said["letter"], stays_open=said.get("stays_open", False)
    )


KIND_STEPS = [
    Step(
        "answer", _("Answer the complaint"),
        _("A letter says how it ends and where the person may go next. Without that it cannot be sent."),
        Act.HANDLE, _answer, _may_answer, OutcomeForm, "main",
    ),
    Step(
        "progress", _("Tell the person how it stands"),
        _("An email in your words; where we know no email address, send it by post too. The complaint stays open."),
        Act.HANDLE,
        lambda case, who, said: complaints.inform(case, actor=who, text=said["text"], words=said["began_with"]),
        _is_complaint, ProgressLetterForm, group="wait",
    ),
    Step(
        "transaction", _("Note what it is about"),
        _("The subject for the register; number and day of the order or payment, without which nobody mediates."),
        Act.HANDLE, lambda case, who, said: complaints.describe(case, actor=who, **said), _is_complaint,
        TransactionForm,
    ),
    Step(
        "mediation", _("Mediation was opened"),
        _("The mediator has 45 days from that day. A letter tells the person the last of them."),
        Act.HANDLE, lambda case, who, said: complaints.open_mediation(case, actor=who, opened_on=said["opened_on"]),
        _may_mediate, MediationForm,
    ),
    Step(
        "arbitration", _("It goes to arbitration"), _("Mediation did not help. A letter tells the person."),
        Act.HANDLE, lambda case, who, _said: complaints.open_arbitration(case, actor=who), _may_arbitrate,
    ),
    Step(
        "describe", _("Write down what is wrong"), _("What stands there, and what should, as the person told you."),
        Act.PROPOSE_CORRECTION, lambda case, who, said: rectification.describe(case, actor=who, **said),
        _is_correction, CorrectionForm,
    ),
    Step(
        "whose_error", _("Whose mistake it was"),
        _("You may say so again when you know better; the later word counts."),
        Act.PROPOSE_CORRECTION,
        lambda case, who, said: rectification.whose_error(
            case, is_ours=said["whose"] == "ours", actor=who, why=said["text"]
        ),
        _is_correction, WhoseErrorForm,
    ),
    Step(
        "convert", _("It is more than a question"),
        _("It becomes a request of another kind. Number and day of receipt stay; a letter tells the person."),
        Act.HANDLE, lambda case, who, said: converting.convert(case, said["kind"], actor=who),
        lambda case, _who: converting.may_be_converted(case), ConvertForm, group="end",
    ),
]  # fmt: skip
# They stand where carrying out stands: what a colleague came for, before questions, notes and refusals.
PLACE = next(place for place, step in enumerate(STEPS) if step.name == "propose")
STEPS[PLACE:PLACE] = KIND_STEPS
