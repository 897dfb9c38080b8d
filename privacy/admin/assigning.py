"""Several requests into one pair of hands: confirmed first, and taken back with one click."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from .. import cases
from ..roles import Act
from ..subject_requests import DataSubjectRequest
from .pages import require
from .step_forms import colleagues

UNDO = "office_undo_assign"
UNDO_SECONDS = 15 * 60
QUEUE = "admin:privacy_datasubjectrequest_changelist"


@admin.action(description=gettext_lazy("Assign to me"), permissions=["handle"])
def to_me(room: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
    """Asks, then puts the chosen requests into one's own hands."""
    return _assign(room, request, queryset, "to_me", [request.user])


@admin.action(description=gettext_lazy("Assign to a colleague"), permissions=["handle"])
def to_colleague(room: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
    """Asks to whom, then does it."""
    return _assign(room, request, queryset, "to_colleague", list(colleagues()))


def _assign(room: Any, request: HttpRequest, queryset: Any, action: str, people: list[Any]) -> HttpResponse | None:
    require(request, Act.HANDLE)
    chosen = [case for case in queryset.select_related("data_subject") if case.is_open]
    to = next((person for person in people if str(person.pk) == request.POST.get("to")), None)
    if to is None or not chosen:
        context = {
            **room.admin_site.each_context(request), "title": _("Assign requests"), "opts": room.opts, "chosen": chosen,
            "people": people, "action": action,
        }  # fmt: skip
        return render(request, "admin/assign.html", context)
    before = cases.assign_all(chosen, to, actor=request.user)
    remember(request, to, before)
    said = ngettext("%(count)d request is now with %(who)s.", "%(count)d requests are now with %(who)s.", len(before))
    messages.success(request, said % {"count": len(before), "who": to})
    return redirect(request.get_full_path())


def remember(request: HttpRequest, to: Any, before: dict[int, int | None]) -> None:
    """Who had each, for as long as it can be taken back."""
    request.session[UNDO] = {"to": to.pk, "before": before, "until": timezone.now().timestamp() + UNDO_SECONDS}


def undoable(request: HttpRequest) -> int:
    """How many requests the last assignment moved, while it can still be taken back."""
    last = request.session.get(UNDO)
    return len(last["before"]) if last and last["until"] > timezone.now().timestamp() else 0


@require_POST
def undo(request: HttpRequest, *, room: Any) -> HttpResponse:
    """Gives each request back to whoever had it, unless it has moved on since."""
    require(request, Act.HANDLE)
    if undoable(request):
        last = request.session.pop(UNDO)
        back = _give_back(last, request.user)
        said = ngettext("%(count)d request is back where it was.", "%(count)d requests are back where they were.", back)
        messages.success(request, said % {"count": back})
    else:
        messages.warning(request, _("There is nothing to take back any more."))
    return redirect(QUEUE)


def _give_back(last: dict[str, Any], actor: Any) -> int:
    had = {int(pk): owner for pk, owner in last["before"].items()}
    rows = DataSubjectRequest.objects.filter(pk__in=had, assignee=last["to"]).select_related("data_subject")
    accounts = {account.pk: account for account in colleagues()}
    for owner in set(had.values()):
        mine = [case for case in rows if had[case.pk] == owner]
        cases.assign_all(mine, accounts.get(owner), actor=actor)
    return len(rows)
