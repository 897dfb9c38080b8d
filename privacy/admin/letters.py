"""The words of our letters: the list, the versions of one and what changed, a new version with a look at it first."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from .. import letters, roles
from ..letters import KINDS, PLACEHOLDERS, LetterVersion, WrongWords
from ..roles import Act
from . import timeline
from .pages import require
from .site import page

PREVIEW = "preview"


@page("letters/", "letters")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every letter with its version in force, by kind."""
    require(request, Act.SEE_RULES)
    rows = letters.in_force()
    kinds = [{"kind": kind, "rows": [row for row in rows if row.kind == kind.name]} for kind in KINDS.values()]
    context = {
        **admin.site.each_context(request), "title": _("Letters"), "kinds": kinds,
        "may_write": roles.may(request.user, Act.WRITE_LETTERS), "languages": dict(settings.LANGUAGES),
        "speaks_one_language": len(settings.LANGUAGES) == 1,
    }  # fmt: skip
    return render(request, "admin/letters.html", context)


@page("letters/<int:pk>/", "letter")
@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One version as it stands, against the one before it; and all its versions."""
    require(request, Act.SEE_RULES)
    row = _row(pk)
    family = list(row.family())
    before = next((one for one in family if one.version == row.version - 1), None)
    names = timeline.who_is(one.written_by for one in family)
    now = next((one for one in letters.in_force() if one.key.rpartition("/")[0] == row.key.rpartition("/")[0]), None)
    context = {
        **admin.site.each_context(request), "title": f"{row.of_kind.label}: {row}", "row": row, "before": before,
        "is_newest": row == family[0], "now": now, "blocks": _blocks(row, before),
        "versions": [{"row": one, "who": _who(one, names)} for one in family],
        "may_write": roles.may(request.user, Act.WRITE_LETTERS),
    }  # fmt: skip
    return render(request, "admin/letter.html", context)


def _who(row: LetterVersion, names: dict[str, str]) -> str:
    return _("came with the software") if row.written_by.startswith("system") else names[row.written_by]


def _row(pk: Any) -> LetterVersion:
    row = LetterVersion.objects.filter(pk=pk).first() if str(pk).isdigit() else None
    if row is None or row.kind not in KINDS:
        raise Http404
    return row


def _blocks(row: LetterVersion, before: LetterVersion | None) -> list[dict[str, Any]]:
    """Each block: what it must hold, its words, and what changed since the version before."""
    return [
        {
            "block": block,
            "text": row.blocks.get(block.name, ""),
            "changes": letters.changes(before.blocks.get(block.name, ""), row.blocks.get(block.name, ""))
            if before and before.blocks.get(block.name, "") != row.blocks.get(block.name, "")
            else [],
        }
        for block in row.of_kind.blocks
    ]


class WriteForm(forms.Form):
    """A version: its name and day, and a field for each block of its kind."""

    title = forms.CharField(label=gettext_lazy("Name, for colleagues"), max_length=80)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    in_force_on = forms.DateField(
        label=gettext_lazy("In force from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    is_offered = forms.BooleanField(label=gettext_lazy("Offer it to colleagues"), required=False)

    def __init__(self, *args: Any, kind: letters.Kind, begun: LetterVersion | None, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, texts = kind, begun.blocks if begun else {}
        may_be_empty = [block for block in kind.blocks if block.is_of_the_case and len(kind.blocks) > 1]
        for block in kind.blocks:
            area = forms.Textarea(attrs={"rows": block.rows + 1})
            self.fields[block.name] = forms.CharField(
                label=str(block.label),
                required=block not in may_be_empty,
                widget=area,
                initial=texts.get(block.name, ""),
            )
        self.fields["in_force_on"].initial = today
        self.fields["is_offered"].initial = begun.is_offered if begun else True
        if begun:
            self.fields["title"].initial = begun.title
        if begun or len(settings.LANGUAGES) == 1:
            del self.fields["language"]

    def blocks(self) -> dict[str, str]:
        """The words as they were typed."""
        return {block.name: self.cleaned_data[block.name] for block in self.kind.blocks}


@page("letters/write/<str:kind>/", "write_letter")
def write_new(request: HttpRequest, kind: str) -> HttpResponse:
    """A letter that we have not had."""
    require(request, Act.WRITE_LETTERS)
    if kind not in KINDS:
        raise Http404
    return _write(request, KINDS[kind], None)


@page("letters/<int:pk>/write/", "write_letter_version")
def write_version(request: HttpRequest, pk: int) -> HttpResponse:
    """A new version of one that we have."""
    require(request, Act.WRITE_LETTERS)
    row = _row(pk)
    return _write(request, row.of_kind, row.family().first())


@require_http_methods(["GET", "HEAD", "POST"])
def _write(request: HttpRequest, kind: letters.Kind, begun: LetterVersion | None) -> HttpResponse:
    sent, today = request.method == "POST", timezone.localdate()
    form = WriteForm(request.POST if sent else None, kind=kind, begun=begun, today=today, auto_id="id_letter_%s")
    looked: list[tuple[Any, str]] = []
    if sent and form.is_valid():
        try:
            if PREVIEW in request.POST:
                letters.refuse_wrong(kind, form.blocks(), _language(form, begun))
                looked = [
                    (block.label, letters.fill(form.blocks()[block.name], letters.invented())) for block in kind.blocks
                ]
            else:
                row = _written(request, form, begun)
                messages.success(request, _("Written: %(what)s.") % {"what": row})
                return redirect("admin:letter", row.pk)
        except WrongWords as error:
            form.add_error(None, str(error))
    here = [
        reverse("admin:write_letter_version", args=[begun.pk])
        if begun
        else reverse("admin:write_letter", args=[kind.name])
    ]
    context = {
        **admin.site.each_context(request), "title": _("Write a new version") if begun else _("Write a new letter"),
        "kind": kind, "begun": begun, "form": form, "looked": looked, "here": here[0],
        "placeholders": [(name, words) for name, words in PLACEHOLDERS.items() if name in kind.placeholders],
    }  # fmt: skip
    return render(request, "admin/letter_write.html", context, status=422 if sent and not looked else 200)


def _language(form: WriteForm, begun: LetterVersion | None) -> str:
    given = str(form.cleaned_data.get("language") or settings.LANGUAGE_CODE)
    return begun.language if begun else given


def _written(request: HttpRequest, form: WriteForm, begun: LetterVersion | None) -> LetterVersion:
    said = form.cleaned_data
    return letters.write(
        form.kind.name, form.blocks(), actor=request.user, title=said["title"], language=_language(form, begun),
        slug=begun.slug if begun else "", after=_after(request, begun), in_force_on=said["in_force_on"],
        is_offered=said["is_offered"],
    )  # fmt: skip


def _after(request: HttpRequest, begun: LetterVersion | None) -> int:
    """The version that the form was begun with, which may be older than the newest one by now."""
    given = request.POST.get("after", "")
    return int(given) if begun and given.isdigit() and len(given) < 7 else 0
