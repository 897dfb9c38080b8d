"""Requests in another's name whose person no machine found: a colleague looks for her, or closes it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from .. import audit, data_subjects
from ..roles import Act
from ..subject_requests import DataSubjectRequest as Dsr
from ..subject_requests import NotAllowed, OnBehalf, on_behalf, representing
from . import choosing, people, seeing
from .ledger import Ledger
from .pages import require, saved
from .papers import ENDINGS
from .site import in_the_office
from .step_forms import TextForm
from .steps import STEPS, Step

HERE = "privacy_onbehalf"


class Waiting(admin.SimpleListFilter):
    """What waits for a colleague, unless said otherwise."""

    title, parameter_name = gettext_lazy("which"), "which"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices besides those that wait."""
        return [("all", gettext_lazy("all"))]

    def choices(self, changelist: Any) -> Any:
        """The first named for what it shows."""
        first, *rest = super().choices(changelist)
        yield {**first, "display": _("person not found")}
        yield from rest

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows; links that nobody has used are in neither list."""
        sent = queryset.exclude(stands=OnBehalf.Stands.ASKED)
        return sent if self.value() else sent.filter(stands=OnBehalf.Stands.UNKNOWN)


@in_the_office(OnBehalf)
class InAnothersName(Ledger):
    """The list and the page of each."""

    heading = gettext_lazy("In another's name")
    list_display = ("reference", "kind", "received_at", "stands")
    list_filter = (Waiting,)
    search_fields = ("reference",)
    search_help_text = gettext_lazy("Number of the request")
    ordering = ("-pk",)

    def get_urls(self) -> list[Any]:
        """With the steps."""
        site = self.admin_site
        verbs: list[tuple[str, Any]] = [("open", open_for), ("close", close), ("paper", take)]
        ours = [path(f"<int:pk>/{at}/", site.admin_view(view), name=f"{HERE}_{at}") for at, view in verbs]
        return [*ours, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Lists do without what was sent."""
        return super().get_queryset(request).defer("said", "paper")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By number alone; nobody is known by name yet."""
        text = search_term.strip().upper()
        return (queryset.filter(reference=text) if text else queryset), False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """What was sent, after a reason; the search for the person; and the two ways to end it."""
        return show(request, object_id, room=self)


def _row(pk: Any) -> OnBehalf:
    row = OnBehalf.objects.filter(pk=pk).first() if str(pk).isdigit() else None
    if row is None:
        raise Http404
    return row


@require_safe
def show(request: HttpRequest, pk: Any, *, room: InAnothersName) -> HttpResponse:
    """The page of one."""
    row = _row(pk)
    if not room.has_view_permission(request, row):
        raise PermissionDenied
    sight = seeing.of(request, row)
    sees = sight is not None and sight.is_open
    text = request.GET.get("q", "").strip()
    person = data_subjects.by_number(request.GET.get("person", ""))
    context = {
        **room.admin_site.each_context(request),
        "title": row.reference, "row": row, "sight": sight, "sees": sees,
        "waits": row.stands == OnBehalf.Stands.UNKNOWN,
        "words": row.words if sees else {}, "query": text, "shown": choosing.SHOWN, "found": choosing.found(text),
        "person": person, "chosen": people.in_a_list(request, person) if person else "",
    }  # fmt: skip
    return render(request, "admin/on_behalf.html", context)


@require_POST
def open_for(request: HttpRequest, pk: int) -> HttpResponse:
    """A colleague says whose name it is; the request opens, unproven."""
    require(request, Act.HANDLE)
    row, person = _row(pk), data_subjects.by_number(request.POST.get("person", ""))
    if person is None:
        messages.error(request, _("Choose the person first."))
        return redirect(f"admin:{HERE}_change", pk)
    try:
        case = on_behalf.open_for(row, person, actor=request.user)
    except NotAllowed as error:
        messages.error(request, str(error))
        return redirect(f"admin:{HERE}_change", pk)
    messages.success(request, _("Opened. The person is told who asks in her name."))
    return redirect("admin:privacy_datasubjectrequest_change", case.pk)


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Nobody could be found."""
    require(request, Act.HANDLE)
    try:
        on_behalf.close(_row(pk), actor=request.user)
        messages.success(request, _("Closed. The sender gets a letter that says nothing about anybody."))
    except NotAllowed as error:
        messages.error(request, str(error))
    return redirect(f"admin:{HERE}_changelist")


@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper, to save; that it was taken is written down."""
    require(request, Act.HANDLE)
    row = _row(pk)
    if elsewhere := seeing.first_open(request, row):
        return elsewhere
    if not row.paper:
        raise Http404
    audit.record("on_behalf.paper_taken", actor=request.user, target=row)  # type: ignore[arg-type]
    return saved(bytes(row.paper), f"{row.reference}.{ENDINGS[on_behalf.media_type(row)]}")


def _must_be_told(case: Dsr, account: Any) -> bool:
    return case.is_open and representing.is_unproven(case) and not representing.person_knows(case)


# Beside the step that needs it.
PLACE = next(place for place, step in enumerate(STEPS) if step.name == "authority_seen")
STEPS[PLACE:PLACE] = [
    Step(
        "person_told", gettext_lazy("The person was told who asks for her"),
        gettext_lazy("By letter or phone, because no email could. Before she knows, nothing is done in her name."),
        Act.HANDLE, lambda case, who, said: representing.person_told(case, actor=who, how=said["text"]),
        _must_be_told, TextForm,
    ),
]  # fmt: skip
