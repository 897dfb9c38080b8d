"""What happened to a case, oldest first: its events, and from the audit log what is no event of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.translation import gettext as _

from .. import audit, roles, sight
from ..cases import State
from ..roles import Act
from ..subject_requests import CaseEvent, DataSubjectRequest, denial_of
from . import words

NEWEST = 200
ONLY_IN_THE_AUDIT_LOG = ("case.assigned",)


@dataclass
class Entry:
    """One line."""

    at: datetime
    what: str
    who: str
    note: str = ""
    is_internal: bool = False
    words: str = ""


def of(request: HttpRequest, case: DataSubjectRequest, *, with_notes: bool) -> list[Entry]:
    """Both sources in one order; notes only for those who see the person now, looks only for readers of the log."""
    reads = roles.may(request.user, Act.READ_AUDIT)
    wanted = ONLY_IN_THE_AUDIT_LOG + (sight.LOOKS if reads else ())
    events = list(case.events.select_related("words").order_by("occurred_at", "pk"))
    logged = list(audit.of(case).filter(event__in=wanted)[:NEWEST])
    names = who_is(
        [row.actor for row in events]
        + [row.actor for row in logged]
        + [str(row.details.get("to", "")) for row in logged]
    )
    lines = [
        Entry(
            row.occurred_at, _happened(row, case), names[row.actor], row.text if with_notes else "", row.is_internal,
            str(row.words or ""),
        )
        for row in events
    ]  # fmt: skip
    searches = [line for line, row in zip(lines, events, strict=True) if row.kind == "searched"]
    if with_notes and searches:
        searches[-1].note = case.search
    lines += [Entry(row.at, _logged(row, names), names[row.actor], is_internal=True) for row in logged]
    return sorted(lines, key=lambda line: line.at)


def _happened(row: CaseEvent, case: DataSubjectRequest) -> str:
    """A refusal with its reason, whoever reads; it says nothing about the person."""
    denial = denial_of(case) if row.kind == State.REFUSED else None
    return f"{words.event(row.kind)}: {denial.label}" if denial else words.event(row.kind)


def _logged(row: audit.AuditEntry, names: dict[str, str]) -> str:
    if row.event == "case.assigned":
        return _("Put into the hands of %(who)s") % {"who": names.get(str(row.details.get("to", ""))) or _("nobody")}
    return _("Page looked at")


def who_is(actors: Iterable[str]) -> dict[str, str]:
    """Names for references: colleagues by name, everybody else by what they are; one query."""
    accounts = get_user_model()
    mine = f"{accounts._meta.label_lower}:"
    references = set(actors)
    keys = [text.removeprefix(mine) for text in references if text.startswith(mine)]
    found = {
        f"{mine}{row.pk}": row for row in accounts._default_manager.filter(pk__in=[k for k in keys if k.isdigit()])
    }
    return {text: _name(found.get(text), text) for text in references}


def _name(account: Any, reference: str) -> str:
    if account is not None:
        return str(account) if account.is_staff else _("the person")
    if not reference:
        return ""
    if reference.startswith("system"):
        return _("by itself")
    return _("the person") if ":" in reference else reference
