"""How well do we know who is asking? One rung of a ladder, read off the timeline and never stored (CLG-22)."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

from .call_backs import NOT_THE_PERSON, CallBack
from .case import CaseEvent, DataSubjectRequest
from .timeline import DOUBTS, SETTLED


class Rung(TextChoices):
    """Where a request stands on the ladder."""

    NOT_CHECKED = "not_checked", _("not checked yet")
    MATCHED = "matched", _("matched: it is the person")
    DOCUMENTS = "documents", _("proof asked for")
    CAME = "came", _("proof has come: look at it")
    CALL_BACK = "call_back", _("match failed: call back")
    FAILED = "failed", _("failed: it is not the person")
    FRAUD = "fraud", _("misuse suspected: stopped")


STOPS = (Rung.CALL_BACK, Rung.FAILED, Rung.FRAUD)
BY_EVENT = {
    "identity_failed": Rung.CALL_BACK, "fraud_suspected": Rung.FRAUD, NOT_THE_PERSON: Rung.FAILED,
    "id_asked": Rung.DOCUMENTS, "id_received": Rung.CAME, SETTLED: Rung.NOT_CHECKED,
}  # fmt: skip
ABOUT_A_DOUBT = (*DOUBTS, SETTLED, NOT_THE_PERSON)


def rung(case: DataSubjectRequest) -> Rung:
    """How well we know who asks in this case."""
    return rungs([case])[case.pk]


def rungs(cases: Iterable[DataSubjectRequest]) -> dict[Any, Rung]:
    """The same for a page of cases, in one statement."""
    known = {case.pk: case.identity_confirmed_at is not None for case in cases}
    kinds: dict[Any, list[str]] = {pk: [] for pk in known}
    rows = CaseEvent.objects.filter(case__in=known, kind__in=BY_EVENT).order_by("occurred_at", "pk")
    for pk, kind in rows.values_list("case", "kind"):
        kinds[pk].append(kind)
    return {pk: _rung(happened, is_known=known[pk]) for pk, happened in kinds.items()}


def _rung(happened: list[str], *, is_known: bool) -> Rung:
    """A doubt that nobody settled outweighs everything; then what is known; then what was asked for last."""
    doubts = [kind for kind in happened if kind in ABOUT_A_DOUBT]
    if doubts and doubts[-1] != SETTLED:
        return BY_EVENT[doubts[-1]]
    if is_known:
        return Rung.MATCHED
    return BY_EVENT[happened[-1]] if happened else Rung.NOT_CHECKED


def standing_on(rung: str | None) -> Q:
    """The open cases that a colleague looks for; what nobody has to act on is no filter."""
    why = {Rung.CALL_BACK: CallBack.Why.FAILED, Rung.FRAUD: CallBack.Why.FRAUD}
    if rung is not None and rung in why:
        return Q(pk__in=CallBack.objects.waiting().filter(why=why[Rung(rung)]).values("case"))
    failed = CallBack.objects.filter(result=NOT_THE_PERSON, case__closed_at=None).values("case")
    return Q(pk__in=failed, identity_confirmed_at=None)
