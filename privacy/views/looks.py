"""Who has looked at my details? Day, role and reason; no colleague's name."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .. import sight
from .access import customer_required

A_PAGE = 20


@require_safe
@customer_required
def looks(request: HttpRequest, customer: Any) -> HttpResponse:
    """The newest first, page by page."""
    page = Paginator(sight.told(customer), A_PAGE).get_page(request.GET.get("page"))
    return render(request, "privacy/looks.html", {"page": page, "looks": sight.in_plain_words(page)})
