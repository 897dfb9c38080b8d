"""A colleague looks through what may speak of others, and takes passages out of the copy or puts them back (LRD-19)."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from .. import export
from ..cases import State
from ..export import redactions
from ..export.redactions import Place, Redaction
from .case import DataSubjectRequest
from .handling import as_it_is_now
from .refusing import require
from .timeline import note

NOT_YET_OUT = (State.RECEIVED, State.VERIFYING, State.IN_PROGRESS, State.EXECUTING, State.NEEDS_ATTENTION)
MOST = 500


def is_possible(case: DataSubjectRequest) -> bool:
    """Whether the copy on this case can still be changed."""
    return case.right.needs_search and case.state in NOT_YET_OUT


def leave_out(case: DataSubjectRequest, place: Place, *, passage: str = "", why: str, actor: Any) -> Redaction:
    """Takes a passage out of every copy for this person, or the whole text where none is named."""
    require(bool(why.strip()), _("Say why the person may not read this."))
    text = export.text_at(case.data_subject, place, only_provided=case.kind == "portability")
    if text is None:
        require(False, _("This text is not in the copy any more."))
    passage = passage.strip()
    is_there = not passage or redactions.find(passage, text.text) is not None  # type: ignore[union-attr]
    require(is_there, _("This passage does not stand in the text. Copy it from there."))
    with transaction.atomic():
        copy = _require_not_out(case)
        require(case.redactions.count() < MOST, _("More than %(most)d passages cannot be left out.") % {"most": MOST})
        table, row, field = place
        made = Redaction.objects.create(
            case=case, table=table, row=row, field=field, passage=passage.encode(), why=why.strip().encode(),
            made_by=actor,
        )  # fmt: skip
        note(case, "left_out", actor=actor, is_internal=True)
        _make_anew(case, copy)
    return made


def put_back(case: DataSubjectRequest, made: Redaction, *, actor: Any) -> None:
    """Takes it back, as long as no copy without it has left."""
    with transaction.atomic():
        copy = _require_not_out(case)
        require(made.case_id == case.pk, _("This was left out on another request."))
        made.delete()
        note(case, "put_back", actor=actor, is_internal=True)
        _make_anew(case, copy)


def _require_not_out(case: DataSubjectRequest) -> export.Export | None:
    """The copy there is so far, locked with the case."""
    copy = export.of_case(case)
    require(is_possible(as_it_is_now(case)), _("The copy has left; what is left out of it stays as it is."))
    return copy


def _make_anew(case: DataSubjectRequest, copy: export.Export | None) -> None:
    """A copy that is made, or in the making, was made with what was left out before."""
    if case.state == State.EXECUTING and copy is not None:
        export.remake(copy, holds_back=copy.holds_back)
