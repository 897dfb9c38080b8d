"""What the steps of single kinds ask: the outcome of a complaint, its transaction, a correction, another kind."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import rights
from ..fields import not_in_the_future
from ..forms import CorrectionFields, TransactionFields
from ..subject_requests import complaint, rectification
from .step_forms import LONGEST, StepForm


def _day(label: Any, *, required: bool = True) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, validators=[not_in_the_future], widget=widget)


def _area(label: Any, rows: int = 3) -> forms.CharField:
    return forms.CharField(label=label, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": rows}))


class WhoseErrorForm(StepForm):
    """One question, two answers."""

    whose = forms.ChoiceField(
        label=_("Whose mistake was it?"), widget=forms.RadioSelect,
        choices=[
            ("ours", _("Ours: it must be right within ten working days")),
            ("not_ours", _("Not ours: only the day of the law holds, and the person reads that")),
        ],
    )  # fmt: skip
    text = _area(_("What went wrong, and how do you know?"))


class TransactionForm(TransactionFields, StepForm):
    """What it is about, and the transaction the mediator asks for."""

    comes_filled = True

    def adapt(self) -> None:
        """Begins with what is known."""
        row = complaint.of(self.case)
        for name in ("subject", "transaction_number", "transaction_on"):
            self.fields[name].initial = getattr(row, name)


class MediationForm(StepForm):
    """Since when."""

    opened_on = _day(_("On which day was it opened?"))

    def adapt(self) -> None:
        """Today, unless said otherwise."""
        self.fields["opened_on"].initial = timezone.localdate()


class CorrectionForm(CorrectionFields, StepForm):
    """What exactly is wrong."""

    comes_filled = True

    def adapt(self) -> None:
        """Begins with what is known; what should stand there must be said."""
        row = rectification.of(self.case)
        for name in rectification.LABELS:
            self.fields[name].initial = row.said(name)
        self.fields["proposed"].required = True


class ConvertForm(StepForm):
    """Into what."""

    kind = forms.ChoiceField(label=_("What is really asked for?"))

    def adapt(self) -> None:
        """Everything but a question."""
        others = [(kind, label) for kind, label in rights.choices() if kind != "enquiry"]
        self.fields["kind"].choices = [("", "–"), *others]  # type: ignore[attr-defined]
