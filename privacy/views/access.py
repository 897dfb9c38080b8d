"""Who may come in? The signed-in customer, to her own data; and for weighty steps only right after proving it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.module_loading import import_string

from .. import data_subjects, policies

View = Callable[..., HttpResponseBase]


def customer_required(view: View) -> View:
    """Calls the view with the customer behind the login; whoever signs in without being one is told so.

    With what she sends it is noted which policy stood beside it (CLZ-18).
    """

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        customer = data_subjects.of_account(request.user)
        if customer is None:
            return render(request, "privacy/no_customer.html", status=403)
        if request.method == "POST":
            policies.note_shown_today(customer, timezone.localdate())
        return view(request, customer, *args, **kwargs)

    return inner


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person proved who she is within the last minutes; the project's sign-in knows (`RECENT_LOGIN`)."""
    return bool(import_string(f"{settings.RECENT_LOGIN}.is_fresh")(request))


def ask_again(request: HttpRequest) -> NoReturn:
    """Sends her to prove it once more; what she was sending is taken up again afterwards."""
    import_string(f"{settings.RECENT_LOGIN}.ask_again")(request)
    raise PermissionDenied


def require_fresh(request: HttpRequest) -> None:
    """For weighty steps: goes on only for somebody who has just proved who she is."""
    if not is_fresh(request):
        ask_again(request)


def is_within_limits(request: HttpRequest, what: str) -> bool:
    """Whether this network may do it once more; the project's own limits know (`WITHIN_LIMITS`)."""
    return bool(import_string(settings.WITHIN_LIMITS)(request, what))


def page_of(request: HttpRequest) -> str:
    """Site and form, for the ledger."""
    return f"{request.get_host()}{request.path}"[:200]
