"""What every page knows of the shop."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from . import print_size


def shop(request: HttpRequest) -> dict[str, Any]:
    """The shop's name and contacts, from the settings, and how large the reader wants it; no database."""
    return {"shop": settings.SHOP, **print_size.of(request)}
