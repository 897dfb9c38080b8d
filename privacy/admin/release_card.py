"""What stands between a copy and the person: the three looks, who ticked them, and whether the copy lies ready."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from .. import roles
from ..export import Export
from ..roles import Act
from ..subject_requests import DataSubjectRequest, ReleaseCheck, redacting, releasing
from . import words


@dataclass(frozen=True)
class Look:
    """One of the three."""

    label: str
    tick: ReleaseCheck | None

    @property
    def said(self) -> str:
        """Who ticked it and when; or that it is open."""
        if self.tick is None:
            return _("still open")
        who = self.tick.ticked_by or _("by itself: the person is signed in")
        return f"{who} · {words.moment(self.tick.ticked_at)}"


@dataclass(frozen=True)
class Card:
    """For the page of the case."""

    looks: list[Look]
    copy: str
    address: str
    left_out: int
    review_url: str


def of(case: DataSubjectRequest, *, sees: bool, account: Any) -> Card | None:
    """None where no copy goes out."""
    if not case.right.needs_search:
        return None
    held = releasing.ticked(case) if case.is_open else {row.kind: row for row in case.release_checks.all()}
    may_review = sees and roles.may(account, Act.START_EXPORT) and redacting.is_possible(case)
    return Card(
        [Look(str(label), held.get(kind)) for kind, label in releasing.Kind.choices],
        _copy(case),
        (case.data_subject.contact_email or _("we know no email address")) if sees else "",
        case.redactions.count(),
        reverse("admin:privacy_datasubjectrequest_others", args=[case.pk]) if may_review else "",
    )


def _copy(case: DataSubjectRequest) -> str:
    row = Export.objects.filter(case=case).first()
    if row is None:
        return _("The copy is not made yet.")
    if row.released_at:
        return _("The person may fetch the copy since %(when)s.") % {"when": words.moment(row.released_at)}
    if row.job_state == Export.State.DONE:
        return _("The copy lies ready. It leaves when all three are ticked.")
    return _("The copy is being made.")
