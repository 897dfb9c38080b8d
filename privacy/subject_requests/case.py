"""The rows: a request of one person, and what happened to it."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from .. import rights
from ..cases import Case, CaseQuerySet, State
from ..fields import EncryptedField
from ..letters import LetterVersion
from ..personal_data import Anonymise, Delete, Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose, Source
from . import denials

# Where a case stands whose refusal is proposed, or done.
DENIED = (State.AWAITING_APPROVAL, State.REFUSED)
NOT_CLOSED, IN_NO_HANDS = Q(closed_at__isnull=True), Q(assignee__isnull=True)


def packs_in_force() -> list[str]:
    """The codes that the shop has joined today."""
    return list(settings.SHOP_PACKS)


class DataSubjectRequest(Case):
    """One wish of one person (GDPR Art. 12 to 22)."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="closed_at", years=6),
        erase=Keep(
            "Proves that your request was answered, and when.", then=Anonymise("details", "outcome", "search_note")
        ),
        fields=(
            "reference", "kind", "state", "received_at", "due_on", "closed_at", "source", "details", "outcome",
            "denial_reason", "search_note",
        ),
        not_personal=(
            "due_reasons", "assignee", "execute_after", "proposed_by", "approved_by", "idempotency_key", "jurisdiction",
            "identity_confirmed_at", "merged_into", "next_promise_on", "next_promise", "packs",
        ),
        provided=("kind", "received_at", "details"),
        third_party=("details", "search_note"),
        told=("search_note",),
    )  # fmt: skip

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.PROTECT, related_name="subject_requests")
    kind = models.CharField(max_length=20, choices=rights.choices)
    source = models.CharField(max_length=20, choices=Source, default=Source.WEB)
    jurisdiction = models.CharField(max_length=10)
    packs = models.JSONField(
        default=packs_in_force, editable=False, help_text="Whoever leaves a code keeps the promises made until then."
    )
    details = EncryptedField(blank=True, default=b"")
    outcome = EncryptedField(blank=True, default=b"")
    search_note = EncryptedField(null=True, help_text="What was searched; NULL: nobody has noted it.")
    denial_reason = models.CharField(max_length=30, choices=denials.choices, blank=True, editable=False)
    identity_confirmed_at = models.DateTimeField(null=True, blank=True)
    execute_after = models.DateTimeField(null=True, blank=True, help_text="Until then the person may change her mind.")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_from")
    idempotency_key = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001

    objects = CaseQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["next_promise_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (Q(proposed_by__isnull=False) & ~Q(approved_by=F("proposed_by"))),
                name="dsr_two_different_people",
                violation_error_message="A second, different person must approve.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="erasure")
                | ~Q(state__in=[State.EXECUTING, State.COMPLETED])
                | (Q(proposed_by__isnull=False) & Q(approved_by__isnull=False)),
                name="erasure_needs_two_people",
                violation_error_message="Nothing is erased before two people have agreed.",
            ),
            models.CheckConstraint(
                condition=Q(state=State.MERGED, merged_into__isnull=False)
                | (~Q(state=State.MERGED) & Q(merged_into__isnull=True)),
                name="dsr_merged_into_another",
                violation_error_message="A merged request names the one that goes on.",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=rights.SEARCHED)
                | ~Q(state__in=[State.EXECUTING, State.COMPLETED])
                | Q(search_note__isnull=False),
                name="access_needs_a_search_note",
                violation_error_message="No copy is handed out before what was searched was noted.",
            ),
            models.CheckConstraint(condition=NOT_CLOSED | Q(next_promise=""), name="dsr_closed_owes_nothing"),
            models.CheckConstraint(
                condition=~Q(state=State.REFUSED) | ~Q(denial_reason=""),
                name="refused_has_a_reason",
                violation_error_message="A refusal names its reason.",
            ),
            models.CheckConstraint(
                condition=Q(denial_reason="") | Q(state__in=DENIED), name="only_the_refused_have_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.REFUSED, denial_reason__in=denials.NEEDS_TWO)
                | (Q(proposed_by__isnull=False) & Q(approved_by__isnull=False)),
                name="unfounded_needs_two_people",
                violation_error_message="Nothing is refused as unfounded or excessive before two people have agreed.",
            ),
        ]
        # The queue's orders: whatever is filtered, a page is read off an index. Open rows are those not closed.
        indexes = [
            models.Index(fields=["state", "next_promise_on", "id"], name="dsr_queue"),
            models.Index(fields=["next_promise_on", "id"], name="dsr_promise"),
            models.Index(fields=["next_promise_on", "id"], condition=NOT_CLOSED, name="dsr_open_promise"),
            models.Index(fields=["due_on", "id"], name="dsr_due"),
            models.Index(fields=["due_on", "id"], condition=NOT_CLOSED, name="dsr_open"),
            models.Index(fields=["next_promise_on", "id"], condition=NOT_CLOSED & IN_NO_HANDS, name="dsr_unassigned"),
            models.Index(fields=["assignee", "next_promise_on", "id"], condition=NOT_CLOSED, name="dsr_assignee"),
            models.Index(fields=["kind", "next_promise_on", "id"], name="dsr_kind"),
            models.Index(fields=["kind", "next_promise_on", "id"], condition=NOT_CLOSED, name="dsr_open_kind"),
            models.Index(fields=["received_at", "id"], name="dsr_received"),
            models.Index(fields=["received_at", "id"], condition=NOT_CLOSED, name="dsr_open_received"),
            models.Index(fields=["closed_at"], name="dsr_closed"),
        ]
        verbose_name = "request"
        verbose_name_plural = "requests"

    def lock(self) -> None:
        """Nobody else writes this case, or what stands beside it, until the transaction ends; reads nothing anew."""
        DataSubjectRequest.objects.select_for_update().only("pk").get(pk=self.pk)

    def move_to(self, state: str, *, actor: Any, now: datetime | None = None, **changes: Any) -> None:
        """A refusal that was proposed is one no longer when the case goes elsewhere."""
        if state not in DENIED:
            changes["denial_reason"] = ""
        super().move_to(state, actor=actor, now=now, **changes)

    @property
    def text(self) -> str:
        """What the person wrote."""
        return bytes(self.details or b"").decode()

    @property
    def answer(self) -> str:
        """What we answered."""
        return bytes(self.outcome or b"").decode()

    @property
    def search(self) -> str:
        """What was searched for the copy, and why that is enough."""
        return bytes(self.search_note or b"").decode()

    @property
    def right(self) -> rights.Entry:
        """What this kind of case does and needs."""
        return rights.REGISTER[self.kind]


class CaseEvent(models.Model):
    """One thing that happened to a case, for its timeline and its clock."""

    personal_data = PersonalData(
        data_subject="case__data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="case__closed_at", years=6),
        erase=Keep("Proves how your request was handled.", then=Delete()),
        fields=("kind", "occurred_at", "note"),
        not_personal=("case", "actor", "is_internal", "words"),
        third_party=("note",),
        told=("note",),
    )

    case = models.ForeignKey(DataSubjectRequest, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40)
    occurred_at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=100)
    note = EncryptedField(blank=True, default=b"")
    is_internal = models.BooleanField(default=False, help_text="Not shown to the person before an access request.")
    words = models.ForeignKey(LetterVersion, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["occurred_at", "pk"]

    def __str__(self) -> str:
        return self.kind

    @property
    def text(self) -> str:
        """The note, readable."""
        return bytes(self.note or b"").decode()
