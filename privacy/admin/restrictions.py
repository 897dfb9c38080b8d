"""Restrictions and legal holds: the list, with filters and as a file; each has its page with the steps."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from .. import audit, data_subjects, restrictions, roles
from ..restrictions import Restriction
from ..roles import Act
from . import people, restriction_page, table
from .lists import KeysetChangeList
from .pages import ReadOnly, require
from .restriction_page import HERE
from .site import in_the_office

BATCH = 2000


class Standing(admin.SimpleListFilter):
    """In force, to be looked at again, proposed to end, or lifted."""

    title, parameter_name = gettext_lazy("state"), "standing"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return [
            ("active", gettext_lazy("in force")),
            ("review", gettext_lazy("to be looked at again")),
            ("proposed", gettext_lazy("proposed to end")),
            ("lifted", gettext_lazy("lifted")),
        ]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows."""
        if self.value() == "review":
            return queryset.review_due(timezone.localdate())
        if self.value() == "proposed":
            return queryset.active().exclude(lift_proposed_by="")
        if self.value() == "active":
            return queryset.active()
        return queryset.filter(lifted_at__isnull=False) if self.value() == "lifted" else queryset


class OfKind(admin.SimpleListFilter):
    """Which kind."""

    title, parameter_name = gettext_lazy("kind"), "kind"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """All of them."""
        return list(Restriction.Kind.choices)

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows."""
        return queryset.filter(kind=self.value()) if self.value() in Restriction.Kind.values else queryset


@in_the_office(Restriction)
class Restrictions(ReadOnly):
    """The list; the page of each is `restriction_page`."""

    heading = gettext_lazy("Restrictions and holds")
    may_see = Act.SEE_HOLDS
    list_display = ("number", "kind", "what", "imposed_at", "look_again", "is_proposed", "lifted_at")
    list_filter = (Standing, OfKind)
    list_select_related: ClassVar[Any] = ("data_subject",)
    search_fields = ("pk",)
    search_help_text = gettext_lazy("Customer number, email address, or the beginning of a name")
    sortable_by = ()
    ordering = ("-pk",)
    change_list_template = "admin/restrictions.html"

    def get_urls(self) -> list[Any]:
        """With the file and the verbs that act on one."""
        site = self.admin_site
        ours = [path(f"<int:pk>/{at}/", site.admin_view(view), name=f"{HERE}_{at}") for at, view in VERBS]
        export = path("export/", site.admin_view(self.export), name=f"{HERE}_export")
        return [export, *ours, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """Pages by keyset."""
        return KeysetChangeList

    def get_list_display(self, request: HttpRequest) -> Any:
        """The person as this reader may see her."""
        return (*self.list_display[:2], people.column(request), *self.list_display[2:])

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By person; for auditors, who see no names, by her number alone."""
        text = search_term.strip()
        if not text:
            return queryset, False
        if roles.may(request.user, Act.SEE_PERSON):
            return queryset.filter(data_subject__in=people.found(text)), False
        person = data_subjects.by_number(text)
        return queryset.filter(data_subject=person.pk if person else None), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """With the way to a new one for those who may, and the list as a file."""
        query = request.GET.urlencode()
        extra = {"may_hold": roles.may(request.user, Act.HOLD), "here": f"?{query}" if query else ""}
        return super().changelist_view(request, extra | (extra_context or {}))

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """One of them."""
        return restriction_page.show(request, object_id, room=self)

    def export(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """The filtered list, people by number, without the words of the reasons; that it was taken is written down."""
        return _export(request, room=self)

    @admin.display(description=gettext_lazy("number"))
    def number(self, row: Restriction) -> str:
        """Its own number."""
        return str(row.pk)

    @admin.display(description=gettext_lazy("on what"))
    def what(self, row: Restriction) -> str:
        """One record, or everything."""
        return restrictions.record_in_words(row) or _("everything")

    @admin.display(description=gettext_lazy("look at it again"))
    def look_again(self, row: Restriction) -> str:
        """The day; loud once it has come."""
        if row.review_on is None or row.lifted_at:
            return "–"
        day = f"{row.review_on:%-d %b %Y}"
        is_due = row.review_on <= timezone.localdate()
        return format_html('<span class="badge badge-danger">{}</span>', _("due since %s") % day) if is_due else day

    @admin.display(description=gettext_lazy("proposed to end"), boolean=True)
    def is_proposed(self, row: Restriction) -> bool:
        """Whether a second colleague is waited for."""
        return bool(row.lift_proposed_by) and row.lifted_at is None


VERBS = [
    ("propose", restriction_page.propose_lifting), ("told", restriction_page.note_told),
    ("keep", restriction_page.keep), ("lift", restriction_page.lift), ("review", restriction_page.review),
]  # fmt: skip


@require_POST
def _export(request: HttpRequest, *, room: Any) -> StreamingHttpResponse:
    require(request, Act.SEE_HOLDS)
    rows = room.get_changelist_instance(request).queryset
    audit.record("restrictions.exported", actor=request.user)  # type: ignore[arg-type]
    response = StreamingHttpResponse(table.lines(_rows(rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="restrictions-{timezone.localdate()}.csv"'
    return response


def _rows(rows: Any) -> Iterator[list[Any]]:
    yield [
        _("number"), _("kind"), _("person"), _("on what"), _("in force since"), _("set by"), _("look at it again on"),
        _("due"), _("proposed to end by"), _("lifted on"), _("lifted by"),
    ]  # fmt: skip
    today = timezone.localdate()
    for row in rows.iterator(chunk_size=BATCH):
        is_due = row.lifted_at is None and row.review_on is not None and row.review_on <= today
        yield [
            row.pk, row.get_kind_display(), row.data_subject, restrictions.record_in_words(row) or _("everything"),
            timezone.localdate(row.imposed_at), row.imposed_by, row.review_on or "", _("yes") if is_due else _("no"),
            row.lift_proposed_by, timezone.localdate(row.lifted_at) if row.lifted_at else "", row.lifted_by,
        ]  # fmt: skip
