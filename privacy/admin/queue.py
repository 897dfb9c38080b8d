"""The queue: every request by what is owed next, found, filtered, assigned and opened."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from .. import roles, subject_requests
from ..roles import Act
from ..subject_requests import DataSubjectRequest
from . import assigning, bulk, bundles, case_page, certificates, identity, others_data, papers, people, table, words
from .filters import Due, Kind, Promised, Standing, Told, Whose
from .pages import OfficeAdmin
from .site import in_the_office


@in_the_office(DataSubjectRequest)
class Queue(OfficeAdmin):
    """The requests."""

    may_see = Act.SEE_QUEUE
    list_display = ("reference", "right", "received", "due", "promise", "in_hands_of")
    list_display_links = ("reference",)
    list_filter = (Whose, Promised, Due, Told, Standing, Kind, identity.Identity)
    list_select_related = ("data_subject", "assignee")
    search_fields = ("reference",)
    search_help_text = _("Reference, customer number, email address, or the beginning of a name")
    sortable_by = ("reference", "received", "due", "promise")
    ordering = ("next_promise_on", "pk")
    actions = (assigning.to_me, assigning.to_colleague, *bulk.ACTIONS)
    actions_on_bottom = False
    change_list_template = "admin/queue.html"

    def get_urls(self) -> list[Any]:
        """The queue's own addresses before Django's."""
        site, here = self.admin_site, "privacy_datasubjectrequest"
        ours: list[tuple[str, Any, str]] = [
            ("export/", table.download, f"{here}_export"),
            ("assign/undo/", assigning.undo, f"{here}_undo_assign"),
            ("<int:pk>/step/<slug:name>/", case_page.take_step, f"{here}_step"),
            ("<int:pk>/bundle/", bundles.take, f"{here}_bundle"),
            ("<int:pk>/certificate/<int:number>/", certificates.take, f"{here}_certificate"),
            ("<int:pk>/others/", others_data.review, f"{here}_others"),
            ("<int:pk>/others/<int:number>/back/", others_data.put_back, f"{here}_put_back"),
            ("<int:pk>/paper/<int:number>/", papers.take, f"{here}_paper"),
            ("<int:pk>/paper/<int:number>/remove/", papers.remove, f"{here}_remove_paper"),
        ]
        return [*(path(at, site.admin_view(view), {"room": self}, name=n) for at, view, n in ours), *super().get_urls()]

    def has_handle_permission(self, request: HttpRequest) -> bool:
        """For the actions of the list."""
        return roles.may(request.user, Act.HANDLE)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, with the last assignment to take back."""
        query = request.GET.urlencode()
        extra = {
            "title": _("Queue"),
            "undoable": assigning.undoable(request),
            "may_record": self.has_handle_permission(request),
            "here": f"?{query}" if query else "",
        }
        return super().changelist_view(request, extra | (extra_context or {}))

    def get_list_display(self, request: HttpRequest) -> Any:
        """The person as this reader may see her: number and masked name, or the number alone."""
        first, *rest = self.list_display
        return (first, people.column(request), *rest)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[identity.QueueList]:
        """Pages by keyset, each request with how well we know who asks."""
        return identity.QueueList

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the encrypted texts, which no list shows."""
        return super().get_queryset(request).defer("details", "outcome", "search_note", "due_reasons")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By reference, or by person; each by index, never both in one statement."""
        text = search_term.strip()
        if not text:
            return queryset, False
        if text.upper().startswith(f"{settings.CASE_PREFIX}-"):
            return queryset.filter(reference__startswith=text.upper()), False
        keys = people.found(text)
        if len(keys) > people.MOST:
            self.message_user(request, people.too_many(), "warning", fail_silently=True)
        return queryset.filter(data_subject__in=keys), False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The page of one case, to read; what is done is done by its steps."""
        return case_page.show(request, object_id, room=self)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The timeline on the case's page is its history."""
        return case_page.show(request, object_id, room=self)

    @admin.display(description=_("right and state"))
    def right(self, case: DataSubjectRequest) -> str:
        """What was asked for, where it stands, and how well we know who is asking."""
        return format_html('{} <span class="due-what">{}</span>', case.right.label, identity.beside(case))

    @admin.display(description=_("received"), ordering="received_at")
    def received(self, case: DataSubjectRequest) -> Any:
        """The day it came."""
        return timezone.localdate(case.received_at)

    @admin.display(description=_("due"), ordering="due_on")
    def due(self, case: DataSubjectRequest) -> str:
        """In words and in colour, with the day."""
        return words.due_badge(case)

    @admin.display(description=_("promise"), ordering="next_promise_on")
    def promise(self, case: DataSubjectRequest) -> str:
        """What is owed before the answer, in words and in colour, with its day; the list begins with the nearest."""
        return words.promise_badge(case, subject_requests.label(case) if case.next_promise else "")

    @admin.display(description=_("assignee"), empty_value="–")
    def in_hands_of(self, case: DataSubjectRequest) -> Any:
        """Who has it."""
        return case.assignee
