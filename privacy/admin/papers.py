"""The papers of a case in the office: taken to be saved, never opened by the browser, or put away for good."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ..roles import Act
from ..subject_requests import CasePaper, papers
from . import seeing
from .pages import require, saved

ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "image/tiff": "tif"}


def _find(pk: int, number: int) -> CasePaper:
    rows = CasePaper.objects.select_related("case__data_subject").defer("content")
    return get_object_or_404(rows, pk=number, case=pk)


@require_POST
def take(request: HttpRequest, pk: int, number: int, *, room: Any) -> HttpResponse:
    """The bytes, to save; that they were taken is written down."""
    require(request, Act.HANDLE)
    paper = _find(pk, number)
    if elsewhere := seeing.first_open(request, paper.case):
        return elsewhere
    name = f"{paper.case.reference}-{paper.pk}.{ENDINGS[paper.media_type]}"
    return saved(papers.taken(paper, actor=request.user), name)


@require_POST
def remove(request: HttpRequest, pk: int, number: int, *, room: Any) -> HttpResponse:
    """Away with it, for good."""
    require(request, Act.HANDLE)
    papers.remove(_find(pk, number), actor=request.user)
    messages.success(request, _("The paper is deleted."))
    return redirect("admin:privacy_datasubjectrequest_change", pk)
