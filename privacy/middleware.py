"""How browsers must treat our answers: never keep them, never pass their address on, forget all on sign-out."""

import logging
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from . import cookie_choices, erasure_ledger
from .views.errors import closed, unavailable
from .views.print_size import COOKIE

logger = logging.getLogger(__name__)
NO_POWERS = ", ".join(
    f"{power}=()"
    for power in "accelerometer camera display-capture geolocation gyroscope hid microphone midi payment usb".split()
)
ALWAYS = {"/healthz", "/readyz"}
TEXTS = {f"{text}{form}" for text in ("policy", "terms") for form in ("", "_version", "_pdf", "_version_pdf")}
SAME_FOR_ALL = {"cookie_script"}
PUBLIC = {"home", "promises", "health", "ready", *TEXTS, *SAME_FOR_ALL}
# By these a public page may be another one: signed in, in large print, or without our question about cookies.
OWN = {"sessionid", COOKIE, cookie_choices.COOKIE}


class ClosedMiddleware:
    """After a restore nothing is answered but whether we are ready, before the erasures are replayed (Art. 17)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, or 503."""
        if request.path in ALWAYS:
            return self.get_response(request)
        try:
            is_open = erasure_ledger.current().is_open
        except DatabaseError:
            return unavailable()
        return self.get_response(request) if is_open else closed()


class PrivateResponseMiddleware:
    """`no-store` on every page but the few that are the same for everybody, and the headers beside it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, with its headers."""
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", NO_POWERS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not self._is_public(request):
            patch_cache_control(response, no_store=True, private=True)
        elif self._name(request) not in SAME_FOR_ALL:
            patch_vary_headers(response, ["Cookie", "Sec-GPC"])
        if self._holds_token(request):
            response.headers["Referrer-Policy"] = "no-referrer"
        if self._name(request) == "account_logout" and request.method == "POST":
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A database that does not answer is "come again", not "something broke"."""
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        logger.error("database does not answer: %s", type(exception).__name__)
        return unavailable()

    def _name(self, request: HttpRequest) -> str:
        return (request.resolver_match.url_name or "") if request.resolver_match else ""

    def _is_public(self, request: HttpRequest) -> bool:
        """The same page for everybody, seen by somebody who has neither signed in nor chosen anything."""
        name, brought = self._name(request), "".join(request.COOKIES)
        return name in SAME_FOR_ALL or (name in PUBLIC and not any(own in brought for own in OWN))

    def _holds_token(self, request: HttpRequest) -> bool:
        """Our own links with a token in the path; these forms carry no CSRF token (the Origin would be null)."""
        return bool(request.resolver_match and "token" in request.resolver_match.kwargs)
