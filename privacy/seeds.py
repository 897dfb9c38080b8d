"""What must stand in an empty database? Purposes, roles, letters, promises; brought up to date after each migrate."""

from typing import Any

from . import letters, processing_record, promises, purposes, roles
from .recipients import cookies


def plant(**kwargs: Any) -> None:
    """Adds what is missing; what staff changed stays."""
    purposes.seed()
    roles.seed()
    letters.seed()
    cookies.seed()
    promises.seed()
    processing_record.remember()
