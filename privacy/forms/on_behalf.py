"""What somebody enters who asks in another person's name."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from . import ComplaintForm, RequestForm
from .papers import PaperField


def not_a_link(text: str) -> None:
    """A name that goes into our letter to somebody else must not advertise."""
    if any(mark in text.lower() for mark in ("://", "www.", "@")):
        raise forms.ValidationError(_("Please write a name, without addresses or links."))


class BehalfFields(forms.Form):
    """Who asks, about whom, and by what paper."""

    name = forms.CharField(label=_("Your name"), max_length=100, validators=[not_a_link])
    person_name = forms.CharField(label=_("Their name"), max_length=200)
    person_email = forms.EmailField(
        label=_("An email address of theirs that we may know"), required=False, max_length=254
    )
    person_number = forms.CharField(label=_("Their customer number"), required=False, max_length=40)
    person_more = forms.CharField(
        label=_("Anything else by which we can find them"),
        help_text=_("Such as: their address, or the number of an order."),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    authority = PaperField(
        label=_("The paper in which they allow you to ask"),
        error_messages={"required": _("Please choose the paper in which they allow it.")},
    )

    def clean(self) -> dict[str, Any]:
        """Some way to find the person is needed."""
        said: dict[str, Any] = super().clean() or {}
        if not any(said.get(f"person_{by}") for by in ("email", "number", "more")):
            self.add_error("person_email", _("Please tell us one way to find them: address, number, or anything else."))
        return said

    @property
    def about(self) -> dict[str, str]:
        """By what we find the person."""
        return {by: self.cleaned_data[f"person_{by}"] for by in ("name", "email", "number", "more")}

    def about_you(self) -> list[forms.BoundField]:
        """For the page."""
        return [self["name"]]

    def about_them(self) -> list[forms.BoundField]:
        """For the page."""
        return [self[f"person_{by}"] for by in ("name", "email", "number", "more")]


class BehalfRequestForm(BehalfFields, RequestForm):
    """A right, in another person's name."""


class BehalfComplaintForm(BehalfFields, ComplaintForm):
    """A complaint, in another person's name."""

    def about_the_wish(self) -> list[forms.BoundField]:
        """For the page."""
        return [self[name] for name in ComplaintForm.field_order if name != "key"]
