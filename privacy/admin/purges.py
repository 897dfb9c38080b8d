"""Purges: what each night did, what the next ones take, who lets a refused one pass, and the switch that stops all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from .. import audit, roles
from ..purge import NotAgreed, PurgeRun, agreeing, brakes, coming, purge, report, stopping
from ..roles import Act
from .pages import ReadOnly, require, row_verb
from .site import in_the_office, page

HERE = "privacy_purgerun"
LONGEST = 500


class WhyForm(forms.Form):
    """Why, for the second person and for the file."""

    reason = forms.CharField(
        label=gettext_lazy("Why may it pass?"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("What did you look at? Write no personal details."),
    )  # fmt: skip


class StopForm(forms.Form):
    """Why purges must stop; nothing is required, because it may have to be fast."""

    reason = forms.CharField(label=gettext_lazy("Why?"), max_length=LONGEST, required=False)


@in_the_office(PurgeRun)
class Purges(ReadOnly):
    """Each night's purge."""

    may_see = Act.SEE_RULES
    list_display = ("today", "what", "outcome", "started_at", "finished_at", "message")
    change_list_template = "admin/purges.html"

    def get_urls(self) -> list[Any]:
        """With the verbs by which two people let one pass."""
        site = self.admin_site
        verbs = [("propose", let_pass), ("agree", agree), ("decline", turn_down)]
        ours = [path(f"<int:pk>/{at}/", site.admin_view(view), name=f"{HERE}_{at}") for at, view in verbs]
        return [*ours, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """With the switch."""
        return super().changelist_view(request, _switch(request) | (extra_context or {}))

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The report of one night; nothing is written here."""
        require(request, Act.SEE_RULES)
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        run = get_object_or_404(PurgeRun, pk=object_id if str(object_id).isdigit() else 0)
        context = {
            **self.admin_site.each_context(request), **_passing(run, request),
            "title": _title(run), "run": run,
            "report": report.of(run), "leftovers": report.of_leftovers(run),
        }  # fmt: skip
        return render(request, "admin/purge.html", context)


def _title(run: PurgeRun) -> str:
    day = {"day": run.today.strftime("%-d %B %Y")}
    if run.what == PurgeRun.What.CHILDREN:
        return _("Children without a parent or guardian, %(day)s") % day
    return _("Purge of %(day)s") % day


def _switch(request: HttpRequest) -> dict[str, Any]:
    stop, may = stopping.current_stop(), roles.may(request.user, Act.SECOND_RULES)
    return {
        "stop": stop, "may_stop": may, "stop_form": StopForm(auto_id="id_stop_%s"),
        "is_mine": stop is not None and stop.lift_proposed_by == audit.reference(request.user),  # type: ignore[arg-type]
    }  # fmt: skip


def _passing(run: PurgeRun, request: HttpRequest) -> dict[str, Any]:
    """What a refused purge would have taken, and who may say what about it."""
    is_open = agreeing.can_pass(run, timezone.localdate())
    losses = [
        {"label": label, "due": due, "total": total, "samples": brakes.samples(label, run.today) if is_open else []}
        for label, (due, total) in run.losses.items()
    ]
    may_propose = is_open and not run.proposed_by and roles.may(request.user, Act.WRITE_RULES)
    may_decide = is_open and bool(run.proposed_by) and roles.may(request.user, Act.SECOND_RULES)
    return {
        "losses": losses, "is_open": is_open, "why_form": WhyForm() if may_propose else None, "may_decide": may_decide,
        "is_mine": run.proposed_by == audit.reference(request.user),  # type: ignore[arg-type]
    }  # fmt: skip


def _verb(act: Act, verb: Callable[[PurgeRun, HttpRequest], None], said: Any) -> Callable[..., HttpResponse]:
    return row_verb(act, PurgeRun, verb, said, refused=(NotAgreed,))


def _propose(run: PurgeRun, request: HttpRequest) -> None:
    agreeing.propose(run, actor=request.user, reason=request.POST.get("reason", "")[:LONGEST], now=timezone.now())


def _agree(run: PurgeRun, request: HttpRequest) -> None:
    agreeing.agree(run, actor=request.user, now=timezone.now())


def _turn_down(run: PurgeRun, request: HttpRequest) -> None:
    agreeing.turn_down(run, actor=request.user, now=timezone.now())


let_pass = _verb(Act.WRITE_RULES, _propose, gettext_lazy("Proposed. A second, different person must agree today."))
agree = _verb(Act.SECOND_RULES, _agree, gettext_lazy("Agreed. The purge runs within minutes."))
turn_down = _verb(Act.SECOND_RULES, _turn_down, gettext_lazy("Turned down. The next night's purge asks anew."))


@page("purges/switch/", "purge_switch")
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Stops every purge at once; or the first or second of two people lets them run again."""
    require(request, Act.SECOND_RULES)
    now, what = timezone.now(), request.POST.get("what", "")
    try:
        if what == "stop":
            stopping.stop(actor=request.user, reason=request.POST.get("reason", "")[:LONGEST], now=now)
            messages.success(request, _("Stopped. Nothing is purged until two people have agreed to go on."))
        elif what == "propose":
            stopping.propose_resuming(actor=request.user, now=now)
            messages.success(request, _("Proposed. A second, different person must agree."))
        elif what == "resume":
            stopping.resume_purges(actor=request.user, now=now)
            messages.success(request, _("Purges may run again."))
    except NotAgreed as error:
        messages.error(request, str(error))
    return redirect(f"admin:{HERE}_changelist")


@page("purges/coming/", "coming_purges")
@require_safe
def coming_purges(request: HttpRequest) -> HttpResponse:
    """The calendar of the next thirty nights; on demand, what a purge would do if it ran now."""
    require(request, Act.SEE_RULES)
    today, is_dry_run = timezone.localdate(), "dry" in request.GET
    found = [kind for kind in coming.coming(today) if kind.total]
    days = [today + timedelta(days=n) for n in range(1, coming.DAYS + 1)]
    nights = [(day, [(kind.title, kind.by_day[day]) for kind in found if kind.by_day[day]]) for day in days]
    context = {
        **admin.site.each_context(request), "title": _("What the next nights take"), "found": found,
        "nights": [(day, kinds, sum(count for _kind, count in kinds)) for day, kinds in nights],
        "lines": [x for x in purge(today=today, dry_run=True) if x.due or x.undated] if is_dry_run else None,
        "refusal": str(brakes.brakes(today)) if is_dry_run else "",
    }  # fmt: skip
    return render(request, "admin/coming_purges.html", context)
