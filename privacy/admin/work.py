"""Jobs that need a person: given up after three tries. What failed, when, and the button that tries again."""

from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from .. import audit, jobs, roles
from ..roles import Act
from .pages import require
from .site import page

SHOWN = 100


@page("jobs/", "jobs")
@require_safe
def list_jobs(request: HttpRequest) -> HttpResponse:
    """The list, of every kind of job."""
    require(request, Act.SEE_QUEUE)
    kinds = [(model._meta, model.objects.needing_attention().order_by("-pk")[:SHOWN]) for model in jobs.concrete()]
    rows = [
        {"job": job, "label": meta.label_lower, "name": meta.verbose_name} for meta, found in kinds for job in found
    ]
    context: dict[str, Any] = {
        **admin.site.each_context(request), "title": _("Jobs that need a person"), "rows": rows,
        "may_try": roles.may(request.user, Act.HANDLE),
    }  # fmt: skip
    return render(request, "admin/jobs.html", context)


@page("jobs/<str:label>/<int:pk>/again/", "job_again")
@require_POST
def try_again(request: HttpRequest, label: str, pk: int) -> HttpResponse:
    """Another three tries."""
    require(request, Act.HANDLE)
    model = next((model for model in jobs.concrete() if model._meta.label_lower == label), None)
    if model is None:
        raise Http404
    job = get_object_or_404(apps.get_model(label), pk=pk)
    with transaction.atomic():
        if jobs.again(job, now=timezone.now()):
            audit.record("job.again", actor=request.user, target=job)  # type: ignore[arg-type]
            messages.success(request, _("It will be tried again."))
        else:
            messages.warning(request, _("This job no longer waits for a person."))
    return redirect("admin:jobs")
