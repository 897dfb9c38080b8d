"""One request, for whoever asked: how far it is and why, what we wrote, and what she may still say or do.

The same page in two frames: in the account, and behind the link in our letters for those without one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from .. import rights, subject_requests
from ..cases import InvalidTransition, State
from ..forms.following import AboutForm, ReplyForm
from ..subject_requests import CaseEvent, DataSubjectRequest, NotAllowed, NotAPaper, following, representing
from ..vocabulary import Source
from . import uploads
from .access import customer_required
from .case_facts import facts_of, mine
from .words import EVENTS, way

QUESTIONS = ("id_asked", "clarification_asked")
ABOUT = {"complain": "complaint", "review": "human_review"}


@dataclass(frozen=True)
class Reader:
    """Who looks at a request, and at which address of ours; a guest by the link that was mailed `to` her."""

    case: DataSubjectRequest
    actor: Any
    page: str
    deed: Callable[[str], str]
    to: str = ""

    @property
    def is_guest(self) -> bool:
        """Whether a mailed link is all that we know her by."""
        return bool(self.to)


def at_home(request: HttpRequest, customer: Any, reference: str) -> Reader:
    """The signed-in customer, before her own request."""
    case = mine(customer, reference)
    deed = partial(_address, "privacy:case_deed", reference)
    return Reader(case, request.user, reverse("privacy:request", args=[reference]), deed)


def by_link(token: str) -> Reader:
    """Whoever holds a link from our letters; 404 for any other."""
    found = following.by_link(token)
    if found is None:
        raise Http404
    deed = partial(_address, "privacy:follow_deed", token)
    case, to = found
    actor = representing.addressee(case)[1] or case.data_subject
    return Reader(case, actor, reverse("privacy:follow", args=[token]), deed, to)


def _address(route: str, whose: str, name: str) -> str:
    return reverse(route, args=[whose, name])


@require_safe
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link."""
    return page(request, by_link(token))


@csrf_exempt  # the token is the proof, and its page sends no referrer, so no origin either
@require_http_methods(["GET", "HEAD", "POST"])
def follow_deed(request: HttpRequest, token: str, name: str) -> HttpResponse:
    """One deed behind the link."""
    uploads.bound(request)
    return _deed(request, by_link(token), name)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def case_deed(request: HttpRequest, customer: Any, reference: str, name: str) -> HttpResponse:
    """One deed in the account."""
    return _deed(request, at_home(request, customer, reference), name)


def page(request: HttpRequest, reader: Reader, filled: dict[str, Form] | None = None) -> HttpResponse:
    """The page; `filled` are forms that must be corrected, by the deed they belong to."""
    case = reader.case
    events = CaseEvent.objects.filter(case=case, is_internal=False).order_by("pk")
    context = {
        **facts_of(case, is_guest=reader.is_guest),
        "reader": reader,
        "events": [{"event": event, "words": EVENTS.get(event.kind, event.kind)} for event in events],
        "way": way(case),
        "letters": following.letters(case, reader.to),
        "papers": case.papers.defer("content"),
        "withdraw_url": reader.deed("withdraw") if State.WITHDRAWN in case.next_states() else "",
        "deeds": [_offered(reader, name, (filled or {}).get(name)) for name in _may(case)],
        "ask_again": case.state == State.WITHDRAWN,
    }
    frame = "privacy/follow.html" if reader.is_guest else "privacy/request.html"
    return render(request, frame, context, status=422 if filled else 200)


def _may(case: DataSubjectRequest) -> list[str]:
    """What she may say now, the most pressing first."""
    asked = subject_requests.open_questions(case) if case.is_open else set()
    found = [kind for kind in QUESTIONS if kind in asked]
    found += ["add"] if case.is_open and not asked else []
    decided = not case.is_open and case.state in (State.REFUSED, State.COMPLETED)
    found += ["review"] if decided and case.kind not in ("complaint", "human_review") else []
    return found + (["complain"] if case.kind != "complaint" else [])


def _offered(reader: Reader, name: str, filled: Form | None) -> dict[str, Any]:
    made = AboutForm if name in ABOUT else ReplyForm
    question = reader.case.events.filter(kind=name).last() if name in QUESTIONS else None
    form = filled or made(auto_id=f"id_{name}_%s", initial={"key": rights.fresh_key()})
    return {
        "name": name, "url": reader.deed(name), "form": form, "is_open": filled is not None or name in QUESTIONS,
        "question": question.text if question else "",
    }  # fmt: skip


def _deed(request: HttpRequest, reader: Reader, name: str) -> HttpResponse:
    if name == "withdraw":
        return _withdraw(request, reader)
    if request.method != "POST":
        return redirect(reader.page)
    if name not in _may(reader.case):
        messages.error(request, _("This is not possible any more: your request has moved on."))
        return redirect(reader.page)
    made = AboutForm if name in ABOUT else ReplyForm
    form = made(request.POST, request.FILES, auto_id=f"id_{name}_%s")
    if uploads.was_too_large(request):
        form.add_error("paper", _("The file is larger than 10 MB. Nothing of what you typed is lost."))
    if not form.is_valid():
        return page(request, reader, {name: form})
    try:
        return _about(request, reader, name, form) if name in ABOUT else _reply(request, reader, name, form)
    except (NotAllowed, NotAPaper) as error:
        form.add_error(None, str(error))
        return page(request, reader, {name: form})


def _reply(request: HttpRequest, reader: Reader, name: str, form: Form) -> HttpResponse:
    said = form.cleaned_data
    subject_requests.reply(reader.case, name, actor=reader.actor, text=said["text"], paper=said["paper"])
    messages.success(request, _("Thank you, we have it."))
    return redirect(reader.page)


def _about(request: HttpRequest, reader: Reader, name: str, form: Form) -> HttpResponse:
    """A case of its own about this one, with a number and a day of its own."""
    kind, said = ABOUT[name], form.cleaned_data
    about = _("About %(number)s") % {"number": reader.case.reference}
    new = subject_requests.open_case(
        reader.case.data_subject, kind, source=Source.WEB, actor=reader.actor, details=f"{about}\n\n{said['text']}",
        identity_confirmed=not reader.is_guest or rights.REGISTER[kind].link_is_enough,
        idempotency_key=f"about.{reader.case.pk}.{said['key']}"[:64],
    )  # fmt: skip
    words = _("We have it. Its number is %(number)s; you have our answer by %(day)s. We have mailed you this as well.")
    messages.success(request, words % {"number": new.reference, "day": new.due_on.strftime("%-d %B %Y")})
    return redirect(reader.page)


def _withdraw(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The question first, for those without a script; then it is done."""
    if request.method != "POST" or request.POST.get("sure") == "ask":
        context = {"reader": reader, "case": reader.case, "url": reader.deed("withdraw")}
        return render(request, "privacy/withdraw.html", context)
    try:
        subject_requests.withdraw(reader.case, actor=reader.actor)
        messages.success(request, _("Your request is withdrawn. Nothing more is done."))
    except InvalidTransition:
        messages.error(request, _("This can no longer be stopped, or it was stopped already."))
    return redirect(reader.page)
