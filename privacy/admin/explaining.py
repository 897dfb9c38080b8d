"""Paste any email: what would happen, and why? The answer of the very code that works; nothing is written anywhere."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..inbound import addresses, commands, judgement
from ..inbound.judgement import ACT, IGNORE, OPEN_CASE, Judgement
from ..inbound.mailbox import InboundEmail
from ..roles import Act
from . import mail_page, mail_words, people
from .pages import require
from .site import page

# What can be pasted; a larger mail is sent as a file.
LONGEST = 500_000
HEADER = re.compile(
    rb"^(?:from|to|cc|subject|date|received|return-path|delivered-to|message-id|mime-version|content-type|reply-to"
    rb"|sender|x-[\w-]+|dkim-signature|arc-[\w-]+|authentication-results|list-[\w-]+|auto-submitted|in-reply-to)"
    rb"[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
FIRST_LINE = re.compile(rb"From |[!-9;-~]{1,100}[ \t]*:")
PLAIN = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"


class PasteForm(forms.Form):
    """A whole message, as text or as a file, and how it came."""

    text = forms.CharField(
        label=gettext_lazy("The email"),
        help_text=gettext_lazy(
            "All of it, with the lines From, To and Subject at the top. In a mail program this is called “show "
            "original” or “show source”."
        ),
        required=False, strip=False, max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("Or a file"),
        help_text=gettext_lazy("Ends in .eml. Mail programs make it with “save as”."),
        required=False, allow_empty_file=True, widget=forms.FileInput(attrs={"accept": ".eml,message/rfc822"}),
    )  # fmt: skip
    to = forms.CharField(label=gettext_lazy("To which of our addresses did it come?"), max_length=320)
    sender = forms.CharField(
        label=gettext_lazy("Sender on the envelope"),
        help_text=gettext_lazy("What the mail server was told. <> when it was empty, as in reports of mail servers."),
        required=False, max_length=320,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("text", "file"):
            self.fields[name].is_one_of_two = True  # type: ignore[attr-defined]
        self.fields["to"].initial = f"privacy@{settings.MAIL_DOMAIN}"

    def clean_to(self) -> str:
        """A whole address."""
        to: str = self.cleaned_data["to"]
        who = addresses.recipient(to)
        if not (who.mailbox and who.domain and to.isprintable()):
            raise forms.ValidationError(_("Write a whole address, such as privacy@%s.") % settings.MAIL_DOMAIN)
        return to

    def clean_file(self) -> Any:
        """Not larger than a mail that is taken."""
        file = self.cleaned_data["file"]
        if file and file.size > settings.MAIL_MAX_BYTES:
            most = filesizeformat(settings.MAIL_MAX_BYTES)
            raise forms.ValidationError(_("This file is larger than any email that we take (%s).") % most)
        return file

    def clean(self) -> dict[str, Any]:
        """Exactly one of text and file, and something in it."""
        said = super().clean() or {}
        text, file = (said.get("text") or "").strip(), said.get("file")
        if self.errors:
            return said
        if text and file is not None:
            raise forms.ValidationError(_("Paste the email or choose a file, not both."))
        if not text and file is None:
            raise forms.ValidationError(_("Paste an email, or choose a file."))
        if file is not None and not file.size:
            raise forms.ValidationError(_("The file is empty."))
        return said

    def message(self) -> tuple[bytes, bool]:
        """The bytes, and whether they had a head of their own."""
        said = self.cleaned_data
        raw: bytes = said["file"].read() if said["file"] is not None else said["text"].encode("utf-8", "replace")
        raw = raw.removeprefix(b"\xef\xbb\xbf")
        raw = raw if said["file"] is not None else raw.lstrip()
        beginning = re.split(rb"\r?\n\r?\n", raw[:64_000], maxsplit=1)[0]
        has_head = bool(FIRST_LINE.match(beginning.lstrip()) and HEADER.search(beginning))
        return (raw, True) if has_head else (PLAIN + raw, False)


@page("mail/explain/", "explain_mail")
def explain(request: HttpRequest) -> HttpResponse:
    """The form, and below it the answer."""
    require(request, Act.SEE_PERSON)
    sent = request.method == "POST"
    form = PasteForm(request.POST if sent else None, request.FILES if sent else None)
    context = {**admin.site.each_context(request), "title": _("What would this email do?"), "form": form}
    is_wrong = sent and not form.is_valid()
    if sent and not is_wrong:
        context |= _answer(request, form)
    return render(request, "admin/explain.html", context, status=422 if is_wrong else 200)


def _answer(request: HttpRequest, form: PasteForm) -> dict[str, Any]:
    raw, has_head = form.message()
    to = form.cleaned_data["to"]
    found = judgement.judge(raw, to, form.cleaned_data["sender"], timezone.now())
    return {
        "found": found,
        "said": said_of(found),
        "outcome": found.outcome,
        "outcome_label": InboundEmail.Outcome(found.outcome).label,
        "has_head": has_head,
        "is_ours": addresses.recipient(to).is_ours,
        "command": mail_words.command(found.command) if found.command else "",
        "kinds": [mail_words.kind(kind) for kind in found.case_kinds],
        "matched_by": mail_words.MATCHED_BY.get(found.match.by or "", ""),
        "people": [people.in_a_list(request, person) for person in found.match.people],
        "reasons": mail_words.sentences(found.reasons),
        **mail_page.reader(found.reading),
    }


def said_of(found: Judgement) -> list[str]:
    """What would happen, in sentences."""
    if found.outcome == IGNORE:
        machine = mail_words.MACHINES.get(found.automatic, _("a machine"))
        return [
            _("No wish is read from it and nobody gets an answer: it is %(what)s.") % {"what": machine},
            _("If it reports spam or an address that does not exist, that address is never written to again."),
        ]
    if found.outcome == ACT:
        said = _of_act(found)
    elif found.outcome == OPEN_CASE and found.customer is None:
        return _of_unknown(found)
    elif found.outcome == OPEN_CASE:
        said = _of_case(found)
    else:
        return [_("Nothing is done by itself. It waits in the inbox until a colleague has looked at it.")]
    return [*said, _("A colleague looks at it too.")] if found.needs_person else said


def _of_unknown(found: Judgement) -> list[str]:
    said = [
        _("We do not know for certain whose request it is, so nothing is opened by itself."),
        _("It waits in the inbox until a colleague has looked at it."),
    ]
    if found.match.address and not found.match.people:
        said.append(_("The sender gets the address of the page where everybody can ask."))
    return said


def _of_act(found: Judgement) -> list[str]:
    what = {"what": mail_words.command(str(found.command))}
    if found.match.people:
        said = [
            _("It is done at once: %(what)s.") % what,
            _("A receipt goes out, with a link to take it back if something was on before."),
        ]
        return [*said, *(_of_case(found) if found.case_kinds and found.customer else [])]
    if not commands.REGISTER[str(found.command)].stops:
        return [_("We know nobody by this address, and an address alone cannot do this: %(what)s.") % what]
    return [
        _("We know nobody by this address. It is put on the list of those who get no advertising: %(what)s.") % what,
        _("It gets the address of the page where everybody can switch off."),
    ]


def _of_case(found: Judgement) -> list[str]:
    return [
        _("A request is opened: %(what)s.") % {"what": ", ".join(map(mail_words.kind, found.case_kinds))},
        _("The clock starts. Nothing is handed out before we know for certain who is asking."),
    ]
