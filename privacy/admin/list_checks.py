"""Mailing lists, handed in to be checked: which rows may be used, why the others not, and the list back with both."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from .. import list_checks
from ..list_checks import ListCheck
from ..recipients import Recipient
from ..roles import Act
from ..vocabulary import Channel
from .may_we import Advertising
from .pages import ReadOnly, needs, require
from .site import in_the_office, page

HERE = "privacy_listcheck"


class ListForm(Advertising):
    """The file, and what is asked of each of its rows."""

    field_order = (
        "file", "channel", "sender", "content", "at", "recipient", "is_for_children", "other_goods", "with_links",
    )  # fmt: skip

    file = forms.FileField(
        label=gettext_lazy("Which list?"),
        help_text=gettext_lazy("A CSV file in UTF-8 with a column “email” or “customer”. A million rows are fine."),
    )
    at = forms.DateField(
        label=gettext_lazy("On which day?"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Empty: now."),
    )  # fmt: skip
    recipient = forms.ModelChoiceField(
        label=gettext_lazy("Who gets the list?"), queryset=Recipient.objects.none(), required=False,
        empty_label=gettext_lazy("nobody: it stays with us"),
        help_text=gettext_lazy("Each row is written down as passed on, and must be allowed for this recipient too."),
    )  # fmt: skip
    with_links = forms.BooleanField(label=gettext_lazy("With the unsubscribe link for each row"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offers whoever may get a list today."""
        super().__init__(*args, **kwargs)
        self.fields["recipient"].queryset = Recipient.objects.for_lists().order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Links are for emails."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("with_links") and said.get("channel") != Channel.EMAIL:
            self.add_error("with_links", _("Links are for mailings by email."))
        return said


@in_the_office(ListCheck)
class ListChecks(ReadOnly):
    """Every list of the last month."""

    may_see = Act.SEE_RULES
    heading = gettext_lazy("Mailing lists")
    list_display = ("created_at", "channel", "sender", "job_state", "checked", "allowed")
    sortable_by = ()
    change_form_template = "admin/list_check.html"
    change_list_template = "admin/list_checks.html"

    def get_urls(self) -> list[Any]:
        """With the way to the checked list."""
        view = self.admin_site.admin_view(fetch)
        return [path("<int:pk>/fetch/", view, name=f"{HERE}_fetch"), *super().get_urls()]


@page("mailing-lists/check/", "check_list")
@needs(Act.WRITE_RULES)
def check(request: HttpRequest) -> HttpResponse:
    """The form; sending it puts the list into the hands of a worker."""
    sent = request.method == "POST"
    form = ListForm(request.POST, request.FILES) if sent else ListForm()
    if sent and form.is_valid():
        how = dict(form.cleaned_data)
        how["is_similar"] = not how.pop("other_goods")
        row = list_checks.hand_in(how.pop("file").chunks(), actor=request.user, **how)
        messages.success(request, _("The list is being checked. This page shows how far it is."))
        return redirect(f"admin:{HERE}_change", row.pk)
    context = {**admin.site.each_context(request), "title": _("Check a mailing list"), "form": form}
    return render(request, "admin/check_list.html", context, status=422 if sent else 200)


@require_POST
def fetch(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The checked list, to whoever may write to many; that it was taken is written down."""
    require(request, Act.WRITE_RULES)
    row = ListCheck.objects.filter(pk=pk).first()
    if row is None or not row.is_ready:
        raise Http404
    answer = StreamingHttpResponse(list_checks.fetch(row, actor=request.user), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="list-{row.pk}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer
