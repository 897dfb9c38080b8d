"""Large print: chosen at the foot of any page, remembered until the browser is closed, without a script."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

COOKIE, LARGE = "print", "large"


@csrf_exempt  # pages behind a link hold no CSRF token, and whoever forges this makes letters larger
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Sets or forgets the choice and goes back to where she was."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    answer = HttpResponseRedirect(back)
    if request.POST.get("size") == LARGE:
        answer.set_cookie(COOKIE, LARGE, httponly=True, samesite="Lax", secure=request.is_secure())
    else:
        answer.delete_cookie(COOKIE, samesite="Lax")
    return answer


def of(request: HttpRequest) -> dict[str, Any]:
    """For every page."""
    return {"large_print": request.COOKIES.get(COOKIE) == LARGE}
