"""What stands between a request for a copy and the copy: the note of the search, and the three looks."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ..roles import Act
from ..subject_requests import DataSubjectRequest as Dsr
from ..subject_requests import releasing, searching
from .file_forms import ChecksForm, SearchForm
from .steps import STEPS, Step


def _may_note_search(case: Dsr, account: Any) -> bool:
    return case.right.needs_search and case.state in searching.BEFORE_IT_LEAVES


def _may_check(case: Dsr, account: Any) -> bool:
    ready = releasing.needs_checks(case) and case.identity_confirmed_at is not None
    return ready and bool(releasing.open_checks(case))


FILE_STEPS = [
    Step(
        "search", _("Note what was searched"), _("Where you looked for the person's data, and why that is enough."),
        Act.HANDLE,
        lambda case, who, said: searching.write(
            case, actor=who, tables=said["tables"], places=said["places"], elsewhere=said["elsewhere"],
            why=said["why"],
        ),
        _may_note_search, SearchForm, comes_next=lambda case: case.search_note is None,
    ),
    Step(
        "checks", _("Check before the copy leaves"),
        _("It leaves when it is made and all three are ticked. If something changes, its tick opens again."),
        Act.START_EXPORT, lambda case, who, said: releasing.tick(case, said["kinds"], actor=who), _may_check,
        ChecksForm, comes_next=lambda case: case.search_note is not None,
    ),
]  # fmt: skip
# Before the step that they make possible.
PLACE = next(place for place, step in enumerate(STEPS) if step.name == "carry_out")
STEPS[PLACE:PLACE] = FILE_STEPS
