"""The register of promises: how each stands and stood, who answers for it, a new one without code, and "look now"."""

from collections import Counter
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from .. import promises, roles
from ..promises import Promise, State
from ..promises.promise import OWN, Topic
from ..roles import Act
from .pages import require
from .rules import Rules
from .site import in_the_office, page

SHOWN = 30
LETTERS = 120


class PromiseForm(forms.ModelForm):
    """Controls are chosen from those that there are."""

    controls = forms.MultipleChoiceField(
        label=gettext_lazy("Controls"), choices=promises.labels, required=False,
        widget=forms.SelectMultiple(attrs={"size": 10}),
        help_text=gettext_lazy("What shows that it is kept. None: the colleague below looks at it herself."),
    )  # fmt: skip

    conflicts_with = forms.CharField(
        label=gettext_lazy("Contradicts"), required=False,
        help_text=gettext_lazy("The numbers of other promises with commas between, or: law."),
    )  # fmt: skip

    class Meta:
        widgets: ClassVar[dict[str, Any]] = {
            name: forms.Textarea(attrs={"rows": 3}) for name in ("meaning", "quote", "evidence", "resolution")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["conflicts_with"] = ", ".join(self.instance.conflicts_with)

    def clean_conflicts_with(self) -> list[str]:
        """Promises that there are, or the law."""
        words = [word.strip() for word in self.cleaned_data["conflicts_with"].split(",") if word.strip()]
        named = [word.lower() if word.lower() == promises.LAW else word.upper() for word in words]
        known = {promises.LAW, *Promise.objects.filter(code__in=named).values_list("code", flat=True)}
        if unknown := [word for word in named if word not in known]:
            raise forms.ValidationError(_("There is no such promise: %(names)s.") % {"names": ", ".join(unknown)})
        return named

    def clean_code(self) -> str:
        """One way of writing it."""
        return str(self.cleaned_data["code"]).upper()


class _ByState(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("how it stands"), "state"

    def lookups(self, request: Any, model_admin: Any) -> Any:
        """The states, and what a colleague must look at."""
        return [*State.choices, ("review", gettext_lazy("needs a look by a colleague"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """By the last look."""
        if self.value() == "review":
            today = timezone.localdate()
            return queryset.filter(pk__in=[one.pk for one in Promise.objects.active() if one.needs_review(today)])
        return queryset.filter(last_state=self.value()) if self.value() in State.values else queryset


class _ByPack(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("pack"), "pack"

    def lookups(self, request: Any, model_admin: Any) -> Any:
        """Those with the software, and our own."""
        return [*promises.packs().items(), (OWN, gettext_lazy("our own"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows."""
        return queryset.filter(pack=self.value()) if self.value() else queryset


class _ByTopic(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("topic"), "topic"

    def lookups(self, request: Any, model_admin: Any) -> Any:
        """As on the page for everybody."""
        return Topic.choices

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows."""
        return queryset.filter(topic=self.value()) if self.value() else queryset


@in_the_office(Promise)
class Promises(Rules):
    """What we promised."""

    heading = gettext_lazy("Promises")
    form = PromiseForm
    change_list_template = "admin/promises.html"
    list_display = ("code", "says", "stands", "checked", "answers")
    list_filter = (_ByState, _ByPack, _ByTopic)
    list_select_related = ("owner",)
    search_fields = ("code", "meaning", "quote")
    readonly_fields = ("history",)
    fieldsets = (
        (None, {"fields": ("code", "topic", "kind", "meaning", "quote")}),
        (gettext_lazy("What shows that it is kept"), {"fields": ("controls",)}),
        (
            gettext_lazy("Who answers for it, where no control can see it"),
            {"fields": ("owner", "evidence", "review_on", "review_months")},
        ),
        (gettext_lazy("If it contradicts another promise"), {"fields": ("conflicts_with", "resolution")}),
        (gettext_lazy("What the last looks found"), {"fields": ("history",)}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the last look."""
        rows: Any = super().get_queryset(request)
        return rows.with_last_look()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The number and the quote of a pack's promise are those of the policy."""
        return (*self.readonly_fields, "code", "quote", "kind") if obj and obj.pack != OWN else self.readonly_fields

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """With the button."""
        may_check = roles.may(request.user, Act.WRITE_RULES)
        return super().changelist_view(request, {"may_check": may_check} | (extra_context or {}))

    @admin.display(description=gettext_lazy("what it means"))
    def says(self, promise: Promise) -> str:
        """In short."""
        said = promise.meaning
        return said if len(said) <= LETTERS else f"{said[:LETTERS]}…"

    @admin.display(description=gettext_lazy("how it stands"), ordering="last_state")
    def stands(self, promise: Any) -> str:
        """By the last look."""
        return str(State(promise.last_state).label) if promise.last_state else _("not looked at yet")

    @admin.display(description=gettext_lazy("last look"), ordering="last_at", empty_value="–")
    def checked(self, promise: Any) -> Any:
        """When."""
        return promise.last_at

    @admin.display(description=gettext_lazy("who answers for it"))
    def answers(self, promise: Promise) -> str:
        """A control, or a colleague and her day."""
        if promise.controls:
            return ", ".join(promise.controls)
        who = str(promise.owner) if promise.owner else _("data protection officer")
        day = date_format(promise.review_on, "j F Y") if promise.review_on else _("no day yet")
        return f"{who}, {day}"

    @admin.display(description=gettext_lazy("looks"))
    def history(self, promise: Promise) -> Any:
        """The newest first, each with its sentence and figures."""
        rows = promise.checks.all()[:SHOWN] if promise.pk else []
        lines = [
            (date_format(timezone.localtime(row.checked_at), "j F Y, H:i"), State(row.state).label, row.evidence,
             ", ".join(f"{name} {value}" for name, value in sorted(row.figures.items())))
            for row in rows
        ]  # fmt: skip
        if not lines:
            return _("Nobody has looked yet.")
        items = format_html_join("", "<li><strong>{}: {}</strong><br>{} <span class='quiet'>{}</span></li>", lines)
        return format_html('<ul class="office-list">{}</ul>', items)


@page("promises/check/", "check_promises")
@require_POST
def check_now(request: HttpRequest) -> HttpResponse:
    """Every control asked now; who asked stands in the audit log."""
    require(request, Act.WRITE_RULES)
    found = promises.check(timezone.now(), actor=request.user)
    counts = Counter(State(row.state) for row in found)
    said = ", ".join(f"{counts[state]} {state.label}" for state in State if counts[state])
    messages.success(request, _("Looked at %(count)d promises: %(said)s.") % {"count": len(found), "said": said})
    return redirect("admin:privacy_promise_changelist")
