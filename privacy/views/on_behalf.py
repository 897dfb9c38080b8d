"""The form for somebody who asks in another person's name; the same answer whether we know the person or not."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .. import rights
from ..forms import particulars
from ..forms.on_behalf import BehalfComplaintForm, BehalfRequestForm
from ..subject_requests import OnBehalf, on_behalf
from . import uploads


@csrf_exempt  # the token is the proof, and its page sends no referrer, so no origin either
@require_http_methods(["GET", "HEAD", "POST"])
def fill_in(request: HttpRequest, token: str, kind: str = "request") -> HttpResponse:
    """Sent once it is taken in; sent again, or the link opened again, it shows what is there."""
    uploads.bound(request)
    row = on_behalf.by_link(token)
    if row is None or (row.kind == "complaint") != (kind == "complaint"):
        raise Http404
    if row.stands != OnBehalf.Stands.ASKED:
        return _done(request, row)
    form = _form(request, kind)
    if request.method == "POST" and form.is_valid():
        said, wanted = form.cleaned_data, form.cleaned_data.get("kind", "complaint")
        row = on_behalf.fill_in(
            row, wanted, name=said["name"], about=form.about, details=said["details"],
            particulars=particulars(said, wanted), paper=said["authority"].content,
        )  # fmt: skip
        return _done(request, row)
    context = {"form": form, "kind": kind, "entries": getattr(form, "entries", {}).values()}
    return render(request, "privacy/on_behalf.html", context, status=422 if request.method == "POST" else 200)


def _form(request: HttpRequest, kind: str) -> Any:
    made = BehalfComplaintForm if kind == "complaint" else BehalfRequestForm
    if request.method != "POST":
        return made(initial={"key": rights.fresh_key()})
    form = made(request.POST, request.FILES)
    if uploads.was_too_large(request):
        form.errors["authority"] = form.error_class([_(
            "The file is larger than 10 MB. Nothing of what you typed is lost; please choose a smaller one."
        )])  # fmt: skip
    return form


def _done(request: HttpRequest, row: OnBehalf) -> HttpResponse:
    return render(request, "privacy/public_done.html", {"row": row})
