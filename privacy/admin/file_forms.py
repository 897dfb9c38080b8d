"""What is asked before a copy of somebody's data leaves."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from ..subject_requests import releasing, searching
from ..vocabulary import Category
from .step_forms import LONGEST, StepForm


class SearchForm(StepForm):
    """Where was searched; of our own records it stands there already how many there are."""

    tables = forms.MultipleChoiceField(
        label=_("Searched in our records"), widget=forms.CheckboxSelectMultiple, required=False,
        help_text=_("The number says how many records there are about the person."),
    )  # fmt: skip
    places = forms.MultipleChoiceField(
        label=_("Searched elsewhere"), choices=list(searching.PLACES.items()), widget=forms.CheckboxSelectMultiple,
        required=False,
    )  # fmt: skip
    elsewhere = forms.CharField(label=_("Another place"), max_length=500, required=False)
    why = forms.CharField(
        label=_("Why is this enough?"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What was reasonable and proportionate here. Name nobody: the person reads this in her copy."),
    )  # fmt: skip

    def adapt(self) -> None:
        """All of our own records are ticked: a copy reads them all."""
        counts = searching.found(self.case)
        choices = [(name, f"{Category(name).label}: {count}") for name, count in counts.items()]
        self.fields["tables"].choices = choices  # type: ignore[attr-defined]
        self.fields["tables"].initial = list(counts)


class ChecksForm(StepForm):
    """Which of the three was looked at."""

    comes_filled: ClassVar[bool] = True
    kinds = forms.MultipleChoiceField(label=_("I have looked:"), widget=forms.CheckboxSelectMultiple)

    def adapt(self) -> None:
        """Those that are still open."""
        labels = dict(releasing.Kind.choices)
        choices = [(kind, labels[kind]) for kind in releasing.open_checks(self.case)]
        self.fields["kinds"].choices = choices  # type: ignore[attr-defined]


class LeaveOutForm(forms.Form):
    """A passage of one text, or all of it, and why."""

    table = forms.CharField(max_length=100, widget=forms.HiddenInput)
    row = forms.CharField(max_length=64, widget=forms.HiddenInput)
    field = forms.CharField(max_length=64, widget=forms.HiddenInput)
    passage = forms.CharField(
        label=_("Passage"), max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Copy it from the text above. Wherever it stands in this text, it is left out."),
    )  # fmt: skip
    whole = forms.BooleanField(label=_("Leave out the whole text"), required=False)
    why = forms.CharField(label=_("Why?"), max_length=500, help_text=_("For colleagues; the person does not read it."))

    def clean(self) -> dict[str, Any]:
        """Either a passage or all of it."""
        said: dict[str, Any] = super().clean() or {}
        if bool(said.get("whole")) == bool(said.get("passage", "").strip()):
            self.add_error("passage", _("Give a passage, or tick that the whole text is left out."))
        return said
