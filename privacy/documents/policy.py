"""How does a policy look on paper? The same text as the page (CNX-30)."""

from functools import lru_cache
from typing import Any

from .rendering import html_of, pdf_of


def policy_pdf(policy: Any) -> bytes:
    """One version of a policy as a PDF; the same version again costs nothing."""
    return _kept(html_of("policy.html", {"policy": policy, "now": None}))


@lru_cache(maxsize=16)
def _kept(html: str) -> bytes:
    return pdf_of(html)
