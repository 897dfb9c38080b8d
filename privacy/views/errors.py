"""The pages that say what went wrong, in plain words; none of them asks the database."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control


def _page(status: int) -> HttpResponse:
    return HttpResponse(render_to_string(f"{status}.html", {"shop": settings.SHOP}), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 where the reason was size."""
    return _page(413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return _page(403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, the same whether the thing never was or belongs to somebody else."""
    return _page(404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    return _page(500)


def closed() -> HttpResponse:
    """503, after a restore, until everybody who was erased is erased again; machines and people come again."""
    response = HttpResponse(render_to_string("closed.html", {"shop": settings.SHOP}), status=503)
    response["Retry-After"] = "600"
    patch_cache_control(response, no_store=True, private=True)
    return response


def unavailable() -> HttpResponse:
    """503, when the database does not answer; asks browsers and robots to come again."""
    response = _page(503)
    response["Retry-After"] = "30"
    return response
