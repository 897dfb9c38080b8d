"""Who must be called back before a request goes on? One task for each doubt; a different colleague closes it."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import audit
from ..cases import State
from ..personal_data import Delete, Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose
from . import papers
from .case import DataSubjectRequest
from .refusing import require
from .timeline import DOUBTS, SETTLED, move, note, open_doubt

NOT_THE_PERSON = "not_the_person"


class CallBackQuerySet(models.QuerySet[Any]):
    """Call-backs as the office speaks of them."""

    def waiting(self) -> "CallBackQuerySet":
        """Nobody has closed them, and their request is still open."""
        return self.filter(closed_at__isnull=True, case__closed_at__isnull=True)


class CallBack(models.Model):
    """One call that must be made, because a match failed or misuse is suspected (CLG-22, CLG-23)."""

    class Why(models.TextChoices):
        FAILED = "identity_failed", gettext_lazy("the match failed")
        FRAUD = "fraud_suspected", gettext_lazy("misuse suspected")

    class Result(models.TextChoices):
        PERSON = "person", gettext_lazy("it is the person")
        NOT_THE_PERSON = NOT_THE_PERSON, gettext_lazy("it is not the person")

    personal_data = PersonalData(
        data_subject="case__data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="case__closed_at", years=6),
        erase=Keep("Proves how we made sure that it was you.", then=Delete()),
        fields=("why", "opened_at", "closed_at", "result"),
        not_personal=("case", "opened_by", "closed_by", "next_try_on"),
    )

    case = models.ForeignKey(DataSubjectRequest, models.CASCADE, related_name="call_backs")
    why = models.CharField(max_length=20, choices=Why)
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.CharField(max_length=100)
    next_try_on = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=100, blank=True)
    result = models.CharField(max_length=20, choices=Result, blank=True)

    objects = CallBackQuerySet.as_manager()

    class Meta:
        ordering = ["next_try_on", "pk"]
        verbose_name = gettext_lazy("call-back")
        verbose_name_plural = gettext_lazy("call-backs")
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(closed_at__isnull=True), name="one_open_call_back"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | (~Q(closed_by="") & ~Q(closed_by=F("opened_by"))),
                name="call_back_two_different_people",
                violation_error_message="A second, different person must settle this.",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, result="") | (Q(closed_at__isnull=False) & ~Q(result="")),
                name="closed_call_back_has_a_result",
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_on", "id"], condition=Q(closed_at__isnull=True), name="call_back_waiting")
        ]

    def __str__(self) -> str:
        return f"call-back {self.pk}"


def of_case(case: DataSubjectRequest) -> CallBack | None:
    """The call that this request waits for."""
    return CallBack.objects.filter(case=case, closed_at__isnull=True).first()


def doubt(case: DataSubjectRequest, kind: str, *, actor: Any, why: str, now: datetime | None = None) -> None:
    """The match failed or misuse is suspected: nothing runs until a second person has settled it (CLG-22, CLG-23)."""
    now = now or timezone.now()
    require(case.is_open and case.state != State.EXECUTING, _("It is too late to doubt: the request was carried out."))
    require(kind in DOUBTS and bool(why.strip()), _("Say what makes you doubt."))
    with transaction.atomic():
        back_to_verifying(case, actor=actor)
        note(case, kind, actor=actor, text=why, is_internal=True)
        today = timezone.localdate(now, settings.SHOP_TZ)
        first = {"opened_by": audit.reference(actor), "opened_at": now, "next_try_on": today}
        CallBack.objects.update_or_create(case=case, closed_at=None, defaults={"why": kind}, create_defaults={
            "why": kind, **first,
        })  # fmt: skip


def back_to_verifying(case: DataSubjectRequest, *, actor: Any) -> None:
    """Who is asking is no longer known; what was proposed is taken back."""
    if State.VERIFYING not in case.next_states() and case.state != State.VERIFYING:
        move(case, State.IN_PROGRESS, actor=actor, proposed_by=None)
    if case.state != State.VERIFYING:
        move(case, State.VERIFYING, actor=actor)
    case.identity_confirmed_at = None
    case.save(update_fields=["identity_confirmed_at"])


def tried(case: DataSubjectRequest, *, actor: Any, outcome: str, next_try_on: date | None, text: str = "") -> None:
    """Notes one try: what came of it, and when the next one is; it settles nothing."""
    waiting = of_case(case)
    require(waiting is not None, _("Nobody is to be called back."))
    today = timezone.localdate(timezone=settings.SHOP_TZ)
    require(next_try_on is None or next_try_on >= today, _("The next try lies in the past."))
    with transaction.atomic():
        note(case, "called", actor=actor, text=f"{outcome}\n{text}".strip(), is_internal=True)
        CallBack.objects.filter(case=case, closed_at=None).update(next_try_on=next_try_on or today + timedelta(days=1))


def settle(case: DataSubjectRequest, *, actor: Any, outcome: str) -> None:
    """A different colleague has called back or looked into it, and lets the request go on."""
    _require_second(case, actor, outcome)
    with transaction.atomic():
        case.identity_confirmed_at = timezone.now()
        case.save(update_fields=["identity_confirmed_at"])
        note(case, SETTLED, actor=actor, text=outcome, is_internal=True)
        _close(case, CallBack.Result.PERSON, actor)
        papers.forget_proofs(case, actor=actor)


def not_the_person(case: DataSubjectRequest, *, actor: Any, outcome: str) -> None:
    """A different colleague found that somebody else is asking: the doubt stays, nothing runs, it may be refused."""
    _require_second(case, actor, outcome)
    with transaction.atomic():
        note(case, NOT_THE_PERSON, actor=actor, text=outcome, is_internal=True)
        _close(case, CallBack.Result.NOT_THE_PERSON, actor)
        papers.forget_proofs(case, actor=actor)


def _require_second(case: DataSubjectRequest, actor: Any, outcome: str) -> None:
    first = open_doubt(case)
    require(first is not None, _("There is no doubt to settle."))
    require(bool(outcome.strip()), _("Write how it was settled."))
    who = {first.actor if first else "", *case.call_backs.filter(closed_at=None).values_list("opened_by", flat=True)}
    require(audit.reference(actor) not in who, _("A second, different person must settle this."))


def _close(case: DataSubjectRequest, result: str, actor: Any) -> None:
    waiting = CallBack.objects.filter(case=case, closed_at=None)
    waiting.update(closed_at=timezone.now(), closed_by=audit.reference(actor), result=result, next_try_on=None)
