"""What came by letter, phone, fax or over the counter: a request, or a revocation, recorded in under a minute."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import preferences, rights, subject_requests
from ..fields import not_in_the_future
from ..forms import ParticularsForm, particulars
from ..roles import Act
from ..subject_requests import DataSubjectRequest, papers, representing
from ..vocabulary import Source
from . import choosing
from .site import page

ROADS = [(road.value, road.label) for road in (Source.LETTER, Source.PHONE, Source.FAX, Source.STORE, Source.EMAIL)]
LONGEST = 5000
ALL, ALL_WORDS = "all_marketing", gettext_lazy("All advertising, on every channel, ours and other companies'")


def instant(day: date) -> datetime:
    """Noon of that day where the shop is, or now if that is earlier."""
    return min(datetime.combine(day, time(12), tzinfo=settings.SHOP_TZ), timezone.now())


class CameForm(forms.Form):
    """How and when it came."""

    source = forms.ChoiceField(label=gettext_lazy("How did it come?"), choices=ROADS)
    received_on = forms.DateField(
        label=gettext_lazy("When did it come?"),
        help_text=gettext_lazy("The clock starts on this day, not today."),
        validators=[not_in_the_future],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Today, unless said otherwise; a repeated click is the same form."""
        super().__init__(*args, **kwargs)
        self.fields["received_on"].initial = timezone.localdate()
        self.fields["received_on"].widget.attrs["max"] = timezone.localdate().isoformat()


class RequestForm(ParticularsForm, CameForm):
    """What is asked for, and what only that kind needs."""

    kind = forms.ChoiceField(label=gettext_lazy("What does the person ask for?"))
    details = forms.CharField(
        label=gettext_lazy("What exactly was said or written?"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    scan = forms.FileField(
        label=gettext_lazy("Scan of the letter or fax"), required=False, max_length=255,
        help_text=gettext_lazy("PDF, JPEG, PNG or TIFF. It is kept encrypted."),
    )  # fmt: skip
    acting = forms.CharField(
        label=gettext_lazy("Does somebody act for the person? Who?"), required=False, max_length=200,
        help_text=gettext_lazy("Such as a relative or a lawyer. Nothing is done before their authority was seen."),
    )  # fmt: skip
    acting_email = forms.EmailField(label=gettext_lazy("Their email address"), required=False, max_length=254)
    key = forms.CharField(widget=forms.HiddenInput, initial=rights.fresh_key, max_length=40)
    field_order = (
        "kind", "source", "received_on", *subject_requests.ASKED["rectification"],
        *subject_requests.ASKED["complaint"], "details", "scan", "acting", "acting_email",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offers every right there is."""
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = rights.choices()  # type: ignore[attr-defined]

    def clean_scan(self) -> bytes:
        """Its bytes, refused here so that what was typed is not lost."""
        scan = self.cleaned_data["scan"]
        content = scan.read() if scan else b""
        if scan:
            try:
                papers.refuse_what_is_none(content)
            except papers.NotAPaper as error:
                raise forms.ValidationError(str(error)) from error
        return content

    def clean(self) -> dict[str, Any]:
        """An address alone is nobody's."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("acting_email") and not said.get("acting"):
            self.add_error("acting", _("Write whose address this is."))
        return said


def _open(request: HttpRequest, person: Any, said: dict[str, Any]) -> HttpResponse:
    try:
        case = _record(person, said, request.user)
    except subject_requests.FormUsed as used:
        words = _("This form was sent before, as %(reference)s. For another wish, begin a new one.")
        messages.error(request, words % {"reference": used.case})
        return redirect("admin:privacy_datasubjectrequest_change", used.case.pk)
    messages.success(
        request, _("Recorded as %(reference)s; the person gets a letter with this number.") % {"reference": case}
    )
    return redirect("admin:privacy_datasubjectrequest_change", case.pk)


@transaction.atomic
def _record(person: Any, said: dict[str, Any], actor: Any) -> DataSubjectRequest:
    case = subject_requests.open_case(
        person, said["kind"], source=said["source"], actor=actor, details=said["details"],
        received_at=instant(said["received_on"]), idempotency_key=f"desk.{person.pk}.{said['key']}"[:64],
        particulars=particulars(said, said["kind"]),
    )  # fmt: skip
    if said["scan"]:
        papers.add(case, papers.CasePaper.Kind.SCAN, _("Scan"), said["scan"], actor=actor)
    if said["acting"] and representing.of_case(case) is None:
        representing.name(case, said["acting"], said["acting_email"], actor=actor)
    return case


class RevocationForm(CameForm):
    """What is taken back; nothing can be switched on here."""

    what = forms.MultipleChoiceField(
        label=gettext_lazy("What shall stop?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick what shall stop.")},
    )
    wording = forms.CharField(
        label=gettext_lazy("What exactly was said or written?"),
        help_text=gettext_lazy("Kept as the proof of it."),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    field_order = ("what", "source", "received_on", "wording")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offers everything that a person can say no to herself."""
        super().__init__(*args, **kwargs)
        self.options = {o.key: o for o in (*preferences.marketing(), *preferences.use(), *preferences.sharing())}
        choices = [(ALL, ALL_WORDS), *((key, option.wording) for key, option in self.options.items())]
        self.fields["what"].choices = choices  # type: ignore[attr-defined]

    def clean_what(self) -> list[preferences.Option]:
        """The options behind the ticks."""
        ticked = set(self.cleaned_data["what"])
        every = {option.key for option in preferences.marketing()} if ALL in ticked else set()
        return [option for key, option in self.options.items() if key in ticked | every]


def _revoke(request: HttpRequest, person: Any, said: dict[str, Any]) -> HttpResponse:
    preferences.revoke(
        person,
        said["what"],
        source=Source(said["source"]),
        received_at=instant(said["received_on"]),
        wording=said["wording"],
        actor=request.user,
    )
    messages.success(request, _("Switched off from the day it came; the person gets a receipt."))
    return redirect("admin:revocation")


record_request = page("intake/", "intake")(
    choosing.for_a_person(
        Act.HANDLE, RequestForm, _open, title=gettext_lazy("Record a request"), button=gettext_lazy("Open the request")
    )
)
record_revocation = page("revocation/", "revocation")(
    choosing.for_a_person(
        Act.SWITCH_OFF, RevocationForm, _revoke, title=gettext_lazy("Record a revocation"),
        button=gettext_lazy("Switch it off"),
    )
)  # fmt: skip
