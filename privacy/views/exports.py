"""Fetch one's own copy: a page that lists the files, and the files, to nobody else."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ..export import Export
from .access import customer_required


@require_safe
@customer_required
def download(request: HttpRequest, customer: Any, reference: str) -> HttpResponse:
    """The files of one finished export, as long as they are kept."""
    export: Export = get_object_or_404(
        Export.objects.select_related("case"), data_subject=customer, case__reference=reference
    )
    if export.job_state != Export.State.DONE:
        raise Http404
    expired = export.expires_at is None or export.expires_at <= timezone.now()
    return render(request, "privacy/export.html", {"export": export, "case": export.case, "expired": expired})
