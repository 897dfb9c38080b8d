"""Correct my data: one small form for each record, effective at once."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import EmailField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from .. import corrections
from ..forms import correction_form
from ..personal_data import PersonalData
from ..vocabulary import Category
from .access import customer_required, require_fresh

MOST_ROWS = 20


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def correct(request: HttpRequest, customer: Any, category: str) -> HttpResponse:
    """The page with every correctable record of a category; a POST saves one of them."""
    known = corrections.correctable(category)
    if not known:
        raise Http404
    forms = _forms(known, customer, request)
    if request.method == "POST":
        sent = next((form for form in forms if form.prefix == request.POST.get("record")), None)
        if sent is None:
            raise Http404
        if sent.is_valid() and _save(request, customer, sent):
            return redirect("privacy:correct", category=category)
    context = {"forms": forms, "category": Category(category)}
    return render(request, "privacy/correct.html", context, status=422 if request.method == "POST" else 200)


def _forms(known: list[PersonalData], customer: Any, request: HttpRequest) -> list[Any]:
    forms = []
    for declaration in known:
        for row in declaration.of(customer).order_by("pk")[:MOST_ROWS]:
            name = f"{declaration.model._meta.model_name}-{row.pk}"
            data = request.POST if request.POST.get("record") == name else None
            form: Any = correction_form(declaration)(data, instance=row, prefix=name)
            form.declaration, form.title = declaration, str(declaration.model._meta.verbose_name)
            forms.append(form)
    return forms


def _save(request: HttpRequest, customer: Any, form: Any) -> bool:
    """True when saved, or when there was nothing to save; the record's own rules may still say no."""
    if _changes_email(form):
        require_fresh(request)
    try:
        changed = corrections.correct(
            customer, form.declaration, form.instance.pk, form.cleaned_data, actor=request.user
        )
    except ValidationError as error:
        for name, texts in corrections.problems(error).items():
            form.add_error(name if name in form.fields else None, texts)
        return False
    if changed:
        said = ngettext(
            "Saved. %(count)d detail is corrected.", "Saved. %(count)d details are corrected.", len(changed)
        )
        messages.success(request, said % {"count": len(changed)})
    else:
        messages.info(request, _("Nothing was different, so nothing was changed."))
    return True


def _changes_email(form: Any) -> bool:
    return any(isinstance(form.fields[name], EmailField) for name in form.changed_data)
