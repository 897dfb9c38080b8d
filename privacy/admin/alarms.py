"""Alarms about deadlines: the open ones, who has seen which, and the tick with a note; the note waits for a reason."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from .. import alarms, roles
from ..alarms import DeadlineAlarm
from ..roles import Act
from . import people, seeing, words
from .ledger import Ledger
from .pages import require
from .site import in_the_office

HERE = "privacy_deadlinealarm"
LONGEST = 1000
# The right by which a colleague sees what such an alarm points at.
NEEDED = {alarms.Kind.HOLD: Act.SEE_HOLDS, alarms.Kind.BRAKED: Act.SEE_RULES}


class SeenForm(forms.Form):
    """What was done about it."""

    note = forms.CharField(
        label=gettext_lazy("What was done, or will be?"), max_length=LONGEST, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class Which(admin.SimpleListFilter):
    """Those that nobody has ticked off, unless said otherwise."""

    title, parameter_name = gettext_lazy("which"), "which"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices besides the open ones."""
        return [("all", gettext_lazy("all, with who has seen them")), *alarms.Kind.choices]

    def choices(self, changelist: Any) -> Any:
        """The first named for what it shows."""
        first, *rest = super().choices(changelist)
        yield {**first, "display": _("open")}
        yield from rest

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows."""
        if self.value() == "all":
            return queryset
        return queryset.open().filter(kind=self.value()) if self.value() else queryset.open()


@in_the_office(DeadlineAlarm)
class Alarms(Ledger):
    """The list and the page of each."""

    heading = gettext_lazy("Alarms")
    may_see = Act.SEE_QUEUE
    list_display = ("raised_at", "what_is_wrong", "about", "due_on", "seen_at", "seen_by")
    list_filter = (Which,)
    list_select_related = ("data_subject", "case", "seen_by")

    def get_urls(self) -> list[Any]:
        """With the tick."""
        return [path("<int:pk>/seen/", self.admin_site.admin_view(seen), name=f"{HERE}_seen"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Lists do without the encrypted text."""
        return super().get_queryset(request).defer("note")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """One alarm; its note waits for a reason."""
        return show(request, object_id)

    @admin.display(description=gettext_lazy("what is wrong"))
    def what_is_wrong(self, alarm: DeadlineAlarm) -> str:
        """In words."""
        return words.sentence(alarm.get_kind_display())

    @admin.display(description=gettext_lazy("request"), empty_value="–")
    def about(self, alarm: DeadlineAlarm) -> str | None:
        """Which request."""
        return alarm.case.reference if alarm.case else None


def _alarm(pk: Any) -> DeadlineAlarm:
    rows = DeadlineAlarm.objects.select_related("data_subject", "case", "seen_by")
    row = rows.filter(pk=pk).first() if str(pk).isdigit() else None
    if row is None:
        raise Http404
    return row


@require_safe
def show(request: HttpRequest, pk: Any) -> HttpResponse:
    """The page."""
    require(request, Act.SEE_QUEUE)
    alarm = _alarm(pk)
    sight = seeing.of(request, alarm) if alarm.note else None
    context = {
        **admin.site.each_context(request),
        "title": words.sentence(alarm.get_kind_display()),
        "alarm": alarm,
        "person": people.in_a_list(request, alarm.data_subject),
        "sight": sight,
        "note": bytes(alarm.note).decode() if sight and sight.is_open else "",
        "link": _link(alarm, request.user),
        "form": SeenForm() if alarm.seen_at is None and roles.may(request.user, Act.HANDLE) else None,
    }
    return render(request, "admin/alarm.html", context)


def _link(alarm: DeadlineAlarm, account: Any) -> str:
    """Where something can be done about it; empty where this colleague may not go there."""
    if alarm.case_id:
        return reverse("admin:privacy_datasubjectrequest_change", args=[alarm.case_id])
    if alarm.kind == alarms.Kind.CANARY:
        return reverse("admin:canary")
    if alarm.kind in NEEDED and not roles.may(account, NEEDED[alarms.Kind(alarm.kind)]):
        return ""
    if alarm.kind in (alarms.Kind.WAITING, *NEEDED):
        table, key = alarm.what.split(":")
        return reverse(f"admin:{table.replace('.', '_')}_change", args=[key])
    if alarm.kind == alarms.Kind.NO_PURGE:
        return reverse("admin:privacy_purgerun_changelist")
    return people.url(alarm.data_subject) if alarm.data_subject else ""


@require_POST
def seen(request: HttpRequest, pk: int) -> HttpResponse:
    """Ticked off; whoever is second is told."""
    require(request, Act.HANDLE)
    alarm, form = _alarm(pk), SeenForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The note is too long: %(most)d letters at most.") % {"most": LONGEST})
        return redirect(f"admin:{HERE}_change", pk)
    if alarms.tick_off(alarm, actor=request.user, note=form.cleaned_data["note"], now=timezone.now()):
        messages.success(request, _("Ticked off."))
    else:
        messages.warning(request, _("A colleague was faster."))
    return redirect(f"admin:{HERE}_changelist")
