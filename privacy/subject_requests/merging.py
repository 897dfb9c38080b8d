"""Are two cases the same wish? Then one of them goes on, with the earlier date and whatever was proven in either."""

from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..cases import State
from .case import DataSubjectRequest
from .letters import tell
from .refusing import require
from .timeline import move, note, open_doubt


def twins(case: DataSubjectRequest) -> models.QuerySet[DataSubjectRequest]:
    """The person's other open cases of the same kind that may be the same wish, the earliest first."""
    mine = DataSubjectRequest.objects.open().filter(data_subject=case.data_subject_id, kind=case.kind)
    same: models.QuerySet[DataSubjectRequest] = mine.exclude(pk=case.pk).order_by("received_at", "pk")
    return same


def merge(
    case: DataSubjectRequest, other: DataSubjectRequest, *, actor: Any, now: datetime | None = None
) -> DataSubjectRequest:
    """Closes the later of two cases into the earlier, which goes on; NotAllowed where they are not the same wish.

    The earlier keeps its clock. Who was known to ask in either is known in both; a doubt in either must be settled
    before, because a stranger's copy of a wish must neither borrow nor spoil what the person has proven.
    """
    with transaction.atomic():
        rows = DataSubjectRequest.objects.select_for_update(of=("self",)).select_related("data_subject")
        first, second = rows.filter(pk__in=[case.pk, other.pk]).order_by("received_at", "pk")
        _require_same(first, second)
        for one in (first, second):
            require(open_doubt(one) is None, _("A colleague doubts who is asking; a second person must settle that."))
        known_since = [at for at in (first.identity_confirmed_at, second.identity_confirmed_at) if at]
        if known_since and first.identity_confirmed_at is None:
            first.identity_confirmed_at = min(known_since)
            first.save(update_fields=["identity_confirmed_at"])
        words = _("%(later)s, received later, is the same wish and was merged into this one.")
        added = words % {"later": second.reference}
        note(first, "merged_with", actor=actor, text=f"{added}\n\n{second.text}".strip(), is_internal=True, now=now)
        move(second, State.MERGED, actor=actor, now=now or timezone.now(), merged_into=first)
        tell("case_merged", second)
    return first


def _require_same(first: DataSubjectRequest, second: DataSubjectRequest) -> None:
    same = (first.data_subject_id, first.kind) == (second.data_subject_id, second.kind)
    require(same, _("Only requests of one person for the same right can be merged."))
    require(first.is_open and State.MERGED in second.next_states(), _("One of the two has moved on meanwhile."))
