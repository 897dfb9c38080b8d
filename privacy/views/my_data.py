"""My data: everything we hold about the signed-in customer, by category, with why and until when."""

from itertools import groupby
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from .. import overview, restrictions
from ..overview.reading import name_of
from ..personal_data import declarations
from ..purposes import Purpose
from ..recipients import Disclosure
from ..restrictions import Restriction
from ..vocabulary import Category, LawfulBasis
from .access import customer_required

ROWS_A_PAGE = 20
ORDER = list(Category)
OPEN_AT_ONCE = {Category.IDENTITY, Category.CONTACT, Category.ACCOUNT, Category.TRANSACTION}


@require_safe
@customer_required
def my_data(request: HttpRequest, customer: Any) -> HttpResponse:
    """The whole overview; long lists show their newest rows and a link."""
    today = timezone.localdate()
    holdings = sorted(overview.holdings(customer, today), key=lambda h: ORDER.index(h.declaration.category))
    purposes = {purpose.slug: purpose for purpose in Purpose.objects.all()}
    received = [_card(h, purposes) for h in holdings if h.declaration.model is Disclosure]
    others = [h for h in holdings if h.declaration.model is not Disclosure]
    sections = [
        {"category": Category(category), "cards": [_card(holding, purposes) for holding in found]}
        for category, found in groupby(others, key=lambda h: h.declaration.category)
    ]
    kept = restrictions.told_to_person(customer) if any(map(_may_keep, holdings)) else []
    context = {"customer": customer, "sections": sections, "received": received, "kept": kept}
    return render(request, "privacy/my_data.html", context)


@require_safe
@customer_required
def records(request: HttpRequest, customer: Any, kind: str) -> HttpResponse:
    """All rows of one kind, page by page."""
    today = timezone.localdate()
    declaration = next((d for d in declarations() if d.data_subject and d.model._meta.label_lower == kind), None)
    if declaration is None:
        raise Http404
    count = overview.visible(declaration, customer, today).count()
    page = Paginator(range(count), ROWS_A_PAGE).get_page(request.GET.get("page"))
    rows = overview.page(declaration, customer, today, page.start_index() - 1 if count else 0, ROWS_A_PAGE)
    holding = overview.Holding(declaration, count, rows)
    purposes = {purpose.slug: purpose for purpose in Purpose.objects.all()}
    context = {"card": _card(holding, purposes), "page": page, "category": Category(declaration.category)}
    return render(request, "privacy/records.html", context)


def _may_keep(holding: overview.Holding) -> bool:
    """Whether a hold may be in force, by the rows that were read anyway; most people cost no further query."""
    if holding.declaration.model is not Restriction:
        return False
    lifted = name_of(Restriction._meta.get_field("lifted_at"))
    return holding.count > len(holding.rows) or any(not dict(row.values)[lifted] for row in holding.rows)


def _card(holding: overview.Holding, purposes: dict[str, Purpose]) -> dict[str, Any]:
    declaration = holding.declaration
    return {
        "holding": holding,
        "purpose": purposes.get(declaration.purpose, declaration.purpose),
        "basis": LawfulBasis(declaration.lawful_basis).label,
        "retention": declaration.retention,
        "correctable": bool(declaration.correctable),
        "is_quiet": declaration.category not in OPEN_AT_ONCE and declaration.model is not Disclosure,
    }
