"""The register of promises, for everybody: each in plain words, with its quote, and how its last look found it."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from .. import promises
from ..promises import State
from ..promises.promise import OWN
from ..promises.standing import by_topic

MORNING = 6
TONES = {
    State.KEPT: "ok",
    State.BROKEN: "danger",
    State.CONFLICT: "warn",
    State.NO_EVIDENCE: "info",
    State.MANUAL: "info",
}


@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """All of it, or one pack or state of it; nothing about anybody, and no figures."""
    found, packs = promises.standings(), _packs()
    pack, state = _chosen(request, "pack", packs), _chosen(request, "state", State.values)
    shown = [row for row in found if pack in ("", row.promise.pack) and state in ("", row.state)]
    by_code = {row.promise.code: row.promise for row in found}
    context = {
        "topics": [(title, [_line(row, packs, by_code) for row in rows]) for title, rows in by_topic(shown)],
        "counts": _counts(found),
        "packs": packs,
        "states": State.choices,
        "pack": pack,
        "state": state,
        "count": len(shown),
        "is_chosen": bool(pack or state),
        "checked_at": max((row.last.checked_at for row in found if row.last), default=None),
        "today": timezone.localdate(),
    }
    return render(request, "privacy/promises.html", context)


def _packs() -> dict[str, str]:
    """The packs in use with their names, and our own where there are any."""
    known = {**promises.packs(), OWN: _("Our own promises")}
    wanted = [*settings.PROMISE_PACKS, *([OWN] if promises.Promise.objects.filter(pack=OWN).exists() else [])]
    return {name: known.get(name, name) for name in wanted}


def _chosen(request: HttpRequest, name: str, known: Any) -> str:
    """A word of the filter; anything else is none."""
    value = request.GET.get(name, "")
    return value if value in known else ""


def _counts(found: list[promises.Standing]) -> list[dict[str, Any]]:
    number = Counter(str(row.state) for row in found)
    return [
        {"state": state.value, "label": state.label, "count": number[state], "tone": TONES[state]}
        for state in State if number[state]
    ]  # fmt: skip


def _line(row: promises.Standing, packs: dict[str, str], by_code: dict[str, promises.Promise]) -> dict[str, Any]:
    state = State(row.state)
    return {
        "promise": row.promise,
        "pack": packs.get(row.promise.pack, row.promise.pack),
        "state": state,
        "tone": TONES[state],
        "checked": _when(row.last.checked_at) if row.last else "",
        "against": [by_code[code] for code in row.promise.conflicts_with if code in by_code],
    }


def _when(at: datetime) -> str:
    """Such as "last night", which is when the machine looks."""
    local = timezone.localtime(at)
    if local.date() == timezone.localdate():
        return _("last night") if local.hour < MORNING else _("today")
    return date_format(local, "j F Y")
