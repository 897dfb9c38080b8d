"""The figures of a period as a file for a spreadsheet."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from .. import audit, figures, rights
from ..roles import Act
from ..vocabulary import Source
from . import table
from .figures import MONTH, PeriodForm
from .pages import require
from .site import page


@page("figures/export/", "figures_export")
@require_POST
def export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The numbers of the period as a file; that it was taken is written down."""
    require(request, Act.SEE_QUEUE)
    form, which = PeriodForm(request.POST), request.POST.get("table", "")
    if not form.is_valid() or which not in FILES:
        said = {**admin.site.each_context(request), "title": _("Figures"), "form": form}
        return render(request, "admin/figures_refused.html", said, status=422)
    first, last, _kind = form.period()
    audit.record("figures.exported", actor=request.user, table=which, first=str(first), last=str(last))  # type: ignore[arg-type]
    response = StreamingHttpResponse(table.lines(FILES[which](first, last)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{which}-{first:{MONTH}}-{last:{MONTH}}.csv"'
    return response


def _month_rows(first: date, last: date) -> Iterator[list[Any]]:
    labels = dict(rights.choices())
    yield [_("month"), _("kind"), _("received"), _("closed"), _("overdue at the end of the month")]
    for kind, months in figures.by_kind(first, last).items():
        yield from ([f"{m.day:{MONTH}}", labels.get(kind, kind), m.received, m.closed, m.overdue] for m in months)


def _length_rows(first: date, last: date) -> Iterator[list[Any]]:
    kinds, roads = dict(rights.choices()), dict(Source.choices)
    yield [_("what"), _("of"), _("how many"), _("unit"), _("half within"), _("95 in 100 within"), _("longest")]
    answers, effects = figures.lengths(first, last)
    for labels, what, unit, spreads in (
        (kinds, _("answer to a request"), _("calendar days"), answers),
        (roads, _("effect of a withdrawal"), _("seconds"), effects),
    ):
        for s in spreads:
            yield [what, labels.get(s.name, s.name), s.count, unit, s.median, s.high, s.longest]


FILES = {"months": _month_rows, "lengths": _length_rows}
