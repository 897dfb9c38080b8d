"""What state is a case in, and who may move it where? The abstract case: number, one door, due date, assignee."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import TruncDate
from django.utils import timezone

from . import audit

A_YEAR = timedelta(days=365)
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class State(models.TextChoices):
    """Where a case stands, in words for staff."""

    RECEIVED = "received", "Received"
    VERIFYING = "verifying", "Checking who is asking"
    IN_PROGRESS = "in_progress", "In progress"
    AWAITING_APPROVAL = "awaiting_approval", "Waiting for a second person"
    EXECUTING = "executing", "Being carried out"
    NEEDS_ATTENTION = "needs_attention", "Needs attention"
    COMPLETED = "completed", "Done"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"
    MERGED = "merged", "Merged with an earlier one"


TRANSITIONS: dict[str, set[str]] = {
    State.RECEIVED: {State.VERIFYING, State.IN_PROGRESS, State.REFUSED, State.WITHDRAWN, State.MERGED},
    State.VERIFYING: {State.IN_PROGRESS, State.REFUSED, State.WITHDRAWN, State.MERGED},
    State.IN_PROGRESS: {
        State.VERIFYING, State.AWAITING_APPROVAL, State.EXECUTING, State.COMPLETED, State.REFUSED, State.WITHDRAWN,
        State.MERGED,
    },
    State.AWAITING_APPROVAL: {State.IN_PROGRESS, State.EXECUTING, State.REFUSED, State.WITHDRAWN},
    State.EXECUTING: {State.COMPLETED, State.NEEDS_ATTENTION},
    State.NEEDS_ATTENTION: {State.EXECUTING, State.IN_PROGRESS},
}  # fmt: skip


class InvalidTransition(Exception):
    """The case is not in a state from which it may go there."""


class CaseQuerySet(models.QuerySet[Any]):
    """Cases as staff speak of them."""

    def open(self) -> "CaseQuerySet":
        """Nothing has ended it; said twice, because the queue's indexes hold the rows that are not closed."""
        return self.filter(state__in=list(TRANSITIONS), closed_at__isnull=True)

    def closed(self) -> "CaseQuerySet":
        """Done, refused, withdrawn or merged."""
        return self.exclude(state__in=list(TRANSITIONS))

    def overdue(self, today: date) -> "CaseQuerySet":
        """Open past the last day on which an answer is in time."""
        return self.open().filter(due_on__lt=today)

    def late(self, today: date) -> "CaseQuerySet":
        """Open past its last day, or answered within the last year and after it."""
        cases = self.alias(answered_on=TruncDate("closed_at", tzinfo=settings.SHOP_TZ))
        answered = cases.filter(state__in=[State.COMPLETED, State.REFUSED], answered_on__gt=today - A_YEAR)
        return cases.overdue(today) | answered.filter(answered_on__gt=F("due_on"))

    def due_between(self, first: date, last: date) -> "CaseQuerySet":
        """Open and due within these days, both included."""
        return self.open().filter(due_on__range=(first, last))

    def promise_missed(self, today: date) -> "CaseQuerySet":
        """Open, and the day of a promise has passed, be it of the law or of our own."""
        return self.open().filter(next_promise_on__lt=today)

    def promised_between(self, first: date, last: date) -> "CaseQuerySet":
        """Open, and the next promise is for one of these days, both included."""
        return self.open().filter(next_promise_on__range=(first, last))

    def unassigned(self) -> "CaseQuerySet":
        """Open and in nobody's hands."""
        return self.open().filter(assignee__isnull=True)

    def of_assignee(self, account: Any) -> "CaseQuerySet":
        """In these hands, open."""
        return self.open().filter(assignee=account)


def new_reference() -> str:
    """Such as NL-7K2M-Q9XA: hard to guess, easy to read out, none of 0 O 1 I."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"{settings.CASE_PREFIX}-{letters[:4]}-{letters[4:]}"


class PromiseField(models.DateField):
    """The day of the next promise; a case that says nothing of it has promised its last day alone."""

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        """The last day, where nothing else was said."""
        if getattr(model_instance, self.attname) is None:
            setattr(model_instance, self.attname, model_instance.due_on)
        return super().pre_save(model_instance, add)


class Case(models.Model):
    """A request or complaint in hand.

    `next_promise_on` is the earliest day by which something is still owed, `next_promise` the name of its clock; that
    is empty where it is the answer itself, and once the case is closed, when both say no more than `due_on`.
    """

    reference = models.CharField(max_length=24, unique=True, default=new_reference, editable=False)
    state = models.CharField(max_length=20, choices=State, default=State.RECEIVED, editable=False)
    received_at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField(editable=False)
    due_reasons = models.JSONField(default=list, editable=False)
    next_promise_on = PromiseField(editable=False)
    next_promise = models.CharField(max_length=30, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="assigned_%(class)ss"
    )

    objects = CaseQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        """Whether anything is left to do."""
        return self.state in TRANSITIONS

    def next_states(self) -> set[str]:
        """Where this case may go from here."""
        return TRANSITIONS.get(self.state, set())

    def move_to(self, state: str, *, actor: Any, now: datetime | None = None, **changes: Any) -> None:
        """The one door for a change of state; InvalidTransition when the table does not allow it."""
        now = now or timezone.now()
        with transaction.atomic():
            row = type(self).objects.select_for_update().values_list("state", "due_on")
            was, due_on = row.get(pk=self.pk)
            if state not in TRANSITIONS.get(was, ()):
                self.state = was
                raise InvalidTransition(f"{State(was).label} -> {State(state).label}")
            changes |= {"state": state, "closed_at": None if state in TRANSITIONS else now}
            if state not in TRANSITIONS:
                changes |= {"next_promise_on": due_on, "next_promise": ""}
            type(self).objects.filter(pk=self.pk).update(**changes)
            for name, value in changes.items():
                setattr(self, name, value)
            audit.record(f"case.{state}", actor=actor, subject=self.data_subject, target=self, now=now, was=was)

    def assign(self, account: Any, *, actor: Any) -> None:
        """Puts the case into somebody's hands, or nobody's."""
        self.assignee = account
        self.save(update_fields=["assignee"])
        audit.record("case.assigned", actor=actor, subject=self.data_subject, target=self, to=audit.reference(account))

    data_subject: Any


def assign_all(cases: Iterable[Case], account: Any, *, actor: Any) -> dict[int, int | None]:
    """Puts several cases into somebody's hands at once; who had each before, so that it can be taken back."""
    before: dict[int, int | None] = {}
    with transaction.atomic():
        for case in cases:
            before[case.pk] = case.assignee_id
            case.assign(account, actor=actor)
    return before
