"""The policy and the terms in force and those before, and the start page: for everybody, without login."""

from difflib import ndiff
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from .. import documents
from ..policies import PolicyVersion

Kind = PolicyVersion.Kind
TITLES = {Kind.PRIVACY: gettext_lazy("Privacy policy"), Kind.TERMS: gettext_lazy("Terms and conditions")}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The start page."""
    return render(request, "home.html")


@require_safe
def policy(request: HttpRequest, version: str = "", kind: Kind = Kind.PRIVACY) -> HttpResponse:
    """The version in force today, or the one named; of the privacy policy or of the terms (CLZ-17, SFB-35)."""
    known = list(PolicyVersion.objects.published(timezone.localdate(), kind))
    shown = _named(known, version)
    older = known[known.index(shown) + 1] if shown and known.index(shown) + 1 < len(known) else None
    context: dict[str, Any] = {
        "policy": shown,
        "in_force": known[0] if known else None,
        "versions": known,
        "older": older,
    }
    context |= {"address": _addresses(kind), "title": TITLES[kind], "beside": _beside(kind)}
    if shown and older and "compare" in request.GET:
        context["changes"] = list(_changes(older, shown))
    return render(request, "privacy/policy.html", context)


def _addresses(kind: Kind) -> dict[str, str]:
    """The names of the four addresses of one kind of text."""
    name = f"privacy:{'terms' if kind == Kind.TERMS else 'policy'}"
    return {"all": name, "one": f"{name}_version", "pdf": f"{name}_pdf", "one_pdf": f"{name}_version_pdf"}


def _beside(kind: Kind) -> dict[str, Any] | None:
    """The other of the two texts; None where the shop shows it elsewhere."""
    other = Kind.PRIVACY if kind == Kind.TERMS else Kind.TERMS
    in_force = PolicyVersion.objects.in_force(timezone.localdate(), other)
    return {**_addresses(other), "title": TITLES[other]} if in_force else None


def _named(known: list[PolicyVersion], version: str) -> PolicyVersion | None:
    """The version with this name, the newest without one; 404 for a name that has never been in force."""
    shown = next((v for v in known if not version or v.version == version), None)
    if shown is None and version:
        raise Http404
    return shown


@require_safe
def pdf(request: HttpRequest, version: str = "", kind: Kind = Kind.PRIVACY) -> HttpResponse:
    """The same text as the page, to keep (CNX-30)."""
    shown = _named(list(PolicyVersion.objects.published(timezone.localdate(), kind)), version)
    if shown is None:
        raise Http404
    response = HttpResponse(documents.policy_pdf(shown), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{kind}-{shown.version}.pdf"'
    return response


def _changes(older: PolicyVersion, newer: PolicyVersion) -> Any:
    """Paragraph by paragraph: what went, what came, what stayed."""
    before, after = ([part.strip() for part in v.body.split("\n\n")] for v in (older, newer))
    kinds = {"+ ": "added", "- ": "removed", "  ": "same"}
    for line in ndiff(before, after):
        if line[:2] in kinds:
            yield kinds[line[:2]], line[2:].removeprefix("# ")
