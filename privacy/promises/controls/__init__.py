"""What shows that a promise is kept? Each file one room of the house, each function one look."""

from . import (
    children,
    complaints,
    cookies,
    details,
    keeping,
    mail,
    mailings,
    marketing,
    pages,
    policy,
    recipients,
    requests,
    security,
    self_test,
    sharing,
    staff,
)

__all__ = [
    "children",
    "complaints",
    "cookies",
    "details",
    "keeping",
    "mail",
    "mailings",
    "marketing",
    "pages",
    "policy",
    "recipients",
    "requests",
    "security",
    "self_test",
    "sharing",
    "staff",
]
