"""What a step asks before it is taken."""

from typing import Any, ClassVar

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..roles import Act
from ..subject_requests import DOUBTS, CasePaper, twins
from .words import EVENTS

LONGEST = 5000


class StepForm(forms.Form):
    """Knows the case; its fields have ids of their own, because many of these stand on one page.

    One that `comes_filled` shows what we hold about the person, and waits until a reason was typed.
    """

    comes_filled: ClassVar[bool] = False

    def __init__(self, *args: Any, case: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        self.adapt()

    def adapt(self) -> None:
        """Fits the fields to the case."""


class ConfirmForm(StepForm):
    """Nothing but the button."""


def _text(label: Any, *, required: bool = True) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, max_length=LONGEST, required=required, widget=area)


class TextForm(StepForm):
    """Reasons, a question or a note."""

    text = _text(_("In your words"))


class IdentityForm(StepForm):
    """How we know."""

    how = forms.CharField(
        label=_("How do you know?"),
        max_length=500,
        help_text=_("Such as: called back on the number we have. No copies of papers."),
    )


class DoubtForm(StepForm):
    """What is wrong."""

    kind = forms.ChoiceField(label=_("What is wrong?"), choices=[(kind, EVENTS[kind]) for kind in DOUBTS])
    text = _text(_("What makes you doubt?"))


class CalledForm(StepForm):
    """What came of a call, and when the next one is."""

    outcome = forms.ChoiceField(
        label=_("What came of it?"),
        choices=[(str(words), words) for words in (
            _("Nobody answered"), _("Somebody else answered"), _("The number is wrong"),
            _("We spoke; a senior must decide"),
        )],
    )  # fmt: skip
    next_try_on = forms.DateField(
        label=_("Next try"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Tomorrow if you leave it empty."),
    )  # fmt: skip
    text = _text(_("In your words"), required=False)


class AssignForm(StepForm):
    """To whom."""

    to: Any = forms.ModelChoiceField(label=_("Colleague"), queryset=None, required=False, empty_label=_("nobody"))

    def adapt(self) -> None:
        """Whoever may handle requests."""
        self.fields["to"].queryset = colleagues()  # type: ignore[attr-defined]


class PaperForm(StepForm):
    """A file, and what it is."""

    kind = forms.ChoiceField(label=_("What is it?"), choices=CasePaper.Kind.choices)
    file = forms.FileField(label=_("File"), help_text=_("PDF, JPEG, PNG or TIFF."), max_length=255)


class RepresentativeForm(StepForm):
    """Who acts, and where her letters go."""

    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(
        label=_("Email address"), required=False, max_length=254,
        help_text=_("Letters go there once the authority was seen; without it they go to the person."),
    )  # fmt: skip


class MergeForm(StepForm):
    """With which."""

    other: Any = forms.ModelChoiceField(label=_("The other request"), queryset=None, empty_label=None)

    def adapt(self) -> None:
        """The person's other open requests for the same right."""
        self.fields["other"].queryset = twins(self.case)  # type: ignore[attr-defined]


def colleagues() -> Any:
    """The staff accounts that may handle requests."""
    holds = Q(groups__permissions__codename=Act.HANDLE) | Q(user_permissions__codename=Act.HANDLE)
    accounts = get_user_model()._default_manager.filter(holds, is_staff=True, is_active=True)
    return accounts.distinct().order_by("staff_name", "pk")
