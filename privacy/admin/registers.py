"""The registers of complaints and of requests for a period, as CSV or on paper; without names."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import audit
from ..roles import Act
from ..subject_requests import registers
from . import table
from .pages import require
from .site import page

FORMATS = [("csv", _("CSV, for a spreadsheet")), ("pdf", _("PDF, for paper"))]


# A day at either end of the calendar has no instant in every zone.
EARLIEST, LATEST = date(1970, 1, 1), date(2999, 12, 31)


def _date(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(
        label=label, validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)], widget=widget
    )


class RegisterForm(forms.Form):
    """Which register, for which days, in which form."""

    register = forms.ChoiceField(
        label=_("Which register?"),
        choices=[(one.name, one.title) for one in registers.REGISTERS.values()],
        widget=forms.RadioSelect,
    )
    first = _date(_("Received from"))
    last = _date(_("Received until"))
    form = forms.ChoiceField(label=_("As what?"), choices=FORMATS, widget=forms.RadioSelect)

    def clean(self) -> dict[str, Any]:
        """The first day lies before the last."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("first") and said.get("last") and said["first"] > said["last"]:
            self.add_error("last", _("The last day is before the first."))
        return said


@page("registers/", "registers")
def show(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The form; sending it gives the file, and that it was taken is written down."""
    require(request, Act.SEE_QUEUE)
    today = timezone.localdate()
    start = {"register": "complaints", "first": date(today.year, 1, 1), "last": today, "form": "csv"}
    form = RegisterForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            return _file(request, form.cleaned_data)
        except registers.TooLong as error:
            form.add_error("last", str(error))
    context = {**admin.site.each_context(request), "title": _("Registers"), "form": form}
    return render(request, "admin/registers.html", context, status=422 if request.method == "POST" else 200)


def _file(request: HttpRequest, said: dict[str, Any]) -> HttpResponse | StreamingHttpResponse:
    register, first, last = registers.REGISTERS[said["register"]], said["first"], said["last"]
    response: HttpResponse | StreamingHttpResponse
    if said["form"] == "pdf":
        response = HttpResponse(registers.pdf(register, first, last), content_type="application/pdf")
    else:
        rows = register.rows(first, last)
        response = StreamingHttpResponse(table.lines(rows), content_type="text/csv; charset=utf-8")
    name = f"{register.name}-{first}-{last}.{said['form']}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    audit.record("register.exported", actor=request.user, register=register.name, first=str(first), last=str(last))  # type: ignore[arg-type]
    return response
