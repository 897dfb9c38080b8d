"""What a person may enter, and how we ask for it."""

from typing import Any

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import rights, subject_requests
from ..fields import not_in_the_future
from ..personal_data import PersonalData
from ..recipient_notices import State
from ..subject_requests.complaint import LONGEST_NUMBER, Subject
from ..subject_requests.rectification import LABELS, LONGEST

LONGEST_TEXT = 5000


class AddressForm(forms.Form):
    """One email address."""

    email = forms.EmailField(
        label=_("Your email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _("This does not look like an email address, such as name@example.com.")},
    )


class AskForm(AddressForm):
    """One email address, and in whose name she asks."""

    FOR_HERSELF, FOR_ANOTHER = "me", "somebody"
    who = forms.ChoiceField(
        label=_("Who is it about?"),
        required=False,
        initial=FOR_HERSELF,
        widget=forms.RadioSelect,
        choices=[(FOR_HERSELF, _("About me")), (FOR_ANOTHER, _("About somebody else, who has allowed me to ask"))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["who"].is_one_of_two = True  # type: ignore[attr-defined]

    @property
    def is_for_another(self) -> bool:
        """Whether the link must lead to the form for somebody else."""
        return bool(self.cleaned_data.get("who") == self.FOR_ANOTHER)


class CorrectionFields(forms.Form):
    """What a correction needs; each is asked for by itself, because "my address is wrong" cannot be carried out."""

    field = forms.CharField(
        label=LABELS["field"],
        help_text=_("Such as: my date of birth."),
        required=False,
        max_length=LONGEST["field"],
    )
    current = forms.CharField(
        label=LABELS["current"],
        required=False,
        max_length=LONGEST["current"],
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    proposed = forms.CharField(
        label=LABELS["proposed"],
        required=False,
        max_length=LONGEST["proposed"],
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    evidence = forms.CharField(
        label=LABELS["evidence"],
        help_text=_("In words, such as: it is on my invoice of 3 May. Please send no copies of papers."),
        required=False,
        max_length=LONGEST["evidence"],
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class TransactionFields(forms.Form):
    """What a complaint needs if it goes to mediation (SFB-08); it may come later."""

    subject = forms.ChoiceField(label=_("What is it about?"), required=False)
    transaction_number = forms.CharField(
        label=_("Number of the order or payment"),
        help_text=_("If there is one. A mediator acts only with this number and its day; they can come later."),
        required=False,
        max_length=LONGEST_NUMBER,
    )
    transaction_on = forms.DateField(
        label=_("Day of the order or payment"),
        required=False,
        validators=[not_in_the_future],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["subject"].choices = [("", _("Please choose")), *Subject.choices]  # type: ignore[attr-defined]
        self.fields["transaction_on"].widget.attrs["max"] = timezone.localdate().isoformat()


class ParticularsForm(CorrectionFields, TransactionFields):
    """Fields of single kinds beside a choice of kind; those of other kinds are not looked at."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, names in subject_requests.ASKED.items():
            for name in names:
                self.fields[name].only_for = kind  # type: ignore[attr-defined]

    def of_kind(self, kind: str) -> list[forms.BoundField]:
        """The fields that only this kind has."""
        return [self[name] for name in subject_requests.ASKED[kind]]

    def for_correction(self) -> list[forms.BoundField]:
        """For the page."""
        return self.of_kind("rectification")

    def for_complaint(self) -> list[forms.BoundField]:
        """For the page."""
        return self.of_kind("complaint")

    def full_clean(self) -> None:
        """What stands in fields of another kind is not looked at, so it cannot be wrong either."""
        super().full_clean()
        kind = self.cleaned_data.get("kind") if self.is_bound else None
        for other, names in subject_requests.ASKED.items():
            if self.is_bound and other != kind:
                for name in names:
                    self.errors.pop(name, None)


def particulars(said: dict[str, Any], kind: str) -> dict[str, Any]:
    """What was filled in for this kind."""
    return {name: said[name] for name in subject_requests.ASKED.get(kind, ()) if said.get(name)}


class RequestForm(ParticularsForm):
    """Which right, what that right needs, and anything the person wants to add."""

    kind = forms.ChoiceField(
        label=_("What would you like us to do?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one.")},
    )
    details = forms.CharField(
        label=_("Anything you want to add"),
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


class ComplaintForm(TransactionFields):
    """What went wrong."""

    field_order = ("details", "subject", "transaction_number", "transaction_on", "key")

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
