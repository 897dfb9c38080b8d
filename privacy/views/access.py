"""Who may come in? The signed-in customer, to her own data; and for weighty steps only right after proving it."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .. import data_subjects

View = Callable[..., HttpResponse]


def customer_required(view: View) -> View:
    """Calls the view with the customer behind the login; whoever signs in without being one is told so."""

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        customer = data_subjects.of_account(request.user)
        if customer is None:
            return render(request, "privacy/no_customer.html", status=403)
        return view(request, customer, *args, **kwargs)

    return inner


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person proved who she is within the last minutes that the settings allow."""
    records = get_authentication_records(request, request.user)
    latest = max((record.get("at", 0) for record in records), default=0)
    return bool(time.time() - latest < settings.RECENT_LOGIN_SECONDS)


def require_fresh(request: HttpRequest) -> None:
    """Sends her to prove it once more; what she was sending is taken up again afterwards."""
    if not is_fresh(request):
        raise ReauthenticationRequired


def page_of(request: HttpRequest) -> str:
    """Site and form, for the ledger."""
    return f"{request.get_host()}{request.path}"[:200]
