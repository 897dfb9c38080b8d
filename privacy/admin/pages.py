"""What all pages of the office share: rights asked for by name, nothing deleted, no filters but our own."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import JSONField, Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from .. import roles
from ..export import values
from ..roles import Act


def require(request: HttpRequest, act: Act) -> None:
    """PermissionDenied when the person at the desk may not do this."""
    if not roles.may(request.user, act):
        raise PermissionDenied


def row_verb(
    act: Act,
    model: type[Model],
    verb: Callable[[Any, HttpRequest], None],
    said: Any,
    *,
    refused: tuple[type[Exception], ...],
) -> Callable[..., HttpResponse]:
    """A button on the page of one row: does it and says so, or says in one line why not."""

    @require_POST
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        require(request, act)
        row = get_object_or_404(model, pk=pk)
        try:
            verb(row, request)
            messages.success(request, said)
        except refused as error:
            messages.error(request, str(error))
        return redirect(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", pk)

    return view


def needs(act: Act) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A page of its own that only some may open."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require(request, act)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


class OfficeAdmin(admin.ModelAdmin):
    """A table of the office: who may look and who may write are two acts; nobody deletes."""

    may_see: ClassVar[Act]
    may_write: ClassVar[Act | None] = None
    may_add: ClassVar[Act | None] = None
    list_per_page = 25
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    save_as = False
    view_on_site = False
    heading: ClassVar[Any] = ""
    actions: Any = None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list under its own name."""
        heading = self.heading or capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": heading, **(extra_context or {})})

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether it stands in the menu."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may look."""
        return roles.may(request.user, self.may_see)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may write, where anybody may."""
        return self.may_write is not None and roles.may(request.user, self.may_write)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may add, where anybody may."""
        return self.may_add is not None and roles.may(request.user, self.may_add)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: data goes by erasure and purge alone, which leave their proof."""
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Without "save as new", which Django takes from anybody who types it, offered or not (F57)."""
        if "_saveasnew" in request.POST:
            raise PermissionDenied
        return super().changeform_view(request, object_id, form_url, extra_context)

    def action_checkbox(self, obj: Any) -> Any:
        """Django's own tick without its widget's template, which took a fifth of a page's time."""
        label = _("Select this object for an action - {}").format(obj)
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">',
            ACTION_CHECKBOX_NAME, obj.pk, label,
        )  # fmt: skip

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only the filters on the page; a guess in the address cannot read a hidden column letter by letter (F57)."""
        return lookup in {getattr(spec, "parameter_name", None) for spec in self.get_list_filter(request)}  # type: ignore[arg-type]


class ReadOnly(OfficeAdmin):
    """A table to look at: every column shown, none written."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of them but the excluded ones."""
        hidden = self.get_exclude(request, obj) or ()
        columns = [column for column in self.opts.concrete_fields if column.editable and column.name not in hidden]
        return [*map(_as_words, columns), *(name for name in self.readonly_fields if name not in hidden)]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is shown; there is no form that could say it."""
        return self.fields or self.get_readonly_fields(request, obj)


def _as_words(column: Any) -> Any:
    """The column's name; of one that holds a list or a table, what says it in words."""
    if not isinstance(column, JSONField):
        return column.name
    say = values.in_words(column)

    @admin.display(description=column.verbose_name)
    def words(row: Any) -> str:
        said = getattr(row, column.name)
        return say(said) if said and say else ""

    return words


def saved(data: bytes, name: str) -> HttpResponse:
    """As bytes that a browser saves and never opens by itself."""
    response = HttpResponse(data, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
