"""Who is asking: the rung of each request in the queue and on its page, the steps up and down, and whom to call."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from .. import subject_requests
from ..roles import Act
from ..subject_requests import CallBack, CaseEvent, Rung
from ..subject_requests import DataSubjectRequest as Dsr
from ..subject_requests.identity import STOPS, standing_on
from . import people, seeing, words
from .lists import KeysetChangeList
from .pages import require
from .site import page
from .step_forms import CalledForm, TextForm
from .steps import STEPS, Step

A_PAGE = 25
COLOURS = {
    Rung.MATCHED: "completed", Rung.FRAUD: "refused", Rung.FAILED: "refused", Rung.CALL_BACK: "verifying",
    Rung.DOCUMENTS: "verifying", Rung.CAME: "verifying",
}  # fmt: skip


class QueueList(KeysetChangeList):
    """A page of the queue, each request with its rung; one statement for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        """The rows, and how well we know who asks in each."""
        super().get_results(request)
        found = subject_requests.rungs(self.result_list)
        for case in self.result_list:
            case.rung = found[case.pk]


class Identity(admin.SimpleListFilter):
    """What stops a request because of who is asking."""

    title, parameter_name = _("who is asking"), "identity"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return [(rung.value, rung.label) for rung in STOPS]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows."""
        rung = self.value()
        return queryset.filter(standing_on(rung)) if rung in STOPS else queryset


def beside(case: Dsr) -> str:
    """The state of a case in the queue, and under it, while it is open, its rung."""
    state, rung = str(case.get_state_display()), case.rung  # type: ignore[attr-defined]
    in_short, colour = str(rung.label).partition(":")[0], COLOURS.get(rung, "withdrawn")
    badge = format_html('<br><span class="state state-{}">{}</span>', colour, in_short)
    return format_html("{}{}", state, badge) if case.is_open else state


@page("call-backs/", "call_backs")
@require_safe
def call_backs(request: HttpRequest) -> HttpResponse:
    """Whom to call, the next try first; the end of a number only where its person's details are open."""
    require(request, Act.HANDLE)
    waiting = CallBack.objects.waiting().select_related("case__data_subject", "case__assignee")
    shown = Paginator(waiting.order_by("next_try_on", "pk"), A_PAGE).get_page(request.GET.get("page"))
    context = {
        **admin.site.each_context(request), "title": _("Call-backs"), "page": shown,
        "lines": [_line(request, row) for row in shown],
    }  # fmt: skip
    return render(request, "admin/call_backs.html", context)


def _line(request: HttpRequest, row: CallBack) -> dict[str, Any]:
    sees = seeing.sees(request, row.case)
    tries = CaseEvent.objects.filter(case=row.case, kind="called", occurred_at__gte=row.opened_at)
    last = tries.order_by("-occurred_at", "-pk").first()
    return {
        "row": row, "person": people.in_a_list(request, row.case.data_subject), "due": words.due_badge(row.case),
        "hint": hint(row.case.data_subject.phone) if sees else "", "sees": sees, "tries": tries.count(), "last": last,
        "came_of_it": last.text.partition("\n")[0] if last and sees else "",
    }  # fmt: skip


def hint(phone: str) -> str:
    """Enough of a number to know it again beside the telephone, and too little to call it."""
    digits = "".join(letter for letter in phone if letter.isdigit())
    return f"••• {digits[-3:]}" if len(digits) > 5 else ""


def _is_waited_for(case: Dsr, account: Any) -> bool:
    return case.is_open and subject_requests.call_backs.of_case(case) is not None


IDENTITY_STEPS = [
    Step(
        "called", _("Note a call"), _("What came of it, and when the next try is. It settles nothing by itself."),
        Act.HANDLE, lambda case, who, said: subject_requests.tried(case, actor=who, **said), _is_waited_for, CalledForm,
    ),
    Step(
        "not_the_person", _("It is not the person"),
        _("You called back or looked into it: somebody else is asking. The request stays stopped and may be refused."),
        Act.REFUSE, lambda case, who, said: subject_requests.not_the_person(case, actor=who, outcome=said["text"]),
        _is_waited_for, TextForm, "danger",
    ),
]  # fmt: skip
# Beside the step that settles a doubt.
PLACE = 1 + next(place for place, step in enumerate(STEPS) if step.name == "settle")
STEPS[PLACE:PLACE] = IDENTITY_STEPS
