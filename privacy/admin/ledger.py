"""What people decided, and what we did: to read, never to write, for nobody."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from .. import audit, data_subjects, restrictions, sight
from ..audit import AuditEntry
from ..consent import ConsentEntry
from ..policies import NoticeShown
from ..recipients import Disclosure
from ..roles import Act
from . import banners, people, seeing
from .lists import KeysetChangeList
from .pages import ReadOnly, require
from .site import in_the_office


class Ledger(ReadOnly):
    """A table about people that only grows: found by person, paged by keyset."""

    may_see = Act.SEE_PERSON
    search_fields = ("pk",)
    search_help_text = gettext_lazy("Customer number, email address, or the beginning of a name")
    list_select_related: ClassVar[Any] = ("data_subject",)
    sortable_by = ()
    ordering = ("-pk",)
    change_list_template = "admin/long_list.html"
    change_form_template = "admin/row.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """Pages by keyset."""
        return KeysetChangeList

    def get_list_display(self, request: HttpRequest) -> Any:
        """The person first, as this reader may see her."""
        return (*self.list_display[:1], people.column(request), *self.list_display[1:])

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By person alone."""
        text = search_term.strip()
        return (queryset.filter(data_subject__in=people.found(text)) if text else queryset), False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """One row, masked until a reason is typed; who looked at whose is noted."""
        row = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if row is not None and self.has_view_permission(request, row) and request.method != "POST":
            extra |= {"sight": seeing.of(request, row), **keeping(request, row)}
            if not extra["sight"] or not extra["sight"].is_open:
                return seeing.masked_page(request, self, row, keeping(request, row))
        return super().change_view(request, object_id, form_url, extra)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What only grows has no history but the audit log; the page is the same."""
        return self.change_view(request, object_id, extra_context=extra_context)


def keeping(request: HttpRequest, row: Any) -> dict[str, Any]:
    """What keeps this record from deletion, and the way to hold it; of the shop's own records only."""
    person = sight.person_of(row)
    if person is None or row._meta.app_label == "privacy":
        return {}
    url = banners.hold_url(request, person, [restrictions.name_of(row)])
    return {"barred": banners.of_record(request, row, person), "hold_url": url}


@in_the_office(ConsentEntry)
class Choices(Ledger):
    """The ledger of choices."""

    heading = gettext_lazy("Choices")

    list_display = ("occurred_at", "purpose", "channel", "sender", "recipient", "decision", "source")
    list_select_related = ("data_subject", "recipient")
    ordering = ("-pk",)


@in_the_office(Disclosure)
class Disclosures(Ledger):
    """Who was given what."""

    heading = gettext_lazy("Passed on to others")

    list_display = ("occurred_at", "recipient")
    list_select_related = ("data_subject", "recipient")


@in_the_office(NoticeShown)
class NoticesShown(Ledger):
    """Who was shown which policy."""

    heading = gettext_lazy("Policies shown")

    list_display = ("shown_at", "policy")
    list_select_related = ("data_subject", "policy")


@in_the_office(AuditEntry)
class AuditLog(ReadOnly):
    """The audit log: references only, so that an auditor sees numbers and no names."""

    heading = gettext_lazy("Audit log")
    may_see = Act.READ_AUDIT
    list_display = ("at", "event", "who", "about", "target")
    list_display_links = ("at",)
    search_fields = ("event",)
    search_help_text = gettext_lazy("Event such as case.refused, customer number, or reference of an object")
    sortable_by = ()
    ordering = ("-pk",)
    change_list_template = "admin/audit.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """Pages by keyset."""
        return KeysetChangeList

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By person, object or event, exactly."""
        text = search_term.strip()
        if not text:
            return queryset, False
        if person := data_subjects.by_number(text):
            return queryset.filter(subject=audit.reference(person)), False
        column = "target" if ":" in text else "event"
        return queryset.filter(**{column: text}), False

    def get_urls(self) -> list[Any]:
        """With the check of the chain."""
        name = "privacy_auditentry_verify"
        return [path("verify/", self.admin_site.admin_view(verify), name=name), *super().get_urls()]

    @admin.display(description=gettext_lazy("who"))
    def who(self, entry: AuditEntry) -> str:
        """The colleague's or system's reference."""
        return entry.actor

    @admin.display(description=gettext_lazy("about"))
    def about(self, entry: AuditEntry) -> str:
        """The person's reference; never a name."""
        return entry.subject


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Recomputes the chain and says what it found."""
    require(request, Act.READ_AUDIT)
    found = audit.verify()
    level = messages.SUCCESS if found.broken is None else messages.ERROR
    messages.add_message(request, level, _("Audit log: %(found)s") % {"found": found})
    return redirect("admin:privacy_auditentry_changelist")
