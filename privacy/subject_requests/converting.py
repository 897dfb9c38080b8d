"""A question turns out to be a request: it becomes one, from the day on which it came (CLG-25)."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import rights
from ..cases import State
from .case import DataSubjectRequest
from .handling import as_it_is_now
from .intake import not_before
from .letters import tell
from .particulars import begin
from .refusing import require
from .timeline import note, reckon

CONVERTIBLE = (State.RECEIVED, State.VERIFYING, State.IN_PROGRESS)


def may_be_converted(case: DataSubjectRequest) -> bool:
    """Whether this is a question that nobody has answered."""
    return case.kind == "enquiry" and case.state in CONVERTIBLE


def convert(case: DataSubjectRequest, kind: str, *, actor: Any) -> None:
    """Makes the question a request of this kind; number and receipt stay, the last day is reckoned anew."""
    require(kind in rights.REGISTER and kind != "enquiry", _("There is no such right."))
    with transaction.atomic():
        as_it_is_now(case)
        require(may_be_converted(case), _("Only an open question can become a request of another kind."))
        case.kind, case.execute_after = kind, not_before(kind, timezone.now())
        case.save(update_fields=["kind", "execute_after"])
        reckon(case)
        begin(case, {})
        tell("case_converted", case, note(case, "converted", actor=actor, text=str(case.right.label)))
