"""Ask for a right, follow the answer, change one's mind."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import erasure, recipient_notices, restrictions, rights, subject_requests
from ..cases import InvalidTransition, State
from ..deadlines import Clock, in_words
from ..export import Export
from ..forms import RequestForm, particulars
from ..subject_requests import CaseEvent, DataSubjectRequest
from ..vocabulary import Source
from .access import customer_required, require_fresh
from .words import EVENTS, STATES

A_PAGE = 20


@require_safe
@customer_required
def index(request: HttpRequest, customer: Any) -> HttpResponse:
    """All requests of this person, newest first."""
    mine = DataSubjectRequest.objects.filter(data_subject=customer).order_by("-received_at", "-pk")
    page = Paginator(mine, A_PAGE).get_page(request.GET.get("page"))
    locks = restrictions.Restriction.objects.of_use().filter(data_subject=customer, scope="")
    context = {"page": page, "cases": [_shown(case) for case in page], "locks": locks}
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
    lines = sorted(erasure.preview(customer, today=timezone.localdate()), key=lambda line: not (line.kept or line.held))
    context = {"form": form, "preview": lines, "hours": settings.ERASURE_COOLING_OFF_HOURS}
    return render(request, "privacy/erasure_preview.html", context)


@require_safe
@customer_required
def detail(request: HttpRequest, customer: Any, reference: str) -> HttpResponse:
    """One request: number, due date and why that day, timeline, progress; as JSON for the progress bar."""
    case = _mine(customer, reference)
    job = _job(case)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(_progress(case, job))
    events = CaseEvent.objects.filter(case=case, is_internal=False).order_by("pk")
    context = {
        **_shown(case),
        "events": [{"event": event, "words": EVENTS.get(event.kind, event.kind)} for event in events],
        "progress": _progress(case, job),
        "export": job if case.kind in ("access", "portability") else None,
        "goes_on_as": case.merged_into,
        "promises": _promises(case),
        "told": recipient_notices.progress(case, timezone.localdate()),
        "facts": subject_requests.facts(case, for_staff=False),
        "denied": _denied(case),
        "can_withdraw": State.WITHDRAWN in case.next_states(),
    }
    return render(request, "privacy/request.html", context)


@require_POST
@customer_required
def withdraw(request: HttpRequest, customer: Any, reference: str) -> HttpResponse:
    """She changed her mind."""
    case = _mine(customer, reference)
    try:
        subject_requests.withdraw(case, actor=request.user)
        messages.success(request, _("Your request is withdrawn. Nothing more is done."))
    except InvalidTransition:
        messages.error(request, _("This can no longer be stopped, or it was stopped already."))
    return redirect("privacy:request", reference=reference)


def _mine(customer: Any, reference: str) -> DataSubjectRequest:
    """404 for somebody else's number, as for one that does not exist."""
    mine: DataSubjectRequest = get_object_or_404(DataSubjectRequest, data_subject=customer, reference=reference)
    return mine


def _shown(case: DataSubjectRequest) -> dict[str, Any]:
    label, colour = STATES[State(case.state)]
    return {"case": case, "state": label, "colour": colour, "due": in_words(case.due_on, timezone.localdate())}


def _promises(case: DataSubjectRequest) -> list[Clock]:
    """What the shop has promised for an earlier day than the law asks, while it is not answered."""
    running = subject_requests.clocks(case) if case.is_open else ()
    return [clock for clock in running if clock.due_on < case.due_on]


def _denied(case: DataSubjectRequest) -> Any:
    """Why we said no, in a sentence; nothing while a second person still looks at it."""
    denial = subject_requests.denial_of(case) if case.state == State.REFUSED else None
    return denial.to_person if denial else ""


def _job(case: DataSubjectRequest) -> Any:
    """The export or erasure that carries the request out, once there is one."""
    return getattr(case, "export", None) or getattr(case, "erasure", None)


def _progress(case: DataSubjectRequest, job: Any) -> dict[str, Any]:
    percent = getattr(job, "progress", None) if job else None
    done = not case.is_open
    words = str(STATES[State(case.state)][0])
    if isinstance(job, Export):
        words = _("It is ready.")
        if not done and job.job_state == Export.State.DONE:
            words = _("Your copy is made. One of us looks it through before you get it.")
        elif not done:
            words = _("We are putting your copy together: %(percent)d %% done.") % {"percent": percent or 0}
    return {"percent": 100 if done else percent, "words": words, "finished": done}
