"""Fetch one's own copy: a page that lists the files, and the files, to nobody else."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from ..export import MANIFEST, CannotOpen, Export, open_for, why_over
from ..vocabulary import Category
from .access import ask_again, customer_required, is_fresh

KINDS = {
    ".pdf": _("To read and to print"),
    ".json": _("For computers"),
    ".csv": _("For a spreadsheet"),
}


# How the refused are answered; everybody else: there is no such thing.
NOT_A_PART = 416


@require_safe
@customer_required
def download(request: HttpRequest, customer: Any, reference: str) -> HttpResponse:
    """The files of one finished export, as long as they are kept."""
    mine = Export.objects.select_related("case")
    export: Export = get_object_or_404(mine, data_subject=customer, case__reference=reference)
    if export.job_state != Export.State.DONE or export.released_at is None:
        raise Http404
    files = [
        {"name": name, "size": about["size"], "label": _label(name)}
        for name, about in sorted(export.files.items(), key=lambda item: _place(item[0]))
    ]
    context = {"export": export, "case": export.case, "over": why_over(export, timezone.now()), "files": files}
    return render(request, "privacy/export.html", context | {"is_fresh": is_fresh(request)})


@require_safe
def fetch(request: HttpRequest, reference: str, name: str) -> HttpResponseBase:
    """One file, whole, to its owner who has just proved who she is; every try is written down, whoever makes it."""
    export = Export.objects.select_related("case").filter(case__reference=reference).first()
    is_known = request.user.is_authenticated
    how = "head" if request.method == "HEAD" else "part" if "Range" in request.headers else "whole"
    try:
        if export is None and not is_known:
            raise CannotOpen("unknown")  # nobody asks for nothing: no line for that
        opened = open_for(request.user, export, name, is_proven=is_known and is_fresh(request), how=how)
    except CannotOpen as error:
        return _refused(request, error.reason)
    response: HttpResponseBase = HttpResponse() if how == "head" else StreamingHttpResponse(opened.chunks)
    response["Content-Type"] = opened.content_type
    response["Content-Disposition"] = f'attachment; filename="{reference}-{opened.name}"'
    if how == "whole":
        response["Content-Length"] = str(opened.size)
    response["Accept-Ranges"] = "none"
    return response


def _refused(request: HttpRequest, reason: str) -> HttpResponseBase:
    """Not one byte: asked who she is, asked once more, or told that there is nothing."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if reason == "not_proven":
        ask_again(request)
    if reason == "part":
        return HttpResponse(status=NOT_A_PART)
    raise Http404


def _place(name: str) -> tuple[int, str]:
    """To read, for computers, for spreadsheets, and last the list of all."""
    ending = name[name.rfind(".") :]
    return (9 if name == MANIFEST else list(KINDS).index(ending) if ending in KINDS else 8), name


def _label(name: str) -> Any:
    if name == MANIFEST:
        return _("List of the files, to check that none was changed")
    stem, _dot, ending = name.rpartition(".")
    kind = KINDS.get(f".{ending}", name)
    return f"{kind}: {Category(stem).label}" if stem in Category.values else kind
