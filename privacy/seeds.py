"""What must stand in an empty database? The built-in purposes and roles, brought up to date after every migrate."""

from typing import Any

from . import purposes, roles


def plant(**kwargs: Any) -> None:
    """Adds what is missing; what staff changed stays."""
    purposes.seed()
    roles.seed()
