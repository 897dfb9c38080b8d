"""What shows that a promise is kept? Each file one room of the house, each function one look."""

from . import (
    children,
    complaints,
    cookies,
    keeping,
    mail,
    mailings,
    marketing,
    pages,
    policy,
    requests,
    security,
    self_test,
    sharing,
    staff,
)

__all__ = [
    "children", "complaints", "cookies", "keeping", "mail", "mailings", "marketing", "pages", "policy", "requests",
    "security", "self_test", "sharing", "staff",
]  # fmt: skip
