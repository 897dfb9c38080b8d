"""What the steps of single kinds ask: the outcome of a complaint, its transaction, a correction, another kind."""

from dataclasses import fields as columns_of
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import rights
from ..fields import not_in_the_future
from ..forms import CorrectionFields, TransactionFields
from ..subject_requests import complaint, rectification, where_next
from .step_forms import LONGEST, StepForm


def _day(label: Any, *, required: bool = True) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, validators=[not_in_the_future], widget=widget)


def _area(label: Any, rows: int = 3) -> forms.CharField:
    return forms.CharField(label=label, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": rows}))


class OutcomeForm(StepForm):
    """The outcome letter with its three blocks, each to be seen before it leaves (SFB-07, SFB-11)."""

    outcome = forms.ChoiceField(
        label=_("How does it end?"), choices=[("", "–"), *((one.value, one.label) for one in complaint.ANSWERS)]
    )
    text = _area(_("Answer to the person: what you found, and what is done"), rows=5)
    regulator = _area(_("Where to go next: the regulator"), rows=3)
    mediation = _area(_("Where to go next: mediation at no charge"), rows=6)
    courts = _area(_("The courts are never closed"), rows=2)
    stays_open = forms.BooleanField(label=_("Do not close it: the person may go to mediation"), required=False)

    def adapt(self) -> None:
        """Begins with the usual words; after arbitration nothing is left to wait for."""
        usual = where_next.usual()
        for block in columns_of(usual):
            self.fields[block.name].initial = getattr(usual, block.name)
        if complaint.of(self.case).stage == complaint.Stage.ARBITRATION:
            del self.fields["stays_open"]


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
