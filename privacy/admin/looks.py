"""Who looked at whom: by colleague and day, with and without an open request, as a page and as a file (CLG-20)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from .. import audit, roles, sight
from ..roles import Act
from . import table, words
from .pages import require
from .site import page

A_MONTH = timedelta(days=29)
A_PAGE = 50
LONGEST = timedelta(days=366)
EARLIEST = date(2000, 1, 1)


class PeriodForm(forms.Form):
    """Whose looks, and from when to when."""

    colleague: Any = forms.ModelChoiceField(
        label=gettext_lazy("Colleague"), queryset=None, required=False, empty_label=gettext_lazy("everybody")
    )
    first = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    last = forms.DateField(label=gettext_lazy("To"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))

    def __init__(self, data: Any) -> None:
        """The last thirty days of everybody, unless said otherwise."""
        today = timezone.localdate()
        given = {"first": today - A_MONTH, "last": today, "colleague": ""}
        super().__init__({name: data.get(name) or value for name, value in given.items()}, auto_id="id_looks_%s")
        accounts = get_user_model()._default_manager.filter(is_staff=True).order_by("staff_name", "pk")
        self.fields["colleague"].queryset = accounts  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """In this order, and a year at most."""
        said = super().clean() or {}
        first, last = said.get("first"), said.get("last")
        today = timezone.localdate()
        if first and last and not (EARLIEST <= first <= last <= today + LONGEST and last - first <= LONGEST):
            raise forms.ValidationError(_("The first day comes before the last, and a year is the most."))
        return said


def _period(form: PeriodForm) -> tuple[date, date, Any]:
    return form.cleaned_data["first"], form.cleaned_data["last"], form.cleaned_data["colleague"]


@page("looks/", "looks")
@require_safe
def looks(request: HttpRequest) -> HttpResponse:
    """A line for each colleague and day; of one colleague also each look."""
    require(request, Act.READ_AUDIT)
    form = PeriodForm(request.GET)
    context = {**admin.site.each_context(request), "title": _("Who looked at whom"), "form": form, "lines": []}
    if not form.is_valid():
        return render(request, "admin/looks.html", context, status=422)
    first, last, colleague = _period(form)
    context |= {
        "lines": sight.days(first, last, colleague),
        "first": first, "last": last, "colleague": colleague,
        "reads_reasons": roles.may(request.user, Act.SEE_REASONS),
        "query": urlencode({"first": str(first), "last": str(last), "colleague": colleague.pk if colleague else ""}),
    }  # fmt: skip
    if colleague:
        context["page"] = Paginator(sight.openings(first, last, colleague), A_PAGE).get_page(request.GET.get("page"))
    return render(request, "admin/looks.html", context)


@page("looks/export/", "looks_export")
@require_POST
def export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Each look of the period, people by number, no cell that computes; that it was taken is written down."""
    require(request, Act.READ_AUDIT)
    form = PeriodForm(request.POST)
    if not form.is_valid():
        context = {**admin.site.each_context(request), "title": _("Who looked at whom"), "form": form, "lines": []}
        return render(request, "admin/looks.html", context, status=422)
    audit.record("looks.exported", actor=request.user)  # type: ignore[arg-type]
    rows = _rows(*_period(form))
    response = StreamingHttpResponse(table.lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="looks-{timezone.localdate()}.csv"'
    return response


def _rows(first: date, last: date, colleague: Any) -> Iterator[list[Any]]:
    yield [
        _("when"),
        _("colleague"),
        _("role"),
        _("person"),
        _("why"),
        _("request"),
        _("a request was open"),
        _("page"),
    ]
    for look in sight.openings(first, last, colleague).iterator(chunk_size=2000):
        yield [
            words.moment(look.opened_at), look.colleague, look.role, look.data_subject or "", look.get_ground_display(),
            look.reference, _("yes") if look.with_request else _("no"), look.page,
        ]  # fmt: skip
