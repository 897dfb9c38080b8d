"""What a person may enter, and how we ask for it."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from . import rights
from .personal_data import PersonalData
from .recipient_notices import State

LONGEST_TEXT = 5000


class AddressForm(forms.Form):
    """One email address."""

    email = forms.EmailField(
        label=_("Your email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _("This does not look like an email address, such as name@example.com.")},
    )


class RequestForm(forms.Form):
    """Which right, and anything the person wants to add."""

    kind = forms.ChoiceField(
        label=_("What would you like us to do?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one.")},
    )
    details = forms.CharField(
        label=_("Anything you want to add"),
        help_text=_("For a correction: what is wrong, and what is right."),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, kinds: list[str] | None = None, **kwargs: Any) -> None:
        """With these kinds only, all of them by default."""
        super().__init__(*args, **kwargs)
        offered = [entry for entry in rights.REGISTER.values() if kinds is None or entry.kind in kinds]
        self.fields["kind"].choices = [(entry.kind, entry.label) for entry in offered]  # type: ignore[attr-defined]
        self.entries = {entry.kind: entry for entry in offered}


class ComplaintForm(forms.Form):
    """What went wrong."""

    details = forms.CharField(
        label=_("What went wrong?"),
        help_text=_("And what would put it right for you."),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 7}),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)


def correction_form(declaration: PersonalData) -> type[forms.ModelForm]:
    """A form over the columns of this record that the person may put right herself."""
    return forms.modelform_factory(
        declaration.model,
        fields=list(declaration.correctable),
        formfield_callback=_form_field,
    )


def _form_field(column: models.Field, **kwargs: Any) -> forms.Field | None:
    if isinstance(column, models.DateField):
        kwargs["widget"] = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    if isinstance(column, models.TextField):
        kwargs["widget"] = forms.Textarea(attrs={"rows": 3})
    made = column.formfield(**kwargs)
    if made is not None and made.label:
        made.label = made.label[:1].upper() + made.label[1:]
    return made


class RecipientAnswerForm(forms.Form):
    """What a recipient of data did with our notice."""

    answer = forms.ChoiceField(
        label=_("Please choose one"),
        widget=forms.RadioSelect,
        choices=[
            (State.DONE, _("We have done it.")),
            (State.NOT_HELD, _("We do not have this data, or not any more.")),
            (State.REFUSED, _("It is not possible. The reason is below.")),
        ],
        error_messages={"required": _("Please choose one.")},
    )
    why = forms.CharField(
        label=_("Why is it not possible?"),
        help_text=_("Only then. Please write no data about the person here."),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> Any:
        """A no needs its reason."""
        said = super().clean() or {}
        if said.get("answer") == State.REFUSED and not said.get("why", "").strip():
            self.add_error("why", _("Please say why it is not possible."))
        return said
