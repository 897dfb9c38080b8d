"""Whose mail is it? Who it may be, a search by number, name or address, and one button to say so."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from .. import data_subjects
from ..inbound import handling
from ..roles import Act
from . import choosing, mail_page, people, seeing
from .pages import require


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, pk: int, *, room: Any) -> HttpResponse:
    """The search, then the question "is it hers?"; a POST writes it down."""
    require(request, Act.HANDLE)
    mail = mail_page.find(pk)
    if request.method == "POST":
        return _linked(request, mail)
    text = request.GET.get("q", "").strip()
    person = data_subjects.by_number(request.GET.get("person", ""))
    read = mail_page.read(mail)
    context = {
        **room.admin_site.each_context(request),
        "title": _("Whose email is it?"), "mail": mail, "query": text, "shown": choosing.SHOWN,
        "read": read if seeing.sees(request, mail) else None,
        "found": choosing.found(text), "person": person,
        "chosen": people.in_a_list(request, person) if person else "",
        "now": people.in_a_list(request, mail.data_subject) if mail.data_subject else "",
        "perhaps": [choosing.line(one) for one in handling.candidates(read)] if read and not text else [],
        "seen": str(mail.data_subject_id or ""),
    }  # fmt: skip
    return render(request, "admin/mail_link.html", context)


def _linked(request: HttpRequest, mail: Any) -> HttpResponse:
    number = request.POST.get("person", "")
    person = data_subjects.by_number(number) if number else None
    if number and person is None:
        raise Http404
    try:
        handling.link(mail, person, actor=request.user, seen=request.POST.get("seen", ""))
    except handling.NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Noted. You can undo this on the page.") if person else _("The link is gone."))
    return redirect(f"{mail_page.HERE}_change", mail.pk)
