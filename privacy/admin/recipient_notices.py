"""Recipients told of a change: which of them need a colleague, what each answered, and the buttons."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from .. import recipient_notices, roles
from ..recipient_notices import BY_COLLEAGUE, CONFIRMED, NotPossible, RecipientNotice, State
from ..roles import Act
from . import people, seeing
from .ledger import Ledger
from .pages import require
from .site import in_the_office

HERE = "privacy_recipientnotice"


class AnswerForm(forms.Form):
    """What a recipient said by another road, or that we stop asking."""

    answer = forms.ChoiceField(label=gettext_lazy("What did they say?"), choices=[(s, s.label) for s in BY_COLLEAGUE])
    why = forms.CharField(
        label=gettext_lazy("In their words, and how they told you"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def clean(self) -> Any:
        """A no, and giving up, need their reason."""
        said = super().clean() or {}
        if said.get("answer") in (State.REFUSED, State.GIVEN_UP) and not said.get("why", "").strip():
            self.add_error("why", _("Please say why."))
        return said


class Standing(admin.SimpleListFilter):
    """Who must act, or one state."""

    title, parameter_name = gettext_lazy("state"), "state"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return [("person", gettext_lazy("a colleague must act")), ("open", gettext_lazy("open")), *State.choices]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows."""
        if self.value() == "person":
            return queryset.needing_attention()
        if self.value() == "open":
            return queryset.open()
        return queryset.filter(state=self.value()) if self.value() else queryset


@in_the_office(RecipientNotice)
class Notices(Ledger):
    """The list, found by recipient or person, and the page of each."""

    heading = gettext_lazy("Recipients told")
    may_see = Act.SEE_PERSON
    list_display = ("created_at", "to", "stands", "to_do", "answer_by")
    list_filter = (Standing,)
    list_select_related = ("data_subject", "recipient")
    search_fields = ("recipient__name",)
    search_help_text = gettext_lazy("Name of a recipient, or customer number, email address, beginning of a name")

    def get_urls(self) -> list[Any]:
        """With the verbs."""
        verbs = [("again", again), ("told", told), ("answer", answer)]
        ours = [path(f"<int:pk>/{at}/", self.admin_site.admin_view(v), name=f"{HERE}_{at}") for at, v in verbs]
        return [*ours, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Lists do without the encrypted texts."""
        return super().get_queryset(request).defer("particulars", "answer_note")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By recipient where one has such a name, else by person."""
        text = search_term.strip()
        named = queryset.filter(recipient__name__icontains=text) if text else queryset
        if not text or named.exists():
            return named, False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=gettext_lazy("recipient"))
    def to(self, notice: RecipientNotice) -> str:
        """Who is told."""
        return str(notice.recipient)

    @admin.display(description=gettext_lazy("state"))
    def stands(self, notice: RecipientNotice) -> str:
        """How far it is."""
        return notice.get_state_display()

    @admin.display(description=gettext_lazy("to do"))
    def to_do(self, notice: RecipientNotice) -> str:
        """What they are told to do."""
        return notice.get_change_display()

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The page of one notice, masked until a reason is typed."""
        return show(request, object_id, self)


def _notice(pk: Any) -> RecipientNotice:
    rows = RecipientNotice.objects.select_related("data_subject", "recipient", "case")
    row = rows.filter(pk=pk).first() if str(pk).isdigit() else None
    if row is None:
        raise Http404
    return row


@require_safe
def show(request: HttpRequest, pk: Any, room: Notices) -> HttpResponse:
    """One notice; who looked is noted."""
    return page(request, _notice(pk))


def page(request: HttpRequest, notice: RecipientNotice, filled: AnswerForm | None = None) -> HttpResponse:
    """The page; `filled` is an answer that must be corrected. What names the person waits for a reason."""
    if not roles.may(request.user, Act.SEE_PERSON):
        raise PermissionDenied
    sight = seeing.of(request, notice)
    sees = sight is not None and sight.is_open
    context = {
        **admin.site.each_context(request),
        "title": str(notice),
        "notice": notice,
        "sight": sight,
        "known_by": notice.known_by if sees else [],
        "person": people.in_a_list(request, notice.data_subject),
        "case_url": reverse("admin:privacy_datasubjectrequest_change", args=[notice.case_id]) if notice.case_id else "",
        "deliveries": notice.deliveries.order_by("number"),
        "shown": _shown(notice, request.user, sees, filled),
    }
    return render(request, "admin/recipient_notice.html", context, status=422 if filled else 200)


def of_case(case: Any, account: Any, *, sees: bool) -> dict[str, Any] | None:
    """For the page of a case; None where nobody was told."""
    notices = list(recipient_notices.of_case(case))
    if not notices:
        return None
    confirmed = sum(notice.state in CONFIRMED for notice in notices)
    return {"notices": [_shown(n, account, sees) for n in notices], "count": len(notices), "confirmed": confirmed}


def _shown(notice: RecipientNotice, account: Any, sees: bool, filled: AnswerForm | None = None) -> dict[str, Any]:
    """A notice with what this colleague may do and read."""
    may_act = roles.may(account, Act.HANDLE) and notice.is_open
    by_hand = notice.state == State.BY_HAND or (notice.is_open and not notice.recipient.can_be_told)
    return {
        "notice": notice,
        "said": notice.said if sees else "",
        "can_send": may_act and notice.recipient.can_be_told and notice.state != State.TO_BE_SENT,
        "by_hand": (notice.recipient.told_by_hand or _("nothing is said about how")) if by_hand else "",
        "form": (filled or AnswerForm(auto_id=f"id_{notice.pk}_%s")) if may_act else None,
        "open": filled is not None,
    }


def _back(notice: RecipientNotice) -> HttpResponse:
    if notice.case_id:
        return redirect("admin:privacy_datasubjectrequest_change", notice.case_id)
    return redirect(f"admin:{HERE}_change", notice.pk)


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Sends it once more."""
    return _done(request, pk, recipient_notices.send_again, _("It is sent again."))


@require_POST
def told(request: HttpRequest, pk: int) -> HttpResponse:
    """A colleague has written or called."""
    return _done(request, pk, recipient_notices.told_by_hand, _("Noted. Without an answer it comes back to this list."))


def _done(request: HttpRequest, pk: int, verb: Any, said: str) -> HttpResponse:
    require(request, Act.HANDLE)
    notice = _notice(pk)
    try:
        verb(notice, actor=request.user, now=timezone.now())
        messages.success(request, said)
    except NotPossible as error:
        messages.error(request, str(error))
    return _back(notice)


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """What they said by another road."""
    require(request, Act.HANDLE)
    notice = _notice(pk)
    form = AnswerForm(request.POST, auto_id=f"id_{notice.pk}_%s")
    if not form.is_valid():
        return page(request, notice, form)
    said = form.cleaned_data
    now = timezone.now()
    if recipient_notices.record(notice, said["answer"], actor=request.user, note=said["why"], now=now):
        messages.success(request, _("The answer is noted."))
    else:
        messages.warning(request, _("There was an answer already."))
    return _back(notice)
