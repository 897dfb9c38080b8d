"""The page of one case: how long we have and why, what happened, what we hold, and what may be done now."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from .. import erasure, overview, roles, subject_requests
from ..cases import InvalidTransition, State
from ..deadlines import UnlawfulEvent
from ..erasure import NotErased
from ..inbound import deeds
from ..roles import Act
from ..subject_requests import DataSubjectRequest, NotAllowed, NotAPaper, papers, representing
from . import (
    banners,
    certificates,
    clock_card,
    letter_forms,
    people,
    recipient_notices,
    release_card,
    seeing,
    step_groups,
    steps,
    timeline,
    words,
)

Outlook = clock_card.Outlook
BUNDLES = (
    ("ours", gettext_lazy("For our own file"), gettext_lazy("With the notes of colleagues. Not to be handed on.")),
    ("both", gettext_lazy("For both parties"), gettext_lazy("Without inner notes and without what was left out.")),
)
REFUSALS = (NotAllowed, NotAPaper, InvalidTransition, UnlawfulEvent, NotErased)


def _case(pk: Any) -> DataSubjectRequest:
    rows = DataSubjectRequest.objects.select_related(
        "data_subject", "assignee", "proposed_by", "approved_by", "merged_into"
    )
    case = rows.filter(pk=pk).first() if str(pk).isdigit() else None
    if case is None:
        raise Http404
    return case


@require_safe
def show(request: HttpRequest, pk: Any, *, room: Any, given: forms.Form | None = None, name: str = "") -> HttpResponse:
    """The page; what somebody filled in wrongly is shown again where it was."""
    return page(request, _case(pk), room)


def page(
    request: HttpRequest, case: DataSubjectRequest, room: Any, *, taken: str = "", filled: forms.Form | None = None
) -> HttpResponse:
    """The page; `filled` is the form of the step that was taken and must be corrected, or looked at again."""
    if not room.has_view_permission(request, case):
        raise PermissionDenied
    may_see = roles.may(request.user, Act.SEE_PERSON)
    sight = seeing.of(request, case)
    sees_person = sight is not None and sight.is_open
    ahead = clock_card.outlooks(case, {step.clock for step in steps.STEPS if step.clock}) if case.is_open else {}
    context = {
        **room.admin_site.each_context(request),
        **_heading(case, request.user),
        **_holds(request, case),
        "title": case.reference,
        "opts": room.opts,
        "case": case,
        "sees_person": sees_person,
        "sight": sight,
        "person": case.data_subject.display_name if sees_person else "",
        "masked": people.masked(case.data_subject.display_name) if may_see and not sees_person else "",
        "person_url": people.url(case.data_subject) if may_see else "",
        "mails": deeds.mails_of(case) if may_see else [],
        "facts": subject_requests.facts(case, for_staff=True) if sees_person else [],
        "timeline": timeline.of(request, case, with_notes=sees_person),
        "papers": papers.of(case) if sees_person else [],
        "representative": representing.of_case(case) if sees_person else None,
        "holdings": _held(case),
        "preview": _preview(case),
        "certificates": certificates.of(case, request.user),
        "told": recipient_notices.of_case(case, request.user, sees=sees_person),
        "release": release_card.of(case, sees=sees_person, account=request.user),
        "clocks": clock_card.of(subject_requests.clocks(case)),
        "steps": step_groups.of(
            _shown(step, case, ahead, taken, filled)
            for step in offered(case, request.user, ahead)
            if sees_person or not _comes_filled(step, case)
        ),
    }
    return render(request, "admin/case.html", context, status=422 if filled and filled.is_bound else 200)


def _holds(request: HttpRequest, case: DataSubjectRequest) -> dict[str, Any]:
    """What bars use or deletion, and where another hold is set while the case is open."""
    person = case.data_subject
    return {
        "barred": banners.of_person(request, person),
        "hold_url": banners.hold_url(request, person, case=case.reference) if case.is_open else "",
    }


def offered(case: DataSubjectRequest, account: Any, ahead: dict[str, Outlook]) -> list[steps.Step]:
    """The steps that are lawful now and this person's to take."""
    return [step for step in steps.STEPS if step.is_open_to(account, case) and (not step.clock or step.clock in ahead)]


def _comes_filled(step: steps.Step, case: DataSubjectRequest) -> bool:
    """Whether its form shows what we hold about the person, as a draft of the answer does too."""
    drafted = step.name == "carry_out" and case.right.draft is not None
    return drafted or getattr(step.form, "comes_filled", False)


def _heading(case: DataSubjectRequest, account: Any) -> dict[str, Any]:
    return {
        "two_people": _two_people(case, account),
        "bundles": BUNDLES if roles.may(account, Act.HANDLE) else (),
        "due": words.due_badge(case),
        "doubt": subject_requests.open_doubt(case),
        "identity": (rung := subject_requests.rung(case)),
        "identity_words": words.sentence(rung.label),
        "call_back": subject_requests.call_backs.of_case(case),
    }


def _shown(
    step: steps.Step, case: DataSubjectRequest, ahead: dict[str, Outlook], taken: str, filled: forms.Form | None
) -> dict[str, Any]:
    form = filled if filled and step.name == taken else step.form(case=case, auto_id=f"id_{step.name}_%s")  # type: ignore[call-arg]
    return {
        "step": step,
        "form": form,
        "open": form is filled,
        "is_next": step.is_next(case),
        "url": reverse("admin:privacy_datasubjectrequest_step", args=[case.pk, step.name]),
        "forecast": ahead.get(step.clock),
        "explanation": case.right.explanation if step.name in ("carry_out", "approve") else "",
    }


def _held(case: DataSubjectRequest) -> list[tuple[str, int]]:
    """How many records of each category, from the declarations."""
    counts: dict[str, int] = {}
    for holding in overview.holdings(case.data_subject, timezone.localdate()):
        label = str(holding.declaration.category.label)
        counts[label] = counts.get(label, 0) + holding.count
    return list(counts.items())


def _preview(case: DataSubjectRequest) -> Any:
    """What an erasure would do to each kind of record, and all that ends with it, while it has not been done."""
    wanted = case.kind == "erasure" and case.is_open and case.state != State.EXECUTING
    return erasure.outlook(case.data_subject, timezone.localdate()) if wanted else None


def _two_people(case: DataSubjectRequest, account: Any) -> str:
    """Why the second person's button is not there, when it is not."""
    if case.state != State.AWAITING_APPROVAL:
        return ""
    if case.execute_after and case.execute_after > timezone.now() and not case.denial_reason:
        return _("The person may still change her mind until %(when)s.") % {"when": words.moment(case.execute_after)}
    if case.denial_reason and case.proposed_by_id != account.pk:
        return _("It is proposed to refuse this. Open the details to read the letter; then agree, or send it back.")
    if case.proposed_by_id == account.pk:
        return _("You proposed this. A second, different person must approve.")
    return ""


@require_POST
def take_step(request: HttpRequest, pk: int, name: str, *, room: Any) -> HttpResponse:
    """One step: allowed, filled in, taken; or one line that says why not."""
    case, step = _case(pk), steps.named(name)
    if step is None:
        raise Http404
    if not roles.may(request.user, step.act_for(case)):
        raise PermissionDenied
    if _comes_filled(step, case) and (elsewhere := seeing.first_open(request, case)):
        return elsewhere
    if with_words := letter_forms.filled(step.form, request.POST, case, f"id_{name}_%s"):
        return page(request, case, room, taken=name, filled=with_words)
    form = step.form(request.POST, request.FILES, case=case, auto_id=f"id_{name}_%s")  # type: ignore[call-arg]
    if not form.is_valid():
        return page(request, case, room, taken=name, filled=form)
    level, said = taken(step, case, request.user, form.cleaned_data)
    messages.add_message(request, level, said)
    return redirect("admin:privacy_datasubjectrequest_change", case.pk)


def taken(step: steps.Step, case: DataSubjectRequest, account: Any, said: dict[str, Any]) -> tuple[int, str]:
    """Takes the step, and says in one line what became of it."""
    says_why = step.name == "approve" or (step.name == "carry_out" and not case.search and case.right.needs_search)
    if not step.offered(case, account) and not says_why:
        return messages.ERROR, _("“%(step)s” is not possible now: the request has moved on.") % {"step": step.label}
    try:
        with transaction.atomic():
            step.run(case, account, said)
    except REFUSALS as error:
        return messages.ERROR, str(error)
    except IntegrityError:
        return messages.ERROR, _("The database refused this: two different people must agree.")
    return messages.SUCCESS, _("Done: %(step)s.") % {"step": step.label}
