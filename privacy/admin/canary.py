"""The nightly self-test: its lamp, and the last thirty runs with what each step saw."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from .. import canary
from ..canary import CanaryRun
from ..roles import Act
from .pages import needs
from .site import page

SHOWN = 30


@page("self-test/", "canary")
@require_safe
@needs(Act.SEE_RULES)
def runs(request: HttpRequest) -> HttpResponse:
    """The page."""
    now = timezone.now()
    rows = list(CanaryRun.objects.order_by("-pk").prefetch_related("steps")[:SHOWN])
    context = {
        **admin.site.each_context(request),
        "title": _("Nightly self-test"),
        "lamp": canary.lamp(now),
        "runs": [(run, run.is_stuck(now)) for run in rows],
    }
    return render(request, "admin/canary.html", context)
