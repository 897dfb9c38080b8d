"""What every page knows of the shop."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shop(request: HttpRequest) -> dict[str, Any]:
    """The shop's name and contacts, from the settings; no database."""
    return {"shop": settings.SHOP}
