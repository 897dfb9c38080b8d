"""The list as a file for a spreadsheet: the same rows as on the screen, no names, no cell that computes."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from .. import audit, csv_files, subject_requests
from ..roles import Act
from .pages import require

BATCH = 2000
lines, inert = csv_files.lines, csv_files.inert


@require_POST
def download(request: HttpRequest, *, room: Any) -> HttpResponse | StreamingHttpResponse:
    """The filtered list by number, never by name; that it was taken is written down."""
    require(request, Act.SEE_QUEUE)
    return answer(request, room.get_changelist_instance(request).queryset)


def answer(request: HttpRequest, queryset: Any) -> StreamingHttpResponse:
    """These requests as a file."""
    audit.record("queue.exported", actor=request.user)  # type: ignore[arg-type]
    response = StreamingHttpResponse(lines(_rows(queryset)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="requests-{timezone.localdate()}.csv"'
    return response


def _rows(queryset: Any) -> Iterator[list[Any]]:
    yield [
        _("reference"),
        _("person"),
        _("right"),
        _("received"),
        _("due"),
        _("state"),
        _("assignee"),
        _("closed"),
        _("next promise"),
        _("what is promised"),
    ]
    for case in queryset.iterator(chunk_size=BATCH):
        closed = timezone.localdate(case.closed_at) if case.closed_at else ""
        received = timezone.localdate(case.received_at)
        yield [
            case.reference, case.data_subject, case.right.label, received, case.due_on, case.get_state_display(),
            case.assignee, closed, case.next_promise_on if case.is_open else "",
            subject_requests.label(case) if case.is_open else "",
        ]  # fmt: skip
