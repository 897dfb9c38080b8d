"""Correct my data: one small form for each record, effective at once; a new email address once it is proven."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from .. import corrections, new_addresses
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
    pending = new_addresses.pending(customer) if category == Category.CONTACT else []
    context = {"forms": forms, "category": Category(category), "pending": pending}
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
    to_prove = {name: form.cleaned_data[name] for name in form.declaration.proven_by if name in form.changed_data}
    at_once = {name: value for name, value in form.cleaned_data.items() if name not in to_prove}
    if to_prove:
        require_fresh(request)
    try:
        with transaction.atomic():
            changed = corrections.correct(customer, form.declaration, form.instance.pk, at_once, actor=request.user)
            for name, address in to_prove.items():
                new_addresses.ask(customer, form.declaration, form.instance.pk, name, address, actor=request.user)
    except ValidationError as error:
        for name, texts in corrections.problems(error).items():
            form.add_error(name if name in form.fields else None, texts)
        return False
    if changed:
        said = ngettext(
            "Saved. %(count)d detail is corrected.", "Saved. %(count)d details are corrected.", len(changed)
        )
        messages.success(request, said % {"count": len(changed)})
    elif to_prove:
        messages.success(request, _("We have sent a link to your new address. It counts once you open that link."))
    else:
        messages.info(request, _("Nothing was different, so nothing was changed."))
    return True


@csrf_exempt  # the token is the proof, and its page sends no referrer, so no origin either
@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def confirm_address(request: HttpRequest, customer: Any, token: str) -> HttpResponse:
    """Behind the link that went to a new address: a button that puts it in the place of the old one."""
    link = new_addresses.may_confirm(customer, token)
    if link is None:
        return render(request, "privacy/new_address.html", {"link": None}, status=404)
    if request.method == "POST":
        if new_addresses.confirm(link, actor=request.user):
            messages.success(request, _("Your new email address counts from now on."))
        else:
            messages.error(request, _("This address could not be put in. Please enter it once more."))
        return redirect("privacy:correct", category=Category.CONTACT)
    return render(request, "privacy/new_address.html", {"link": link, "address": link.details["address"]})


@customer_required
@require_POST
def pending_address(request: HttpRequest, customer: Any, pk: int) -> HttpResponse:
    """Sends the link again, or lets the old address stand."""
    try:
        if "cancel" in request.POST:
            done, said = new_addresses.cancel(customer, pk, actor=request.user), _("Your old address stays.")
        else:
            require_fresh(request)
            done, said = new_addresses.ask_again(customer, pk, actor=request.user), _("We have sent a new link.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.info(request, said if done else _("This link has ended. Please enter the address once more."))
    return redirect("privacy:correct", category=Category.CONTACT)
