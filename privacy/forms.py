"""What a person may enter, and how we ask for it."""

from typing import Any

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import rights, subject_requests
from .fields import not_in_the_future
from .personal_data import PersonalData
from .recipient_notices import State
from .subject_requests import papers
from .subject_requests.complaint import LONGEST_NUMBER, Subject
from .subject_requests.rectification import LABELS, LONGEST

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


def not_a_link(text: str) -> None:
    """A name that goes into our letter to somebody else must not advertise."""
    if any(mark in text.lower() for mark in ("://", "www.", "@")):
        raise forms.ValidationError(_("Please write a name, without addresses or links."))


class PaperField(forms.FileField):
    """A file that may be kept as a paper of a request; its value is its bytes, refused with one clear line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("PDF, JPEG, PNG or TIFF, up to 10 MB. A photo is fine."))
        kwargs.setdefault("max_length", 255)
        kwargs.setdefault("widget", forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.tif,.tiff"}))
        super().__init__(*args, **kwargs)
        self.error_messages["empty"] = _("The file is empty.")

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The bytes and the name, or nothing where none was chosen."""
        file = super().clean(data, initial)
        if not file:
            return None
        content = file.read()
        try:
            papers.refuse_what_is_none(content)
        except papers.NotAPaper as error:
            again = _("Nothing of what you typed is lost; please choose the file again.")
            raise forms.ValidationError(f"{error} {again}") from error
        return papers.Upload(file.name, content)


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


class BehalfRequestForm(BehalfFields, RequestForm):
    """A right, in another person's name."""


class BehalfComplaintForm(BehalfFields, ComplaintForm):
    """A complaint, in another person's name."""

    def about_the_wish(self) -> list[forms.BoundField]:
        """For the page."""
        return [self[name] for name in ComplaintForm.field_order if name != "key"]


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
