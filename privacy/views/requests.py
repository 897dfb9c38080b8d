"""Ask for a right, follow the answer, change one's mind."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from .. import erasure, restrictions, rights, subject_requests
from ..forms import RequestForm, particulars
from ..subject_requests import DataSubjectRequest
from ..vocabulary import Source
from . import following
from .access import customer_required, require_fresh
from .case_facts import job_of, progress, shown

A_PAGE = 20


@require_safe
@customer_required
def index(request: HttpRequest, customer: Any) -> HttpResponse:
    """All requests of this person, newest first."""
    mine = DataSubjectRequest.objects.filter(data_subject=customer).order_by("-received_at", "-pk")
    page = Paginator(mine, A_PAGE).get_page(request.GET.get("page"))
    rows = restrictions.Restriction.objects.of_use().filter(data_subject=customer).order_by("pk")
    locks = [(row, restrictions.record_in_words(row)) for row in rows]
    kept = restrictions.told_to_person(customer)
    context = {"page": page, "cases": [shown(case) for case in page], "locks": locks, "kept": kept}
    return render(request, "privacy/requests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def new(request: HttpRequest, customer: Any) -> HttpResponse:
    """Choose a right in plain words; deleting shows first what goes and what stays."""
    kind = request.GET.get("kind")
    start = {"key": rights.fresh_key(), "kind": kind if kind in rights.REGISTER else None}
    form = RequestForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        if wanted["kind"] == "erasure" and "understood" not in request.POST:
            return _before_erasure(request, customer, form)
        if rights.REGISTER[wanted["kind"]].needs_recent_proof:
            require_fresh(request)
        try:
            case = subject_requests.open_case(
                customer,
                wanted["kind"],
                source=Source.WEB,
                actor=request.user,
                details=wanted["details"],
                identity_confirmed=True,
                idempotency_key=f"{customer.pk}.{wanted['key']}"[:64],
                particulars=particulars(wanted, wanted["kind"]),
            )
        except subject_requests.FormUsed as used:
            again = form_again(RequestForm, request, used)
            context = {"form": again, "entries": again.entries.values()}
            return render(request, "privacy/new_request.html", context, status=409)
        return redirect("privacy:request", reference=case.reference)
    status = 422 if request.method == "POST" else 200
    return render(request, "privacy/new_request.html", {"form": form, "entries": form.entries.values()}, status=status)


def form_again(kind_of_form: Any, request: HttpRequest, used: subject_requests.FormUsed) -> Any:
    """The form as it was filled in, with a fresh key, and a line on what was sent with the old one."""
    sent = request.POST.copy()
    sent["key"] = rights.fresh_key()
    form = kind_of_form(sent)
    words = _("You sent this form before, as request %(number)s. If you want something else now, send it again.")
    form.add_error(None, words % {"number": used.case.reference})
    return form


def _before_erasure(request: HttpRequest, customer: Any, form: RequestForm) -> HttpResponse:
    """What goes and what stays, before anything is asked for; what stays comes first."""
    found = erasure.outlook(customer, timezone.localdate(), for_the_person=True)
    context = {"form": form, "preview": found, "hours": settings.ERASURE_COOLING_OFF_HOURS}
    return render(request, "privacy/erasure_preview.html", context)


@require_safe
@customer_required
def detail(request: HttpRequest, customer: Any, reference: str) -> HttpResponse:
    """One request: number, due date and why that day, timeline, progress; as JSON for the progress bar."""
    reader = following.at_home(request, customer, reference)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(progress(reader.case, job_of(reader.case)))
    return following.page(request, reader)
