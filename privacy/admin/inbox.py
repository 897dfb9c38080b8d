"""Mail that came in: what waits for a person, read as plain text, its bytes to take away, and done when looked at."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from .. import audit
from ..inbound import mailbox, reading
from ..inbound.mailbox import InboundEmail
from ..jobs import Job
from ..roles import Act
from . import people
from .ledger import Ledger
from .pages import require
from .site import in_the_office

HERE = "privacy_inboundemail"


class Waiting(admin.SimpleListFilter):
    """What waits for a person, unless said otherwise."""

    title, parameter_name = gettext_lazy("which"), "which"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices besides those that wait."""
        return [("all", gettext_lazy("all"))]

    def choices(self, changelist: Any) -> Any:
        """The first named for what it shows."""
        first, *rest = super().choices(changelist)
        yield {**first, "display": _("to be looked at")}
        yield from rest

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows; the state that waits is two, so the keys come first and the order stays the list's own."""
        if self.value():
            return queryset
        return queryset.filter(pk__in=InboundEmail.objects.to_review().order_by().values("pk"))


@in_the_office(InboundEmail)
class Inbox(Ledger):
    """The list and the page of each mail."""

    heading = gettext_lazy("Incoming mail")
    may_see = Act.SEE_PERSON
    list_display = ("received_at", "mailbox", "outcome", "review_state", "size")
    list_filter = (Waiting,)
    ordering = ("-pk",)

    def get_urls(self) -> list[Any]:
        """With the bytes and the tick."""
        site = self.admin_site
        verbs: list[tuple[str, Any]] = [("raw", raw), ("done", done)]
        ours = [path(f"<int:pk>/{at}/", site.admin_view(view), name=f"{HERE}_{at}") for at, view in verbs]
        return [*ours, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Lists do without the bytes."""
        return super().get_queryset(request).defer("raw", "recipient")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """One mail, as plain text."""
        return show(request, object_id, self)


def _mail(pk: Any) -> InboundEmail:
    row = InboundEmail.objects.select_related("data_subject").filter(pk=pk).first() if str(pk).isdigit() else None
    if row is None:
        raise Http404
    return row


@require_safe
def show(request: HttpRequest, pk: Any, room: Inbox) -> HttpResponse:
    """The page; nothing of the mail is run, fetched or clickable (F70)."""
    mail = _mail(pk)
    if not room.has_view_permission(request, mail):
        raise PermissionDenied
    people.viewed(request, mail.data_subject, target=mail)
    read = _read(mail)
    context = {
        **room.admin_site.each_context(request),
        "title": _("Mail to %(mailbox)s") % {"mailbox": mail.mailbox},
        "mail": mail,
        "person": mail.data_subject and people.in_a_list(request, mail.data_subject),
        "read": read,
        "senders": read.addresses("from") if read else [],
        "waits": mail.review_state == InboundEmail.Review.OPEN,
        "stuck": mail.job_state == Job.State.NEEDS_ATTENTION,
    }
    return render(request, "admin/mail.html", context)


def _read(mail: InboundEmail) -> reading.Reading | None:
    """Its head and text under limits; None where it is beyond them and only the bytes are left."""
    try:
        return reading.read(bytes(mail.raw))
    except reading.Unreadable:
        return None


@require_safe
def raw(request: HttpRequest, pk: int) -> HttpResponse:
    """The bytes as they came, to save and never to open in the browser; that they were taken is written down."""
    require(request, Act.HANDLE)
    mail = _mail(pk)
    audit.record("mail.raw_taken", actor=request.user, subject=mail.data_subject, target=mail)  # type: ignore[arg-type]
    response = HttpResponse(bytes(mail.raw), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="mail-{mail.pk}.eml"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
def done(request: HttpRequest, pk: int) -> HttpResponse:
    """Looked at; whoever is second is told."""
    require(request, Act.HANDLE)
    mail = _mail(pk)
    if mailbox.mark_reviewed(mail, actor=request.user):
        audit.record("mail.reviewed", actor=request.user, subject=mail.data_subject, target=mail)  # type: ignore[arg-type]
        messages.success(request, _("Looked at. It is off the list."))
    else:
        messages.warning(request, _("A colleague was faster."))
    return redirect(f"admin:{HERE}_changelist")
