"""Parents and guardians: a colleague writes down that one has agreed, with the proof, and that one takes it back."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from .. import guardians
from ..guardians import GuardianConsent
from ..roles import Act
from . import choosing
from .ledger import Ledger
from .pages import require
from .site import in_the_office, page


class GuardianForm(forms.Form):
    """Who agreed, and how we know."""

    guardian = forms.CharField(label=gettext_lazy("Name of the parent or guardian"), max_length=200)
    relation = forms.ChoiceField(label=gettext_lazy("Who is she or he?"), choices=GuardianConsent.Relation)
    contact = forms.CharField(
        label=gettext_lazy("How do we reach her or him?"), max_length=200,
        help_text=gettext_lazy("Not by the child's own email address or phone."),
    )  # fmt: skip
    evidence = forms.CharField(
        label=gettext_lazy("How do we know?"), max_length=300,
        help_text=gettext_lazy("Such as a signed letter, or a call and who called back."),
    )  # fmt: skip
    given_on = forms.DateField(
        label=gettext_lazy("When did she or he agree?"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean_given_on(self) -> Any:
        """A day that has come."""
        day = self.cleaned_data["given_on"]
        if day > timezone.localdate(timezone=settings.SHOP_TZ):
            raise forms.ValidationError(_("This day has not come yet."))
        return day


def _record(request: HttpRequest, person: Any, said: dict[str, Any]) -> HttpResponse:
    given_at = datetime.combine(said.pop("given_on"), time(0), tzinfo=settings.SHOP_TZ)
    guardians.record(person, **said, given_at=given_at, actor=request.user, now=timezone.now())
    messages.success(request, _("Written down."))
    return redirect("admin:privacy_guardianconsent_changelist")


record_guardian = page("guardian/", "record_guardian")(
    choosing.for_a_person(
        Act.HANDLE, GuardianForm, _record, title=gettext_lazy("A parent or guardian agrees"),
        button=gettext_lazy("Write it down"),
    )
)  # fmt: skip


@in_the_office(GuardianConsent)
class Guardians(Ledger):
    """The list and the page of each."""

    heading = gettext_lazy("Parents and guardians")
    list_display = ("given_at", "relation", "withdrawn_at")
    change_form_template = "admin/guardian.html"

    def get_urls(self) -> list[Any]:
        """With the way to take it back."""
        view = self.admin_site.admin_view(withdraw)
        return [path("<int:pk>/withdraw/", view, name="privacy_guardianconsent_withdraw"), *super().get_urls()]


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The parent or guardian takes it back, by whatever road (Art. 7(3))."""
    require(request, Act.HANDLE)
    row = get_object_or_404(GuardianConsent.objects.select_related("data_subject"), pk=pk)
    if guardians.withdraw(row, actor=request.user, now=timezone.now()):
        messages.success(request, _("Taken back, from now on."))
    else:
        messages.info(request, _("It was taken back before."))
    return redirect("admin:privacy_guardianconsent_changelist")
