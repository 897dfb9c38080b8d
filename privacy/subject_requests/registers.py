"""The registers for a period (SFB-01, SFB-13): what came, by which road, how far it is, how it ended, how long it took.

People are in them by number alone, and none of their words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import documents
from ..cases import TRANSITIONS, State
from .case import DataSubjectRequest
from .complaint import Complaint
from .denying import denial_of

BATCH = 2000
# A page is set in memory; a year of a large shop belongs into a spreadsheet.
MOST_ON_PAPER = 2000
Line = list[Any]


@dataclass(frozen=True)
class Register:
    """One register: its name, its columns, and how a case becomes a line."""

    name: str
    title: str | Promise
    columns: tuple[str | Promise, ...]
    kinds: tuple[str, ...]
    line: Callable[[DataSubjectRequest], Line]

    def cases(self, first: date, last: date) -> QuerySet[DataSubjectRequest]:
        """What came within these days, both included, where the shop is."""
        edges = [datetime.combine(day, time.min, tzinfo=settings.SHOP_TZ) for day in (first, last + timedelta(days=1))]
        rows = DataSubjectRequest.objects.filter(received_at__gte=edges[0], received_at__lt=edges[1])
        rows = rows.filter(kind__in=self.kinds) if self.kinds else rows
        found: QuerySet[DataSubjectRequest] = (
            rows.select_related("data_subject", "complaint")
            .defer("details", "outcome", "due_reasons")
            .order_by("received_at", "pk")
        )
        return found

    def rows(self, first: date, last: date) -> Iterator[Line]:
        """The columns, then a line for each case, read in batches."""
        yield [str(name) for name in self.columns]
        for case in self.cases(first, last).iterator(chunk_size=BATCH):
            yield self.line(case)


def _day(at: datetime | None) -> date | None:
    return timezone.localdate(at, settings.SHOP_TZ) if at else None


def days_taken(case: DataSubjectRequest) -> int | None:
    """From the day it came to the day it was closed; nothing while it is open."""
    received, closed = _day(case.received_at), _day(case.closed_at)
    return (closed - received).days if closed and received else None


def _complaint(case: DataSubjectRequest) -> Line:
    row = getattr(case, "complaint", None) or Complaint(case=case)
    mediation = row.mediation_opened_on or ""
    return [
        case.reference, case.data_subject, _day(case.received_at), case.get_source_display(), row.get_subject_display(),
        row.get_stage_display(), mediation, row.get_outcome_display(), _day(case.closed_at), days_taken(case),
    ]  # fmt: skip


def _why_not(case: DataSubjectRequest) -> str:
    """The code of a refusal as programs know it, and in words; a proposal is none yet."""
    denial = denial_of(case) if case.state == State.REFUSED else None
    return f"{denial.code}: {denial.label}" if denial else ""


def _request(case: DataSubjectRequest) -> Line:
    ended = "" if case.state in TRANSITIONS else case.get_state_display()
    on_time = "" if not case.closed_at else (_("yes") if _day(case.closed_at) <= case.due_on else _("no"))  # type: ignore[operator]
    return [
        case.reference, case.data_subject, _day(case.received_at), case.get_source_display(), case.right.label,
        case.get_state_display(), case.due_on, ended, _why_not(case), _day(case.closed_at), days_taken(case), on_time,
    ]  # fmt: skip


REGISTERS = {
    register.name: register
    for register in (
        Register(
            "complaints", gettext_lazy("Register of complaints"),
            (
                gettext_lazy("number"), gettext_lazy("person"), gettext_lazy("received"), gettext_lazy("channel"),
                gettext_lazy("subject"), gettext_lazy("stage"), gettext_lazy("mediation opened"),
                gettext_lazy("outcome"), gettext_lazy("closed"), gettext_lazy("days taken"),
            ),
            ("complaint",), _complaint,
        ),
        Register(
            "requests", gettext_lazy("Register of requests"),
            (
                gettext_lazy("number"), gettext_lazy("person"), gettext_lazy("received"), gettext_lazy("channel"),
                gettext_lazy("kind"), gettext_lazy("state"), gettext_lazy("due"), gettext_lazy("outcome"),
                gettext_lazy("why refused"), gettext_lazy("closed"), gettext_lazy("days taken"),
                gettext_lazy("in time"),
            ),
            (), _request,
        ),
    )
}  # fmt: skip


class TooLong(Exception):
    """More lines than fit on paper; its text is one clear line."""


def pdf(register: Register, first: date, last: date) -> bytes:
    """The register on paper, with how many there are, by how they ended."""
    count = register.cases(first, last)[: MOST_ON_PAPER + 1].count()
    if count > MOST_ON_PAPER:
        raise TooLong(_("More than %(most)d lines: take a shorter time, or the CSV file.") % {"most": MOST_ON_PAPER})
    columns, *lines = register.rows(first, last)
    stage = columns.index(_("outcome"))
    counts: dict[str, int] = {}
    for line in lines:
        counts[str(line[stage] or _("open"))] = counts.get(str(line[stage] or _("open")), 0) + 1
    context = {
        "register": register, "first": first, "last": last, "columns": columns, "counts": sorted(counts.items()),
        "lines": [["" if cell is None else cell for cell in line] for line in lines], "count": count,
    }  # fmt: skip
    return documents.pdf_of(documents.html_of("register.html", context))
