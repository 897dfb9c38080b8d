"""The page of one mail: read as safe text, what it was taken for and why, what came of it, and what to do now."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from .. import audit, roles
from ..inbound import attachments, deeds, handling, reading, showing
from ..inbound.mailbox import InboundEmail
from ..jobs import Job
from ..roles import Act
from ..subject_requests import FormUsed
from . import banners, mail_steps, mail_words, people, seeing, timeline
from .pages import require, saved

HERE = "admin:privacy_inboundemail"
REFUSALS = (handling.NotPossible, FormUsed)
HEADS = {
    "from": gettext_lazy("From"), "reply-to": gettext_lazy("Answers to"), "to": gettext_lazy("To"),
    "cc": gettext_lazy("Copy to"), "date": gettext_lazy("Written"),
}  # fmt: skip


def find(pk: Any) -> InboundEmail:
    """The mail, or 404."""
    row = InboundEmail.objects.select_related("data_subject").filter(pk=pk).first() if str(pk).isdigit() else None
    if row is None:
        raise Http404
    return row


def read(mail: InboundEmail) -> reading.Reading | None:
    """Its head and text under limits; None where it is beyond them and only the bytes are left."""
    try:
        return reading.read(bytes(mail.raw))
    except reading.Unreadable:
        return None


@require_safe
def show(request: HttpRequest, pk: Any, room: Any) -> HttpResponse:
    """The page; nothing of the mail is run, fetched or clickable (F70)."""
    return page(request, find(pk), room)


def page(
    request: HttpRequest, mail: InboundEmail, room: Any, *, taken: str = "", filled: forms.Form | None = None
) -> HttpResponse:
    """The page; `filled` is the form of the step that was taken and must be corrected."""
    if not room.has_view_permission(request, mail):
        raise PermissionDenied
    seen, sight = read(mail), seeing.of(request, mail)
    sees = sight is not None and sight.is_open
    context = {
        **room.admin_site.each_context(request),
        "title": _("Email to %(mailbox)s") % {"mailbox": mail.mailbox},
        "mail": mail,
        **_whose(request, mail),
        **reader(seen if sees else None),
        "sight": sight,
        "sees": sees,
        "attachments": hanging(mail) if sees else [],
        "badge": mail_words.badge(mail),
        "taken_for": mail_words.taken_for(mail),
        "reasons": mail_words.sentences(mail.reasons),
        "stuck": mail.job_state == Job.State.NEEDS_ATTENTION,
        "steps": [_shown(step, mail, taken, filled) for step in offered(mail, request.user)],
        "may_handle": roles.may(request.user, Act.HANDLE),
        **_came_of_it(mail, seen),
    }
    return render(request, "admin/mail.html", context, status=422 if filled else 200)


def offered(mail: InboundEmail, account: Any) -> list[mail_steps.MailStep]:
    """The steps that are possible now and this person's to take."""
    return [step for step in mail_steps.STEPS if step.is_open_to(account, mail)]


def _shown(step: mail_steps.MailStep, mail: InboundEmail, taken: str, filled: forms.Form | None) -> dict[str, Any]:
    is_wrong = filled is not None and step.name == taken
    form = filled if is_wrong else step.form(mail=mail, auto_id=f"id_{step.name}_%s")
    return {"step": step, "form": form, "open": is_wrong, "url": reverse(f"{HERE}_step", args=[mail.pk, step.name])}


def _whose(request: HttpRequest, mail: InboundEmail) -> dict[str, Any]:
    person = mail.data_subject
    if person is None:
        return {"person": "", "barred": []}
    return {
        "person": people.in_a_list(request, person),
        "person_url": people.url(person),
        "matched_by": mail_words.MATCHED_BY.get(mail.matched_by, ""),
        "barred": banners.of_person(request, person),
    }


def reader(seen: reading.Reading | None) -> dict[str, Any]:
    """Head and text of a mail as a page shows them, own words and the rest; also for a mail that is nowhere stored."""
    if seen is None:
        return {"read": None, "head": [], "pieces": []}
    head = [(HEADS[name], value) for name, value in showing.head(seen)]
    return {"read": seen, "head": head, "pieces": showing.pieces(seen.text)}


def hanging(mail: InboundEmail) -> list[attachments.Attachment]:
    """What hangs on it; nothing where it is beyond the limits."""
    try:
        return attachments.of(bytes(mail.raw))
    except reading.Unreadable:
        return []


def _came_of_it(mail: InboundEmail, seen: reading.Reading | None) -> dict[str, Any]:
    found = deeds.of(mail, seen)
    names = timeline.who_is(entry.actor for entry in found.acts)
    acts = [{"at": entry.at, "what": mail_words.act(entry), "who": names[entry.actor]} for entry in found.acts]
    return {"deeds": found, "acts": acts}


@require_POST
def take_step(request: HttpRequest, pk: int, name: str, *, room: Any) -> HttpResponse:
    """One step: allowed, filled in, confirmed where it changes something for a person, taken; or a line why not."""
    mail, step = find(pk), mail_steps.named(name)
    if step is None:
        raise Http404
    require(request, step.act)
    form = step.form(request.POST, mail=mail, auto_id=f"id_{name}_%s")
    if not form.is_valid():
        return page(request, mail, room, taken=name, filled=form)
    if step.warns and step.offered(mail) and "confirmed" not in request.POST:
        return _confirm(request, mail, room, step, form)
    level, said = _taken(step, mail, request.user, form.cleaned_data)
    messages.add_message(request, level, said)
    return redirect(f"{HERE}_change", mail.pk)


def _confirm(request: HttpRequest, mail: InboundEmail, room: Any, step: Any, form: forms.Form) -> HttpResponse:
    given = [(name, value) for name, value in form.data.items() if name in form.fields]
    context = {
        **room.admin_site.each_context(request),
        "title": step.label,
        "mail": mail,
        "warnings": step.warns(mail, form.cleaned_data),
        "given": given,
        "button": step.label,
        "url": reverse(f"{HERE}_step", args=[mail.pk, step.name]),
    }
    return render(request, "admin/mail_confirm.html", context)


def _taken(step: mail_steps.MailStep, mail: InboundEmail, account: Any, said: dict[str, Any]) -> tuple[int, str]:
    try:
        with transaction.atomic():
            step.run(mail, account, said)
    except REFUSALS as error:
        return messages.ERROR, str(error)
    return messages.SUCCESS, _("Done: %(step)s.") % {"step": step.label}


# --- bytes to take away ------------------------------------------------------------------------------------


@require_safe
def raw(request: HttpRequest, pk: int) -> HttpResponse:
    """The bytes as they came, to save and never to open in the browser; that they were taken is written down."""
    require(request, Act.HANDLE)
    mail = find(pk)
    if elsewhere := seeing.first_open(request, mail):
        return elsewhere
    audit.record("mail.raw_taken", actor=request.user, subject=mail.data_subject, target=mail)  # type: ignore[arg-type]
    return saved(bytes(mail.raw), f"mail-{mail.pk}.eml")


@require_POST
def attachment(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One attachment, after a warning; that it was taken is written down."""
    require(request, Act.HANDLE)
    mail = find(pk)
    if elsewhere := seeing.first_open(request, mail):
        return elsewhere
    found = next((one for one in hanging(mail) if one.number == number), None)
    if found is None:
        raise Http404
    who: Any = request.user
    audit.record("mail.attachment_taken", actor=who, subject=mail.data_subject, target=mail, number=number)
    return saved(found.data, found.name)
