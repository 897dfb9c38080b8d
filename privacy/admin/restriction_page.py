"""The page of one restriction or hold: what it keeps and why, what was done with it, and what may be done now."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from .. import audit, restrictions, roles
from ..restrictions import NotLawful, Restriction, RestrictionStep
from ..roles import Act
from ..vocabulary import Source
from . import people, seeing, timeline, words
from .pages import require

HERE = "privacy_restriction"


class WhyForm(forms.Form):
    """Why it ends; the person who asked for a restriction is told."""

    why = forms.CharField(
        label=gettext_lazy("Why does it end?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ToldForm(forms.Form):
    """By which road she was told."""

    road = forms.ChoiceField(
        label=gettext_lazy("How was she told?"),
        choices=[(road.value, road.label) for road in (Source.LETTER, Source.PHONE, Source.FAX, Source.STORE)],
    )


class ReviewForm(forms.Form):
    """Still needed, until when, because."""

    until = forms.DateField(
        label=gettext_lazy("Still needed. Look at it again on"), widget=forms.DateInput(attrs={"type": "date"})
    )
    why = forms.CharField(label=gettext_lazy("Because"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


@require_safe
def show(request: HttpRequest, pk: Any, *, room: Any) -> HttpResponse:
    """The page; the words of reasons wait until somebody has said why she needs to see the person."""
    if not room.has_view_permission(request):
        raise PermissionDenied
    row = Restriction.objects.select_related("data_subject").filter(pk=pk).first() if str(pk).isdigit() else None
    if row is None:
        raise Http404
    return page(request, row, room)


def page(request: HttpRequest, row: Restriction, room: Any) -> HttpResponse:
    """The page, with what this colleague may see and do."""
    sight = seeing.of(request, row)
    sees = sight is not None and sight.is_open
    may_act = roles.may(request.user, Act.HOLD) and row.lifted_at is None
    may_see = roles.may(request.user, Act.SEE_PERSON)
    context = {
        **room.admin_site.each_context(request),
        "title": row.get_kind_display(),
        "opts": room.opts,
        "original": row,
        "sight": sight,
        "sees": sees,
        "person": people.in_a_list(request, row.data_subject),
        "person_url": people.url(row.data_subject) if may_see else "",
        "record": restrictions.record_in_words(row),
        "is_overdue": row.lifted_at is None and row.review_on is not None and row.review_on <= timezone.localdate(),
        "history": _history(row, sees=sees),
        "may_act": may_act,
        "review_form": ReviewForm(auto_id="id_review_%s") if may_act and not row.lift_proposed_by else None,
        **(_ending(row, request) if may_act else {}),
    }
    return render(request, "admin/restriction.html", context)


def _history(row: Restriction, *, sees: bool) -> list[dict[str, Any]]:
    steps = list(restrictions.steps_of(row))
    names = timeline.who_is(step.by for step in steps)
    first = RestrictionStep.Kind.IMPOSED
    said = [(step, row.reason if step.kind == first else step.why) for step in steps]
    return [
        {"what": words.sentence(step.get_kind_display()), "who": names[step.by], "at": step.at, "until": step.until,
         "why": why if sees else "", "is_masked": bool(why) and not sees}
        for step, why in said
    ]  # fmt: skip


def _ending(row: Restriction, request: HttpRequest) -> dict[str, Any]:
    """How far it is on its way to its end, and which forms this person may use."""
    mine = audit.reference(request.user)  # type: ignore[arg-type]
    if not row.lift_proposed_by:
        return {"ending": "not_proposed", "why_form": WhyForm(auto_id="id_propose_%s")}
    first = restrictions.may_be_lifted_on(row) if row.was_asked_for else timezone.localdate()
    return {
        "ending": "proposed",
        "is_mine": row.lift_proposed_by == mine,
        "told_at": restrictions.told_at(row),
        "may_end_on": first,
        "may_end_now": first is not None and first <= timezone.localdate(),
        "told_form": ToldForm(auto_id="id_told_%s") if row.was_asked_for and first is None else None,
    }


def _verb(verb: Callable[[Restriction, HttpRequest], None], said: Any) -> Callable[..., HttpResponse]:
    @require_POST
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        require(request, Act.HOLD)
        row = get_object_or_404(Restriction, pk=pk, lifted_at__isnull=True)
        try:
            with transaction.atomic():
                verb(row, request)
            messages.success(request, said)
        except NotLawful as error:
            messages.error(request, str(error))
        except IntegrityError:
            messages.error(request, _("Two different people must agree to lift this."))
        return redirect(f"admin:{HERE}_change", pk)

    return view


def _filled(form: forms.Form) -> dict[str, Any]:
    """What was typed; NotLawful with the first thing that is wrong with it."""
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise NotLawful(f"{form.fields[name].label}: {errors[0]}" if name in form.fields else str(errors[0]))
    return form.cleaned_data


def _propose(row: Restriction, request: HttpRequest) -> None:
    why = request.POST.get("why", "").strip()[:2000]
    if not why and not row.was_asked_for:
        raise NotLawful(_("Write why it ends."))
    restrictions.propose_lifting(row, actor=request.user, why=why)


def _told(row: Restriction, request: HttpRequest) -> None:
    form = ToldForm(request.POST)
    if not form.is_valid():
        raise NotLawful(_("Say how the person was told."))
    restrictions.note_told(row, Source(form.cleaned_data["road"]), actor=request.user)


def _keep(row: Restriction, request: HttpRequest) -> None:
    restrictions.keep(row, actor=request.user)


def _lift(row: Restriction, request: HttpRequest) -> None:
    restrictions.lift(row, actor=request.user, now=timezone.now())


def _review(row: Restriction, request: HttpRequest) -> None:
    said = _filled(ReviewForm(request.POST))
    restrictions.review(row, until=said["until"], why=said["why"], actor=request.user)


propose_lifting = _verb(_propose, gettext_lazy("Proposed. A second, different privacy officer must agree."))
note_told = _verb(_told, gettext_lazy("Noted that the person knows."))
keep = _verb(_keep, gettext_lazy("It stays in force."))
lift = _verb(_lift, gettext_lazy("It is lifted. What it kept from a deletion goes now."))
review = _verb(_review, gettext_lazy("Noted: still needed."))
