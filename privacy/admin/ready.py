"""Who may come to the queue: promised and trained. What is missing, what to do, and who records trainings."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from .. import confidentiality, training
from ..fields import not_in_the_future
from ..roles import Act
from . import words
from .pages import require


def is_ready(account: Any, now: datetime) -> bool:
    """Whether both stand today: the promise and the training."""
    return confidentiality.has_promised(account, now) and training.is_current(account, timezone.localdate(now))


def warnings(account: Any, now: datetime) -> list[str]:
    """What ends within a month, in sentences with its day."""
    today = timezone.localdate(now)
    ends = (
        (_("Your promise of confidentiality"), confidentiality.holds_until(account, now)),
        (_("Your training"), training.holds_until(account, today)),
    )
    said = _("%(what)s holds until %(day)s.")
    return [
        said % {"what": what, "day": words.day(day)}
        for what, day in ends
        if day and day <= today + training.WARN_BEFORE
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def ready(request: HttpRequest) -> HttpResponse:
    """What is missing and what to do; a POST is the colleague's word that she was at the training."""
    now = timezone.now()
    today = timezone.localdate(now)
    wanted = _wanted(request)
    if request.method == "POST":
        if training.acknowledge(request.user, now=now):
            messages.success(request, _("Thank you. Your training is noted."))
        return HttpResponseRedirect(wanted if is_ready(request.user, now) else reverse("admin:ready"))
    context = {
        **admin.site.each_context(request), "title": _("Before the queue opens"), "next": wanted,
        "promised_until": confidentiality.holds_until(request.user, now),
        "trained_until": training.holds_until(request.user, today),
        "to_acknowledge": list(training.to_acknowledge(request.user, today)),
    }  # fmt: skip
    return render(request, "admin/ready.html", context)


def _wanted(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else reverse("admin:index")


class TrainingForm(forms.Form):
    """Who, which course, on which day, until when."""

    colleague: Any = forms.ModelChoiceField(label=gettext_lazy("Who was trained?"), queryset=None)
    course = forms.CharField(label=gettext_lazy("Which course?"), max_length=200)
    held_on = forms.DateField(
        label=gettext_lazy("On which day?"), validators=[not_in_the_future],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    valid_until = forms.DateField(
        label=gettext_lazy("Until when does it count?"), required=False,
        help_text=gettext_lazy("Leave it empty for the usual time."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip

    def __init__(self, *args: Any, recorder: Any, **kwargs: Any) -> None:
        """Everybody but oneself."""
        super().__init__(*args, **kwargs)
        self.fields["colleague"].queryset = colleagues().exclude(pk=recorder.pk)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """It does not end before it was held."""
        said = super().clean() or {}
        held_on, until = said.get("held_on"), said.get("valid_until")
        if held_on and until and until < held_on:
            self.add_error("valid_until", _("That is before the day of the course."))
        return said


def colleagues() -> Any:
    """The staff accounts that are open."""
    return get_user_model()._default_manager.filter(is_staff=True, is_active=True).order_by("staff_name", "pk")


@require_http_methods(["GET", "HEAD", "POST"])
def trainings(request: HttpRequest) -> HttpResponse:
    """Who is trained and until when; the form that records one."""
    require(request, Act.RECORD_TRAINING)
    form = TrainingForm(request.POST or None, recorder=request.user, auto_id="id_training_%s")
    sent = request.method == "POST"
    if sent and form.is_valid():
        said = form.cleaned_data
        made = training.record(
            said["colleague"], said["course"], said["held_on"], actor=request.user, valid_until=said["valid_until"]
        )
        noted = _("Noted. It counts until %(day)s, once the colleague has said that she was there.")
        messages.success(request, noted % {"day": words.day(made.valid_until)})
        return redirect("admin:training")
    people = list(colleagues())
    found = training.newest(people)
    lines = [{"colleague": one, "training": found.get(one.pk)} for one in people]
    context = {
        **admin.site.each_context(request), "title": _("Training"), "form": form, "lines": lines,
        "today": timezone.localdate(),
    }  # fmt: skip
    return render(request, "admin/training.html", context, status=422 if sent else 200)
