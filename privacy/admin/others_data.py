"""A colleague looks through every text of a copy that may speak of others, and leaves passages out of it."""

from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from .. import export, sight
from ..export import Redaction
from ..roles import Act
from ..subject_requests import DataSubjectRequest, NotAllowed, redacting
from . import seeing
from .file_forms import LeaveOutForm
from .pages import require

A_PAGE = 20
HERE = "admin:privacy_datasubjectrequest_others"


def find(pk: int) -> DataSubjectRequest:
    """The case at this address."""
    case: DataSubjectRequest = get_object_or_404(DataSubjectRequest.objects.select_related("data_subject"), pk=pk)
    return case


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, pk: int, *, room: Any) -> HttpResponse:
    """The texts, a page at a time; sending one form leaves a passage out."""
    require(request, Act.START_EXPORT)
    case = find(pk)
    if elsewhere := seeing.first_open(request, case):
        return elsewhere
    if not redacting.is_possible(case):
        messages.warning(request, _("Here is no copy from which anything could be left out."))
        return redirect("admin:privacy_datasubjectrequest_change", pk)
    form = LeaveOutForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid() and _leave_out(request, case, form):
        return redirect(request.get_full_path())
    return _page(request, case, room, form)


def _leave_out(request: HttpRequest, case: DataSubjectRequest, form: LeaveOutForm) -> bool:
    said = form.cleaned_data
    place = (said["table"], said["row"], said["field"])
    try:
        redacting.leave_out(case, place, passage=said["passage"], why=said["why"], actor=request.user)
    except NotAllowed as error:
        form.add_error("passage", str(error))
        return False
    messages.success(request, _("It is left out of the copy. The original stays as it is."))
    return True


def _page(request: HttpRequest, case: DataSubjectRequest, room: Any, sent: LeaveOutForm | None) -> HttpResponse:
    number = int(said) if (said := request.GET.get("page", "1")).isdigit() and 0 < int(said) < 10_000 else 1
    start = (number - 1) * A_PAGE
    found = list(islice(_texts(case), start, start + A_PAGE + 1))
    left_out: dict[Any, list[Redaction]] = {}
    for row in export.of_person(case.data_subject).select_related("made_by", "case"):
        left_out.setdefault(row.place, []).append(row)
    sight.viewed(request.user, case)
    context = {
        **room.admin_site.each_context(request), "title": _("What speaks of other people"), "opts": room.opts,
        "case": case, "number": number, "has_more": len(found) > A_PAGE,
        "shown": [_shown(text, left_out.get(text.place, []), sent) for text in found[:A_PAGE]],
    }  # fmt: skip
    return render(request, "admin/others_data.html", context, status=422 if sent else 200)


def _texts(case: DataSubjectRequest) -> Any:
    return export.texts(case.data_subject, only_provided=case.kind == "portability")


def _shown(text: export.Text, left_out: list[Redaction], sent: LeaveOutForm | None) -> dict[str, Any]:
    """One text with its form; the one that was sent keeps what was typed."""
    table, row, field = text.place
    given = sent.data if sent else {}
    is_it = sent is not None and (given.get("table"), given.get("row"), given.get("field")) == text.place
    prefix = f"id_{table.replace('.', '_')}_{row}_{field}_%s"
    fresh = LeaveOutForm(initial={"table": table, "row": row, "field": field}, auto_id=prefix)
    if is_it and sent is not None:
        sent.auto_id = prefix
    return {"text": text, "left_out": left_out, "form": sent if is_it else fresh, "open": is_it}


@require_POST
def put_back(request: HttpRequest, pk: int, number: int, *, room: Any) -> HttpResponse:
    """The passage is in the copy again."""
    require(request, Act.START_EXPORT)
    case = find(pk)
    if elsewhere := seeing.first_open(request, case):
        return elsewhere
    try:
        redacting.put_back(case, get_object_or_404(Redaction, pk=number, case=case), actor=request.user)
        messages.success(request, _("It is in the copy again."))
    except NotAllowed as error:
        messages.error(request, str(error))
    return redirect(HERE, pk)
