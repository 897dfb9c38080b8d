"""What must stand in an empty database? Built-in purposes, roles, letters; brought up to date after every migrate."""

from typing import Any

from . import letters, processing_record, purposes, roles


def plant(**kwargs: Any) -> None:
    """Adds what is missing; what staff changed stays."""
    purposes.seed()
    roles.seed()
    letters.seed()
    processing_record.remember()
