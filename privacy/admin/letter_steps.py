"""Refusing, alone or by two people, and asking for a fee: what ends in a letter that must hold certain things."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .. import subject_requests
from ..cases import State
from ..roles import Act
from ..subject_requests import DataSubjectRequest as Dsr
from ..subject_requests import Fee, denials, fee, fees, open_doubt, proposed_letter
from .letter_forms import AgreeForm, ReasonForm, RefusalForm, UnfoundedForm, shown
from .step_forms import StepForm, TextForm
from .steps import BEFORE_WORK, STEPS, Step

CURRENCIES = {"GB": "GBP", "SG": "SGD", "US-CA": "USD"}


class FeeForm(ReasonForm):
    """How much, why by law, and the letter that says so."""

    letter = "fee"
    two_people = True
    amount = forms.DecimalField(label=_("How much?"), max_digits=6, decimal_places=2, min_value=0, localize=False)
    currency = forms.RegexField(label=_("Currency"), regex=fees.CURRENCY, max_length=3)

    def adapt(self) -> None:
        """Begins with the currency of the shop's law."""
        super().adapt()
        self.fields["currency"].initial = CURRENCIES.get(settings.SHOP["jurisdiction"], "EUR")


class AgreeToFeeForm(StepForm):
    """The fee and its letter as they were proposed."""

    comes_filled = True

    def adapt(self) -> None:
        """Shown whole, and not to be changed here."""
        row = fee.of(self.case)
        self.fields["proposed"] = shown(_("The letter as it would leave"), row.text if row else "")


def _may_refuse(case: Dsr, account: Any) -> bool:
    return State.REFUSED in case.next_states() and case.right.can_be_refused


def _may_propose_refusal(case: Dsr, account: Any) -> bool:
    early = case.state in (*BEFORE_WORK, State.IN_PROGRESS) and not open_doubt(case)
    return early and bool(denials.for_kind(case.kind, two_people=True))


def _may_agree(case: Dsr, account: Any) -> bool:
    return proposed_letter(case) is not None and case.proposed_by_id != account.pk


def _fee_is(state: str, case: Dsr) -> bool:
    row = fee.of(case) if case.is_open else None
    return row is not None and row.state == state


def _may_agree_to_fee(case: Dsr, account: Any) -> bool:
    row = fee.of(case) if case.is_open else None
    return row is not None and row.state == Fee.State.PROPOSED and row.proposed_by_id != account.pk


def _propose_fee(case: Dsr, who: Any, said: dict[str, Any]) -> None:
    asked = {name: said[name] for name in ("reason", "amount", "currency", "letter")}
    fees.propose(case, actor=who, **asked)


AFTER_PROPOSING = [
    Step(
        "approve_refusal", _("Agree to the refusal"),
        _("As the second person you agree that it is unfounded or excessive. The letter leaves as it stands here."),
        Act.APPROVE, lambda case, who, _said: subject_requests.approve_refusal(case, actor=who), _may_agree,
        AgreeForm, "danger",
    ),
    Step(
        "approve_fee", _("Agree to the fee"),
        _("As the second person you agree that it may cost something. The letter leaves as it stands here."),
        Act.APPROVE, lambda case, who, _said: fees.approve(case, actor=who), _may_agree_to_fee, AgreeToFeeForm,
        "danger", clock="fee_asked",
    ),
    Step(
        "fee_sent_back", _("No fee"), _("You do not agree; nothing is asked for, and the first person reads why."),
        Act.APPROVE, lambda case, who, said: fees.send_back(case, actor=who, why=said["text"]),
        lambda case, _who: _fee_is(Fee.State.PROPOSED, case), TextForm, group="wait",
    ),
    Step(
        "fee_paid", _("The fee was paid"), _("The clock goes on from today."),
        Act.HANDLE, lambda case, who, _said: fees.paid(case, actor=who),
        lambda case, _who: _fee_is(Fee.State.ASKED, case), clock="fee_paid", group="wait",
    ),
    Step(
        "fee_withdrawn", _("Take the fee back"),
        _("The person owes nothing and is told so. The last day is again what it was without the fee."),
        Act.HANDLE, lambda case, who, said: fees.take_back(case, actor=who, why=said["text"]),
        lambda case, _who: _fee_is(Fee.State.ASKED, case), TextForm, clock="fee_withdrawn", group="wait",
    ),
]  # fmt: skip
AT_THE_END = [
    Step(
        "ask_fee", _("Propose a fee"),
        _("Only for what is plainly unfounded or excessive. A second person, a privacy officer, must agree."),
        Act.PROPOSE, _propose_fee, lambda case, _who: fees.may_be_asked(case), FeeForm, group="wait",
    ),
    Step(
        "propose_refusal", _("Propose to refuse it as unfounded or excessive"),
        _("A second person, a privacy officer, must agree. Until then the person is told nothing; the clock runs."),
        Act.PROPOSE,
        lambda case, who, said: subject_requests.propose_refusal(
            case, actor=who, reason=said["reason"], letter=said["letter"]
        ),
        _may_propose_refusal, UnfoundedForm, "danger", group="end",
    ),
    Step(
        "refuse", _("Refuse"), _("A letter gives your reasons and says where the person can complain."),
        Act.REFUSE,
        lambda case, who, said: subject_requests.refuse(case, actor=who, reason=said["reason"], letter=said["letter"]),
        _may_refuse, RefusalForm, "danger", group="end",
    ),
]  # fmt: skip
# A second person's steps stand where she looks for them; saying no stands last, as it should be thought of last.
PLACE = next(place for place, step in enumerate(STEPS) if step.name == "send_back")
STEPS[PLACE:PLACE] = AFTER_PROPOSING
STEPS += AT_THE_END
