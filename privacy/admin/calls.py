"""Calls of mailing services: what waits for a person and why, shown as plain text, and done when looked at."""

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from .. import audit
from ..inbound import webhooks
from ..inbound.webhooks import WebhookCall
from ..jobs import Job
from ..roles import Act
from . import people, seeing
from .ledger import Ledger
from .pages import require
from .site import in_the_office

HERE = "privacy_webhookcall"
SHOWN = 100_000


class WaitingCalls(admin.SimpleListFilter):
    """What waits for a person, unless said otherwise."""

    title, parameter_name = gettext_lazy("which"), "which"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices besides those that wait."""
        return [("all", gettext_lazy("all"))]

    def choices(self, changelist: Any) -> Any:
        """The first named for what it shows."""
        first, *rest = super().choices(changelist)
        yield {**first, "display": _("to be looked at")}
        yield from rest

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows, in the list's own order."""
        waiting = WebhookCall.objects.to_review().order_by().values("pk")
        return queryset if self.value() else queryset.filter(pk__in=waiting)


@in_the_office(WebhookCall)
class Calls(Ledger):
    """The list and the page of each call."""

    heading = gettext_lazy("Mailing services")
    may_see = Act.SEE_PERSON
    list_display = ("received_at", "service", "kind", "outcome", "doubt", "review_state")
    list_filter = (WaitingCalls,)
    ordering = ("-pk",)

    def get_urls(self) -> list[Any]:
        """With the tick."""
        return [path("<int:pk>/done/", self.admin_site.admin_view(done), name=f"{HERE}_done"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Lists do without the bytes."""
        return super().get_queryset(request).defer("body")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """One call, as plain text."""
        return show(request, object_id, self)


def _call(pk: Any) -> WebhookCall:
    row = WebhookCall.objects.select_related("data_subject").filter(pk=pk).first() if str(pk).isdigit() else None
    if row is None:
        raise Http404
    return row


@require_safe
def show(request: HttpRequest, pk: Any, room: Calls) -> HttpResponse:
    """The page; nothing in it is run, fetched or clickable, least of all an address (F66, F70)."""
    call = _call(pk)
    if not room.has_view_permission(request, call):
        raise PermissionDenied
    sight = seeing.of(request, call)
    context = {
        **room.admin_site.each_context(request),
        "title": _("Call of %(service)s") % {"service": call.service},
        "call": call,
        "person": call.data_subject and people.in_a_list(request, call.data_subject),
        "sight": sight,
        "is_masked": bool(call.body) and not (sight and sight.is_open),
        "text": _text(bytes(call.body)) if sight and sight.is_open else "",
        "waits": call.review_state == WebhookCall.Review.OPEN,
        "stuck": call.job_state == Job.State.NEEDS_ATTENTION,
    }
    return render(request, "admin/call.html", context)


def _text(body: bytes) -> str:
    """Spread out where it is JSON, else as it is; the beginning of it."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)[:SHOWN]
    except (ValueError, RecursionError):
        return body[:SHOWN].decode("utf-8", "replace")


@require_POST
def done(request: HttpRequest, pk: int) -> HttpResponse:
    """Looked at; what it said is forgotten. Whoever is second is told."""
    require(request, Act.HANDLE)
    call = _call(pk)
    if webhooks.mark_reviewed(call, actor=request.user):
        audit.record("webhook.reviewed", actor=request.user, subject=call.data_subject, target=call)  # type: ignore[arg-type]
        messages.success(request, _("Looked at. It is off the list."))
    else:
        messages.warning(request, _("A colleague was faster."))
    return redirect(f"admin:{HERE}_changelist")
