"""Masked until a reason is typed: the form that asks, the page that shows nothing, and the two buttons."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from .. import roles, sight
from ..inbound.mailbox import InboundEmail
from ..personal_data import PersonalData, declaration_of
from ..roles import Act
from ..sight import Ground, NotOpened, Opening
from ..subject_requests import DataSubjectRequest
from . import people
from .pages import require
from .site import page

LONGEST = 500


class ReasonForm(forms.Form):
    """Why the details are needed: from a short list, and in a few words."""

    ground = forms.ChoiceField(label=gettext_lazy("Why do you need to see them?"), choices=Ground.choices)
    words = forms.CharField(
        label=gettext_lazy("In words, or a request number"),
        required=False,
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """One of the two is needed, so neither is called optional."""
        super().__init__(*args, **kwargs)
        self.fields["words"].is_one_of_two = True  # type: ignore[attr-defined]


@dataclass
class Sight:
    """What the top of a page says: open and for how long, or masked and the form that opens it."""

    opening: Opening | None
    minutes: int
    form: ReasonForm
    open_url: str
    mask_url: str
    back: str
    is_known: bool

    lasts: int = field(default_factory=lambda: settings.DETAILS_OPEN_MINUTES)

    @property
    def is_open(self) -> bool:
        """Whether the details may be shown."""
        return self.opening is not None


def sees(request: HttpRequest, row: Any) -> bool:
    """Whether this colleague has said why she needs to see whose record this is, and may."""
    return sight.opened(request.user, request.session.session_key, row, timezone.now()) is not None


def of(request: HttpRequest, row: Any) -> Sight | None:
    """For the top of the page; None for those who never see a person (auditors). A look that is open is noted."""
    if not roles.may(request.user, Act.SEE_PERSON):
        return None
    now = timezone.now()
    opening = sight.opened(request.user, request.session.session_key, row, now)
    if opening:
        sight.viewed(request.user, row)
    return _sight(request, row, opening, now)


def _sight(
    request: HttpRequest, row: Any, opening: Opening | None, now: datetime, filled: ReasonForm | None = None,
    back: str = "",
) -> Sight:  # fmt: skip
    args = [row._meta.label_lower, row.pk]
    return Sight(
        opening=opening,
        minutes=opening.minutes_left(now) if opening else 0,
        form=filled or ReasonForm(initial=_suggested(request, row), auto_id="id_sight_%s"),
        open_url=reverse("admin:open_details", args=args),
        mask_url=reverse("admin:mask_again", args=args),
        back=back or request.get_full_path(),
        is_known=sight.person_of(row) is not None,
    )


def _suggested(request: HttpRequest, row: Any) -> dict[str, str]:
    """The likeliest reason, so that one click is enough where a request is open."""
    if isinstance(row, DataSubjectRequest) and row.is_open and roles.may(request.user, Act.HANDLE):
        return {"ground": Ground.REQUEST, "words": row.reference}
    return {"ground": Ground.MAIL if isinstance(row, InboundEmail) else Ground.CONTACT}


def masked_page(request: HttpRequest, room: Any, row: Any, more: dict[str, Any] | None = None) -> HttpResponse:
    """In place of a record: what it is and whose, its columns without a single value, and the form."""
    person = sight.person_of(row)
    context = {
        **room.admin_site.each_context(request),
        "title": capfirst(room.opts.verbose_name),
        "opts": room.opts,
        "number": row.pk,
        "person": people.in_a_list(request, person) if person is not None else "",
        "columns": [_name_of(row, name) for name in hidden(row)],
        "sight": of(request, row),
        "list_url": reverse(f"admin:{room.opts.app_label}_{room.opts.model_name}_changelist"),
        **(more or {}),
    }
    return render(request, "admin/masked.html", context)


def hidden(row: Any) -> list[str]:
    """The columns that say something about the person, by the declaration; the person herself is a number."""
    said = declaration_of(type(row))
    if not isinstance(said, PersonalData):
        return []
    return [name for name in said.fields if name not in said.secret]


def _name_of(row: Any, name: str) -> str:
    return capfirst(str(getattr(row._meta.get_field(name), "verbose_name", name)))


def _found(request: HttpRequest, label: str, pk: int) -> Any:
    """The record with details at this address, if this colleague may open its page at all."""
    require(request, Act.SEE_PERSON)
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise Http404 from error
    room, said = admin.site._registry.get(model), declaration_of(model)
    if room is None or not isinstance(said, PersonalData) or said.data_subject is None:
        raise Http404
    row = get_object_or_404(model, pk=pk)
    if not room.has_view_permission(request, row):
        raise PermissionDenied
    return row


def _back(request: HttpRequest, row: Any) -> str:
    """The page she came from, in this office."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    meta = row._meta
    own = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return wanted if is_ours and wanted.startswith(reverse("admin:index")) else own


@page("details/<str:label>/<int:pk>/open/", "open_details")
@require_POST
def open_details(request: HttpRequest, label: str, pk: int) -> HttpResponse:
    """Opens one person's details for some minutes and goes back to where she was; or asks again for the reason."""
    row = _found(request, label, pk)
    form, back = ReasonForm(request.POST, auto_id="id_sight_%s"), _back(request, row)
    if form.is_valid():
        try:
            said = form.cleaned_data
            sight.open_details(request.user, request.session.session_key or "", row, said["ground"], said["words"])
        except NotOpened as error:
            form.add_error(None, str(error))
        else:
            return HttpResponseRedirect(back)
    person = sight.person_of(row)
    context = {
        **admin.site.each_context(request),
        "title": _("Why do you need to see the details?"),
        "person": people.in_a_list(request, person) if person is not None else "",
        "sight": _sight(request, row, None, timezone.now(), form, back),
    }
    return render(request, "admin/open_details.html", context, status=422)


@page("details/<str:label>/<int:pk>/mask/", "mask_again")
@require_POST
def mask_again(request: HttpRequest, label: str, pk: int) -> HttpResponse:
    """Ends the look at once."""
    row = _found(request, label, pk)
    sight.mask_again(request.user, request.session.session_key, row)
    messages.success(request, _("The details are masked again."))
    return HttpResponseRedirect(_back(request, row))


def first_open(request: HttpRequest, row: Any) -> HttpResponse | None:
    """For bytes to take away: back to the page while its details are masked."""
    if sees(request, row):
        return None
    messages.warning(request, _("First say why you need to see it."))
    meta = row._meta
    return HttpResponseRedirect(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]))
