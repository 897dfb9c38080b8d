"""One step for several requests at once: shown first, then taken one by one, each by its own rules."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .. import roles
from ..roles import Act
from ..subject_requests import DataSubjectRequest
from . import assigning, case_page, steps, table
from .pages import require

MOST = 100
Action = Callable[[Any, HttpRequest, Any], HttpResponseBase | None]


def _action(name: str, step: str, label: Any) -> Action:
    """An action of the list that takes this step for each chosen request."""

    @admin.action(description=label, permissions=["handle"])
    def act(room: Any, request: HttpRequest, queryset: Any) -> HttpResponseBase | None:
        return _take(room, request, queryset, name, step)

    act.__name__ = name
    return act


def _take(room: Any, request: HttpRequest, queryset: Any, action: str, name: str) -> HttpResponse | None:
    """Asks, with what the step asks for; then takes it and says for each what became of it."""
    require(request, Act.HANDLE)
    step = steps.named(name)
    chosen = list(queryset.select_related("data_subject", "assignee")[: MOST + 1])
    if step is None or len(chosen) > MOST:
        messages.error(request, _("At most %(most)d requests at once: choose fewer.") % {"most": MOST})
        return None
    sent = "confirmed" in request.POST
    form: forms.Form = step.form(request.POST if sent else None, case=chosen[0] if chosen else None)  # type: ignore[call-arg]
    if not sent or not form.is_valid() or not chosen:
        context = {
            **room.admin_site.each_context(request), "title": step.label, "opts": room.opts, "step": step, "form": form,
            "action": action, "chosen": [(case, step.is_open_to(request.user, case)) for case in chosen],
        }  # fmt: skip
        return render(request, "admin/bulk.html", context, status=422 if sent and chosen else 200)
    _report(request, step, [(case, *_one(request, step, case, form.cleaned_data)) for case in chosen])
    return redirect(request.get_full_path())


def _one(request: HttpRequest, step: steps.Step, case: DataSubjectRequest, said: dict[str, Any]) -> tuple[bool, str]:
    if not roles.may(request.user, step.act_for(case)):
        return False, _("You may not do this here.")
    level, line = case_page.taken(step, case, request.user, said)
    return level == messages.SUCCESS, line


def _report(request: HttpRequest, step: steps.Step, results: list[tuple[DataSubjectRequest, bool, str]]) -> None:
    done = [case.reference for case, is_done, _line in results if is_done]
    if done:
        said = ngettext("%(step)s: done for %(which)s.", "%(step)s: done for %(count)d: %(which)s.", len(done))
        messages.success(request, said % {"step": step.label, "count": len(done), "which": ", ".join(done)})
    for case, is_done, line in results:
        if not is_done:
            messages.warning(request, f"{case.reference}: {line}")


_start = _action("take_in_hand", "start", gettext_lazy("Take in hand"))


@admin.action(description=gettext_lazy("Take in hand"), permissions=["handle"])
def take_in_hand(room: Any, request: HttpRequest, queryset: Any) -> HttpResponseBase | None:
    """Those that nobody had can be given back with one click."""
    free = list(queryset.filter(assignee=None).values_list("pk", flat=True)[:MOST])
    answer = _start(room, request, queryset)
    mine = DataSubjectRequest.objects.filter(pk__in=free, assignee=request.user.pk).values_list("pk", flat=True)
    if "confirmed" in request.POST and mine:
        assigning.remember(request, request.user, dict.fromkeys(mine))
    return answer


acknowledge = _action("acknowledge", "acknowledged", gettext_lazy("Confirm the receipt"))
add_note = _action("add_note", "note", gettext_lazy("Add a note"))
extend = _action("extend", "extend", gettext_lazy("Take more time, for one reason"))


@admin.action(description=gettext_lazy("The chosen ones as CSV"), permissions=["view"])
def as_csv(room: Any, request: HttpRequest, queryset: Any) -> HttpResponseBase:
    """Numbers only; that it was taken is written down."""
    return table.answer(request, queryset)


ACTIONS = (take_in_hand, acknowledge, add_note, extend, as_csv)
