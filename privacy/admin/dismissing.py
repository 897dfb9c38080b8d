"""Several mails off the list at once: asked why first, and put back with the other action."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..inbound import handling
from ..inbound.mailbox import InboundEmail
from ..roles import Act
from . import mail_words, people
from .pages import require

MOST = 200


@admin.action(description=gettext_lazy("Take off the list"), permissions=["handle"])
def dismiss(room: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
    """Asks why, then does it."""
    require(request, Act.HANDLE)
    chosen = [mail for mail in queryset.select_related("data_subject")[:MOST] if mail.waits]
    why = request.POST.get("why", "")
    if not chosen or why not in InboundEmail.Closing.values:
        return _ask(room, request, chosen)
    count = handling.dismiss_all(chosen, why, actor=request.user)
    said = ngettext("%(count)d email is off the list.", "%(count)d emails are off the list.", count)
    messages.success(request, said % {"count": count})
    return redirect(request.get_full_path())


def _ask(room: Any, request: HttpRequest, chosen: list[InboundEmail]) -> HttpResponse:
    lines = [
        {
            "mail": mail,
            "taken_for": mail_words.taken_for(mail),
            "person": people.in_a_list(request, mail.data_subject),
        }
        for mail in chosen
    ]
    context = {
        **room.admin_site.each_context(request), "title": _("Take off the list"), "opts": room.opts, "lines": lines,
        "reasons": InboundEmail.Closing.choices, "is_wrong": "sent" in request.POST,
    }  # fmt: skip
    return render(request, "admin/mail_dismiss.html", context)


@admin.action(description=gettext_lazy("Put back on the list"), permissions=["handle"])
def reopen(room: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
    """Changes nothing for anybody, so it is done at once."""
    require(request, Act.HANDLE)
    count = handling.reopen_all(list(queryset.select_related("data_subject")[:MOST]), actor=request.user)
    said = ngettext("%(count)d email is back on the list.", "%(count)d emails are back on the list.", count)
    messages.success(request, said % {"count": count})
    return redirect(request.get_full_path())
