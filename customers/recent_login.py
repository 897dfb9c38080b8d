"""Has she just proved who she is? allauth's answer, for the privacy engine, which knows no sign-in of its own."""

import time
from typing import NoReturn

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest


def is_fresh(request: HttpRequest) -> bool:
    """Whether she signed in, or proved it again, within the minutes that the settings allow."""
    records = get_authentication_records(request, request.user)
    latest = max((record.get("at", 0) for record in records), default=0)
    return bool(time.time() - latest < settings.RECENT_LOGIN_SECONDS)


def ask_again(request: HttpRequest) -> NoReturn:
    """Leads her to the proof; what she was sending is taken up again afterwards."""
    raise ReauthenticationRequired
