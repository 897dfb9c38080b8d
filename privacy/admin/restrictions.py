"""Restrictions and legal holds: set by one privacy officer, lifted by two."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from .. import audit, restrictions, roles
from ..restrictions import NotLawful, Restriction
from ..roles import Act
from ..vocabulary import Source
from . import choosing, people, seeing
from .pages import ReadOnly, require
from .site import in_the_office, page

HERE = "privacy_restriction"


class Standing(admin.SimpleListFilter):
    """In force, or lifted."""

    title, parameter_name = gettext_lazy("state"), "standing"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return [("active", gettext_lazy("in force")), ("lifted", gettext_lazy("lifted"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows."""
        if self.value() == "active":
            return queryset.active()
        return queryset.filter(lifted_at__isnull=False) if self.value() == "lifted" else queryset


@in_the_office(Restriction)
class Restrictions(ReadOnly):
    """The list and the page of each, with the steps that end it."""

    may_see = Act.SEE_HOLDS
    list_display = ("kind", "imposed_at", "review_on", "lifted_at")
    list_filter = (Standing,)
    list_select_related = ("data_subject",)
    ordering = ("-pk",)
    change_form_template = "admin/restriction.html"
    change_list_template = "admin/restrictions.html"

    def get_urls(self) -> list[Any]:
        """With the verbs that end one."""
        site = self.admin_site
        verbs = [("propose", propose_lifting), ("told", note_told), ("keep", keep), ("lift", lift)]
        ours = [path(f"<int:pk>/{at}/", site.admin_view(view), name=f"{HERE}_{at}") for at, view in verbs]
        return [*ours, *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> Any:
        """The person as this reader may see her."""
        return (self.list_display[0], people.column(request), *self.list_display[1:])

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """With the way to a new one for those who may."""
        extra = {"may_hold": roles.may(request.user, Act.HOLD)}
        return super().changelist_view(request, extra | (extra_context or {}))

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        """The reason may name the person; only those who see her now read it."""
        return () if obj is not None and seeing.sees(request, obj) else ("reason",)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """With the steps that may be taken now."""
        row = self.get_object(request, object_id)
        may = roles.may(request.user, Act.HOLD) and row is not None and row.lifted_at is None
        extra = _ending(row, request) if row is not None and may else {}
        extra["sight"] = seeing.of(request, row) if row and self.has_view_permission(request, row) else None
        return super().change_view(request, object_id, form_url, {**extra, **(extra_context or {})})


class WhyForm(forms.Form):
    """What the person is told."""

    why = forms.CharField(
        label=gettext_lazy("Why does it end?"),
        help_text=gettext_lazy("The person reads this in her letter."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ToldForm(forms.Form):
    """By which road she was told."""

    road = forms.ChoiceField(
        label=gettext_lazy("How was she told?"),
        choices=[(road.value, road.label) for road in (Source.LETTER, Source.PHONE, Source.FAX, Source.STORE)],
    )


def _ending(row: Restriction, request: HttpRequest) -> dict[str, Any]:
    """How far it is on its way to its end, and which forms this person may use."""
    mine = audit.reference(request.user)  # type: ignore[arg-type]
    if not row.lift_proposed_by:
        return {"ending": "not_proposed", "why_form": WhyForm(auto_id="id_propose_%s") if row.was_asked_for else None}
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


def _propose(row: Restriction, request: HttpRequest) -> None:
    restrictions.propose_lifting(row, actor=request.user, why=request.POST.get("why", "")[:2000])


def _told(row: Restriction, request: HttpRequest) -> None:
    form = ToldForm(request.POST)
    if not form.is_valid():
        raise NotLawful(_("Say how the person was told."))
    restrictions.note_told(row, Source(form.cleaned_data["road"]), actor=request.user)


def _keep(row: Restriction, request: HttpRequest) -> None:
    restrictions.keep(row, actor=request.user)


def _lift(row: Restriction, request: HttpRequest) -> None:
    restrictions.lift(row, actor=request.user, now=timezone.now())


propose_lifting = _verb(_propose, gettext_lazy("Proposed. A second, different privacy officer must agree."))
note_told = _verb(_told, gettext_lazy("Noted that the person knows."))
keep = _verb(_keep, gettext_lazy("It stays in force."))
lift = _verb(_lift, gettext_lazy("It is lifted."))


class HoldForm(forms.Form):
    """Why, and until when it is looked at again."""

    kind = forms.ChoiceField(label=gettext_lazy("What is it?"), choices=Restriction.Kind.choices)
    reason = forms.CharField(label=gettext_lazy("Why?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    review_on = forms.DateField(
        label=gettext_lazy("Look at it again on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


def _impose(request: HttpRequest, person: Any, said: dict[str, Any]) -> HttpResponse:
    kind, reason, review_on = Restriction.Kind(said["kind"]), said["reason"], said["review_on"]
    row = restrictions.impose(person, kind, reason, actor=request.user, review_on=review_on)
    messages.success(request, _("It is in force from now on."))
    return redirect(f"admin:{HERE}_change", row.pk)


impose = page("hold/", "impose_restriction")(
    choosing.for_a_person(
        Act.HOLD, HoldForm, _impose, title=gettext_lazy("Restrict or hold"), button=gettext_lazy("Put it in force")
    )
)
