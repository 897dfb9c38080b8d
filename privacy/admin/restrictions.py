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
from ..restrictions import Restriction
from ..roles import Act
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
    """The list and the page of each, with the two buttons that end it."""

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
        verbs = [("propose", propose_lifting), ("lift", lift)]
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
        """With the step that may be taken now."""
        row = self.get_object(request, object_id)
        mine = audit.reference(request.user)  # type: ignore[arg-type]
        may = roles.may(request.user, Act.HOLD) and row is not None and row.lifted_at is None
        proposed_by = row.lift_proposed_by if row else ""
        extra = {
            "sight": seeing.of(request, row) if row and self.has_view_permission(request, row) else None,
            "may_propose": may and not proposed_by,
            "may_lift": may and proposed_by not in ("", mine),
            "waits_for_another": may and proposed_by == mine,
        }
        return super().change_view(request, object_id, form_url, {**extra, **(extra_context or {})})


def _verb(verb: Callable[[Restriction, HttpRequest], None], said: Any) -> Callable[..., HttpResponse]:
    @require_POST
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        require(request, Act.HOLD)
        row = get_object_or_404(Restriction, pk=pk, lifted_at__isnull=True)
        try:
            with transaction.atomic():
                verb(row, request)
            messages.success(request, said)
        except IntegrityError:
            messages.error(request, _("Two different people must agree to lift this."))
        return redirect(f"admin:{HERE}_change", pk)

    return view


def _propose(row: Restriction, request: HttpRequest) -> None:
    restrictions.propose_lifting(row, actor=request.user)


def _lift(row: Restriction, request: HttpRequest) -> None:
    restrictions.lift(row, actor=request.user, now=timezone.now())


propose_lifting = _verb(_propose, gettext_lazy("A second privacy officer can lift it now."))
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
