"""May we? Choose a person and ask the gate: the very answer of the commands and of every letter, for any day."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import data_subjects
from ..gate import asking
from ..purposes import Purpose
from ..recipients import Recipient
from ..roles import Act
from ..vocabulary import Channel, Sender
from . import choosing, people, seeing
from .pages import needs
from .site import page

WHO = [(Sender.OWN, gettext_lazy("we")), (Sender.THIRD_PARTY, gettext_lazy("another company"))]
WHOSE = [(Sender.OWN, gettext_lazy("ours alone")), (Sender.THIRD_PARTY, gettext_lazy("those of other companies too"))]


class Question(forms.Form):
    """What every question has: for which day."""

    label: ClassVar[Any]
    button: ClassVar[Any]

    at = forms.DateField(
        label=gettext_lazy("On which day?"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Empty: now. A day that is past or still to come may be asked about too."),
    )  # fmt: skip

    def row(self) -> dict[str, Any]:
        """As a line that the command would read."""
        day = self.cleaned_data["at"]
        return {**self.cleaned_data, "at": day.isoformat() if day else ""}

    def answer(self, person: Any) -> dict[str, Any]:
        """By the code of the command: `allowed` and `reasons`, or an `error`."""
        raise NotImplementedError


class Advertising(forms.Form):
    """What is asked of every mailing, to one person or to many."""

    channel = forms.ChoiceField(label=gettext_lazy("By which road?"), choices=Channel)
    sender = forms.ChoiceField(label=gettext_lazy("Who writes?"), choices=WHO)
    content = forms.ChoiceField(label=gettext_lazy("Whose offers are in it?"), choices=WHOSE)
    is_for_children = forms.BooleanField(label=gettext_lazy("It is marked as suitable for children"), required=False)
    other_goods = forms.BooleanField(
        label=gettext_lazy("It offers other things than those that people bought from us"), required=False
    )


class ContactForm(Advertising, Question):
    """May we write to her?"""

    label, button = gettext_lazy("Write or call"), gettext_lazy("May we write?")
    field_order = ("channel", "sender", "content", "is_for_children", "other_goods", "at")

    def answer(self, person: Any) -> dict[str, Any]:
        """As `may_contact`."""
        row = self.row()
        return next(asking.contacts([{"customer": person.number, **row, "is_similar": not row["other_goods"]}]))


class ShareForm(Question):
    """May we give her data to somebody?"""

    label, button = gettext_lazy("Pass on"), gettext_lazy("May we pass it on?")
    field_order = ("recipient", "fields", "at")

    recipient = forms.ModelChoiceField(label=gettext_lazy("To whom?"), queryset=Recipient.objects.order_by("name"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offers every field that any recipient may get."""
        super().__init__(*args, **kwargs)
        words = sorted({word for listed in Recipient.objects.values_list("fields", flat=True) for word in listed})
        self.fields["fields"] = forms.MultipleChoiceField(
            label=_("Which details?"), choices=[(word, word.replace("_", " ")) for word in words],
            widget=forms.CheckboxSelectMultiple, error_messages={"required": _("Tick what would be passed on.")},
        )  # fmt: skip
        self.order_fields(self.field_order)

    def answer(self, person: Any) -> dict[str, Any]:
        """As `may_share`."""
        row = self.row()
        return next(asking.shares([{"customer": person.number, **row, "recipient": row["recipient"].name}]))


class UseForm(Question):
    """May her data serve a purpose?"""

    label, button = gettext_lazy("Use"), gettext_lazy("May we use it?")
    field_order = ("purpose", "at")

    purpose = forms.ModelChoiceField(
        label=gettext_lazy("What for?"), queryset=Purpose.objects.order_by("label"), to_field_name="slug"
    )

    def answer(self, person: Any) -> dict[str, Any]:
        """As `may_use`."""
        row = self.row()
        return next(asking.uses([{"customer": person.number, **row, "purpose": row["purpose"].slug}]))


FORMS: dict[str, type[Question]] = {"contact": ContactForm, "share": ShareForm, "use": UseForm}


@page("may-we/", "may_we")
@needs(Act.SEE_PERSON)
def may_we(request: HttpRequest) -> HttpResponse:
    """Search, choose, say why, ask. The answer says what she decided, so it waits for a reason as every detail does."""
    text = request.GET.get("q", "").strip()
    person = data_subjects.by_number(request.GET.get("person", ""))
    what = request.GET.get("what", "") if request.GET.get("what") in FORMS else "contact"
    sight = seeing.of(request, person) if person is not None else None
    sent = request.method == "POST" and sight is not None and sight.is_open
    form = FORMS[what](request.POST if sent else None)
    context = {
        **admin.site.each_context(request),
        "title": _("May we?"), "query": text, "found": choosing.found(text), "shown": choosing.SHOWN,
        "person": person, "chosen": people.in_a_list(request, person) if person else "", "sight": sight,
        "what": what, "kinds": [(name, one.label) for name, one in FORMS.items()], "form": form,
    }  # fmt: skip
    is_wrong = sent and not form.is_valid()
    if sent and not is_wrong:
        context["answer"] = form.answer(person)
    return render(request, "admin/may_we.html", context, status=422 if is_wrong else 200)
