"""Where was searched for a copy, what was found, and why that is enough? Without it no copy is handed out (s.78 DUAA).

The note is a text on the case itself, so that the database can refuse a copy without one
(`access_needs_a_search_note`).
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import export
from ..cases import State
from ..vocabulary import Category
from .case import DataSubjectRequest
from .refusing import require
from .timeline import note

PLACES = {
    "mail": gettext_lazy("mailboxes of colleagues"),
    "paper": gettext_lazy("paper files"),
    "phone": gettext_lazy("notes of telephone calls"),
    "shared": gettext_lazy("shared folders"),
    "suppliers": gettext_lazy("what service providers keep for us"),
}
BEFORE_IT_LEAVES = (State.RECEIVED, State.VERIFYING, State.IN_PROGRESS, State.NEEDS_ATTENTION)


def found(case: DataSubjectRequest) -> dict[str, int]:
    """How many records there are of each category that the declarations name; of all, also those with none."""
    counts = dict.fromkeys(Category.values, 0)
    for table in export.collect(case.data_subject).tables:
        counts[table.declaration.category] += table.count
    return counts


def write(
    case: DataSubjectRequest, *, actor: Any, tables: Sequence[str], places: Sequence[str] = (), elsewhere: str = "",
    why: str,
) -> None:  # fmt: skip
    """Notes what was searched; a later note takes the place of the first until the copy is made."""
    require(case.right.needs_search, _("Only a copy of somebody's data needs a note of the search."))
    require(case.state in BEFORE_IT_LEAVES, _("The copy was made already; its note of the search stays as it is."))
    require(bool(tables or places or elsewhere.strip()), _("Say what was searched."))
    require(bool(why.strip()), _("Say why this search is reasonable and proportionate."))
    counts = found(case)
    records = [_counted(name, counts[name]) for name in counts if name in tables]
    others = [str(PLACES[name]) for name in places if name in PLACES]
    others += [elsewhere.strip()] if elsewhere.strip() else []
    lines = [_("In our records: %(what)s.") % {"what": ", ".join(records)}] if records else []
    lines += [_("Also searched: %(where)s.") % {"where": ", ".join(others)}] if others else []
    _keep(case, "\n".join([*lines, why.strip()]), actor)


def by_machine(case: DataSubjectRequest, *, actor: Any) -> None:
    """The note of a copy that nobody but a machine makes: every declared table, with counts, and nothing else."""
    with translation.override(settings.LANGUAGE_CODE):
        records = ", ".join(_counted(name, count) for name, count in found(case).items())
        text = _(
            "Made by itself. Read was every table that we declare, completely: %(what)s. Nothing else was searched, "
            "because all that we regularly keep about customers stands there; on request a colleague looks further."
        )
        _keep(case, text % {"what": records}, actor)


def _counted(category: str, count: int) -> str:
    return f"{Category(category).label} ({count})"


def _keep(case: DataSubjectRequest, text: str, actor: Any) -> None:
    with transaction.atomic():
        case.search_note = text.encode()
        case.save(update_fields=["search_note"])
        note(case, "searched", actor=actor, is_internal=True)


def require_note(case: DataSubjectRequest) -> None:
    """NotAllowed while nobody has noted the search for a copy."""
    noted = not case.right.needs_search or case.search_note is not None
    require(noted, _("First note what was searched, where, and why that is enough."))
