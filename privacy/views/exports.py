"""Fetch one's own copy: a page that lists the files, and the files, to nobody else."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from ..export import CannotOpen, Export, open_for
from .access import customer_required

KINDS = {
    ".pdf": _("To read and to print"),
    ".json": _("For computers"),
    ".csv": _("For a spreadsheet"),
    ".zip": _("Everything in one file"),
}


@require_safe
@customer_required
def download(request: HttpRequest, customer: Any, reference: str) -> HttpResponse:
    """The files of one finished export, as long as they are kept."""
    export = _mine(customer, reference)
    if export.job_state != Export.State.DONE or export.released_at is None:
        raise Http404
    expired = _is_over(export) or not export.files
    files = [
        {"name": name, "size": about["size"], "label": _label(name)}
        for name, about in sorted(export.files.items(), key=lambda item: not item[0].endswith(".pdf"))
    ]
    context = {"export": export, "case": export.case, "expired": expired, "files": files}
    return render(request, "privacy/export.html", context)


@require_safe
@customer_required
def fetch(request: HttpRequest, customer: Any, reference: str, name: str) -> HttpResponseBase:
    """One file; that it was opened is written down."""
    export = _mine(customer, reference)
    if request.method == "HEAD":
        return HttpResponse(status=200 if name in export.files and not _is_over(export) else 404)
    try:
        opened = open_for(request.user, export, name)
    except CannotOpen as error:
        raise Http404 from error
    response = StreamingHttpResponse(opened.chunks, content_type=opened.content_type)
    response["Content-Disposition"] = f'attachment; filename="{reference}-{opened.name}"'
    response["Content-Length"] = str(opened.size)
    return response


def _mine(customer: Any, reference: str) -> Export:
    mine = Export.objects.select_related("case")
    found: Export = get_object_or_404(mine, data_subject=customer, case__reference=reference)
    return found


def _is_over(export: Export) -> bool:
    return export.released_at is None or export.expires_at is None or export.expires_at <= timezone.now()


def _label(name: str) -> Any:
    if name.startswith("manifest"):
        return _("List of the files, to check that none was changed")
    return next((label for ending, label in KINDS.items() if name.endswith(ending)), name)
