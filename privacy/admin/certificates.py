"""The certificates of an erasure in the office: for those who may read the log, because they prove what it says."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from .. import audit, erasure, roles
from ..erasure import ErasureCertificate
from ..roles import Act
from ..subject_requests import DataSubjectRequest
from .pages import require, saved

COPIES = {"file": False, "person": True}


def of(case: DataSubjectRequest, account: Any) -> list[ErasureCertificate]:
    """Those of this request, the oldest first, for whoever may see them."""
    rows = ErasureCertificate.objects.filter(erasure__case=case).select_related("erasure")
    return list(rows) if roles.may(account, Act.READ_AUDIT) else []


@require_POST
def take(request: HttpRequest, pk: int, number: int, *, room: Any) -> HttpResponse:
    """The PDF for our file, or the person's copy; refused where the log does not vouch for it; written down."""
    require(request, Act.READ_AUDIT)
    rows = ErasureCertificate.objects.select_related("erasure__case", "erasure__data_subject")
    row = get_object_or_404(rows, erasure__case=pk, number=number)
    copy = request.POST.get("copy", "file")
    if copy not in COPIES:
        raise Http404
    if not row.is_vouched_for:
        messages.error(request, _("The audit log does not vouch for this certificate: its text was changed."))
        return redirect("admin:privacy_datasubjectrequest_change", pk)
    who: Any = request.user
    person = row.erasure.data_subject
    audit.record(
        "erasure.certificate_taken", actor=who, subject=person, target=row.erasure, number=number, copy=copy
    )  # fmt: skip
    return saved(erasure.pdf_of(row, for_the_person=COPIES[copy]), f"{row}-{copy}.pdf")
