"""The record of processing (Art. 30) to read, to search, to print and to take away; and what it said before."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from .. import audit, processing_record
from ..processing_record import RecordVersion
from ..roles import Act
from .pages import require
from .site import page

A_PAGE = 25


@page("processing-record/", "processing_record")
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The record as it is now, or as it was in one version; with `q` only activities in which these words stand."""
    require(request, Act.SEE_RULES)
    version = _version(request.GET.get("version", ""))
    said = version.content if version else processing_record.record()
    text = request.GET.get("q", "").strip()
    context = {
        **admin.site.each_context(request),
        "title": _("Record of processing"),
        "record": said,
        "version": version,
        "since": version.since if version else processing_record.since(said),
        "query": text,
        "activities": processing_record.matching(said, text),
        "forms": FORMS,
    }
    return render(request, "admin/processing_record.html", context)


def _version(number: str) -> RecordVersion | None:
    """The version of this number, None without one; 404 for one that is not there."""
    if not number:
        return None
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Http404
    return get_object_or_404(RecordVersion, number=int(number))


@page("processing-record/export/", "processing_record_export")
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The file, with its date and fingerprint; that it was taken is written down."""
    require(request, Act.SEE_RULES)
    form = request.POST.get("form", "pdf")
    if form not in FORMS:
        raise Http404
    version = _version(request.POST.get("version", ""))
    said = version.content if version else processing_record.remember().content
    audit.record("processing_record.exported", actor=request.user, form=form)  # type: ignore[arg-type]
    response = _file(said, form)
    day = timezone.localdate(version.since) if version else timezone.localdate()
    response["Content-Disposition"] = f'attachment; filename="processing-record-{day}.{form}"'
    return response


def _file(said: dict[str, Any], form: str) -> HttpResponse:
    if form == "csv":
        return HttpResponse(processing_record.csv_text(said), content_type="text/csv; charset=utf-8")
    if form == "json":
        return HttpResponse(processing_record.json_text(said), content_type="application/json")
    return HttpResponse(processing_record.pdf(said), content_type="application/pdf")


FORMS = {"pdf": "PDF", "csv": "CSV", "json": "JSON"}


@page("processing-record/versions/", "processing_record_versions")
@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """Since when the record says what; of one version what it changed."""
    require(request, Act.SEE_RULES)
    chosen = _version(request.GET.get("version", ""))
    before = RecordVersion.objects.filter(number__lt=chosen.number).first() if chosen else None
    context = {
        **admin.site.each_context(request),
        "title": _("Versions of the record of processing"),
        "page": Paginator(RecordVersion.objects.defer("content"), A_PAGE).get_page(request.GET.get("page")),
        "chosen": chosen,
        "before": before,
        "differences": processing_record.differences(before.content, chosen.content) if chosen and before else [],
    }
    return render(request, "admin/processing_record_versions.html", context)
