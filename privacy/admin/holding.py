"""Setting a hold: on everything, or on records picked from the person's own."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .. import restrictions
from ..erasure import Erasure
from ..restrictions import NotLawful, Restriction
from ..roles import Act
from . import choosing
from .site import page

HERE = "admin:privacy_restriction"
RECORDS, EVERYTHING = "records", "everything"


class HoldForm(forms.Form):
    """What is held, why, on what evidence, and until when it is looked at again."""

    needs_person = True

    kind = forms.ChoiceField(
        label=gettext_lazy("What is it?"), choices=Restriction.Kind.choices, initial=Restriction.Kind.DEBT
    )
    on = forms.ChoiceField(
        label=gettext_lazy("What is held?"),
        help_text=gettext_lazy(
            "For a debt only its records, so that the rest may go when the person wishes. Where she asks that one "
            "record be left alone, that one is not used, and whoever got it is told; everything else is used as before."
        ),
        choices=[
            (RECORDS, gettext_lazy("Only the records chosen below, and what belongs to them")),
            (EVERYTHING, gettext_lazy("Everything about this person")),
        ],
        initial=RECORDS,
        widget=forms.RadioSelect,
    )
    records = forms.MultipleChoiceField(
        label=gettext_lazy("Which records?"),
        help_text=gettext_lazy("The newest of each kind; what is not paid is ticked. An older one: from its own page."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(label=gettext_lazy("Why?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    evidence = forms.CharField(
        label=gettext_lazy("Where is the proof?"),
        help_text=gettext_lazy("Such as a file number, a letter, or one of our requests."),
        max_length=200,
        required=False,
    )
    review_on = forms.DateField(
        label=gettext_lazy("Look at it again on"),
        help_text=gettext_lazy(
            "Needed for every hold, within a year; a restriction that the person asked for may go without."
        ),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, person: Any = None, **kwargs: Any) -> None:
        """With the records of this person; what is unpaid is ticked where nothing else was chosen."""
        super().__init__(*args, **kwargs)
        self.person = person
        groups = restrictions.holdable(person) if person is not None else []
        choices: list[tuple[str, Any]] = [
            (one.kind.title, [(name, _words(label, unpaid)) for name, label, unpaid in one.rows]) for one in groups
        ]
        unpaid = [name for one in groups for name, _label, is_unpaid in one.rows if is_unpaid]
        wanted = self._wanted()
        self.fields["records"].choices = self._named_elsewhere(wanted, choices) + choices  # type: ignore[attr-defined]
        self.initial["records"] = wanted or unpaid
        self.fields["review_on"].is_one_of_two = True  # type: ignore[attr-defined]  # not called optional

    def _wanted(self) -> list[str]:
        """Records that were named: in the address of this page, or by what was sent."""
        said = self.data.getlist("records") if self.is_bound else self.initial.get("records") or []  # type: ignore[attr-defined]
        return [said] if isinstance(said, str) else list(said)

    def _named_elsewhere(self, wanted: list[str], choices: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        """Older records of hers, named by their own page; anything else stays unknown and is refused."""
        shown = {name for _title, rows in choices for name, _label in rows}
        found = []
        for name in wanted if self.person is not None else ():
            if name not in shown:
                try:
                    found.append((name, restrictions.describe(restrictions.find(self.person, name))))
                except NotLawful:
                    continue
        return [(_("Chosen before"), found)] if found else []

    def groups(self) -> list[dict[str, Any]]:
        """The records by kind, for the page; a kind in which something is ticked lies open."""
        options = {str(option.data["value"]): option for option in self["records"].subwidgets}
        by_kind = [(title, [options[name] for name, _label in rows]) for title, rows in self.fields["records"].choices]  # type: ignore[attr-defined]
        return [
            {"title": title, "options": found, "is_open": any(option.data["selected"] for option in found)}
            for title, found in by_kind
        ]

    def clean_review_on(self) -> Any:
        """A day ahead, not too far; none only where the person herself asked."""
        if self.cleaned_data["review_on"] is None and self.data.get("kind") == Restriction.Kind.ARTICLE_18:
            return None
        try:
            restrictions.require_review_day(self.cleaned_data["review_on"])
        except NotLawful as error:
            raise forms.ValidationError(str(error)) from error
        return self.cleaned_data["review_on"]

    def clean(self) -> dict[str, Any]:
        """Records, where only records are meant."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("on") == RECORDS and not said.get("records") and "records" not in self.errors:
            self.add_error("records", _("Choose at least one record, or say that everything is held."))
        return said


def _words(label: str, unpaid: bool) -> str:
    return _("%(record)s, not paid") % {"record": label} if unpaid else label


def _impose(request: HttpRequest, person: Any, said: dict[str, Any]) -> HttpResponse:
    records = said["records"] if said["on"] == RECORDS else []
    try:
        rows = restrictions.hold(
            person, Restriction.Kind(said["kind"]), said["reason"], records=records, actor=request.user,
            review_on=said["review_on"], evidence=said["evidence"],
        )  # fmt: skip
    except NotLawful as error:
        raise forms.ValidationError(str(error)) from error
    words = ngettext("It is in force from now on.", "%(n)d holds are in force from now on.", len(rows))
    messages.success(request, words % {"n": len(rows)})
    if begun := Erasure.objects.filter(data_subject=person).order_by("-pk").first():
        words = _("A deletion of this person's data was agreed to on %(day)s. What went before now is gone.")
        messages.warning(request, words % {"day": f"{begun.created_at:%-d %B %Y}"})
    if len(rows) == 1:
        return redirect(f"{HERE}_change", rows[0].pk)
    return redirect(f"{reverse(f'{HERE}_changelist')}?{urlencode({'q': person.number})}")


impose = page("hold/", "impose_restriction")(
    choosing.for_a_person(
        Act.HOLD, HoldForm, _impose, title=gettext_lazy("Restrict or hold"), button=gettext_lazy("Put it in force")
    )
)
