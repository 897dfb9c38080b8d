"""Three looks before a copy leaves: who asks, what of others is in it, and where it goes (LRD-23).

Each is ticked by a named colleague, or by the machine where a person who is signed in asks for her own copy. A tick
is about what was looked at (a keyed hash of it) and opens by itself when that changes: another address, a new doubt,
another text.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import audit, export, jobs
from ..cases import State
from ..encryption import keyed_hash
from ..personal_data import Delete, Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose
from .case import DataSubjectRequest
from .handling import SYSTEM, as_it_is_now, require_known
from .refusing import require
from .timeline import move, note


class ReleaseCheck(models.Model):
    """One of the three, as last ticked."""

    personal_data = PersonalData(
        data_subject="case__data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="case__closed_at", years=6),
        erase=Keep("Proves that your copy went to you and to nobody else.", then=Delete()),
        fields=("kind", "ticked_at"),
        not_personal=("case", "seen", "ticked_by"),
    )

    class Kind(models.TextChoices):
        IDENTITY = "identity", gettext_lazy("It is known who asks")
        OTHERS = "others", gettext_lazy("What speaks of other people was looked through")
        ADDRESS = "address", gettext_lazy("It goes to the right address")

    case = models.ForeignKey(DataSubjectRequest, models.CASCADE, related_name="release_checks")
    kind = models.CharField(max_length=10, choices=Kind)
    seen = models.CharField(max_length=64, help_text="A keyed hash of what was looked at.")
    ticked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ticked_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["case", "kind"], name="release_check_once")]
        verbose_name = gettext_lazy("check before a copy left")
        verbose_name_plural = gettext_lazy("checks before copies left")

    def __str__(self) -> str:
        return f"check {self.pk}"


Kind = ReleaseCheck.Kind


def needs_checks(case: DataSubjectRequest) -> bool:
    """Whether a copy of data goes out on this case, and it is not over."""
    return case.right.needs_search and case.is_open


def ticked(case: DataSubjectRequest) -> dict[str, ReleaseCheck]:
    """The looks that still hold, by kind."""
    rows = ReleaseCheck.objects.filter(case=case).select_related("ticked_by")
    return {row.kind: row for row in rows if row.seen == _seen(case, row.kind)}


def open_checks(case: DataSubjectRequest) -> list[str]:
    """Those that are still to be ticked, or to be ticked again."""
    held = ticked(case)
    return [kind for kind in Kind.values if kind not in held]


def tick(case: DataSubjectRequest, kinds: Iterable[str], *, actor: Any, now: datetime | None = None) -> None:
    """A colleague has looked; with the last one a copy that lies ready leaves."""
    chosen, now = [kind for kind in Kind.values if kind in kinds], now or timezone.now()
    require(bool(chosen), _("Tick what you have looked at."))
    with transaction.atomic():
        copy = export.of_case(case)
        require_known(as_it_is_now(case))
        require(needs_checks(case), _("No copy goes out here."))
        for kind in chosen:
            _tick(case, kind, by=actor, now=now)
        note(case, "checked", actor=actor, is_internal=True, now=now)
        _leave_if_ready(case, made=copy if copy and copy.job_state == jobs.Job.State.DONE else None)


def by_machine(case: DataSubjectRequest, *, now: datetime) -> None:
    """Of a person who is signed in we know who she is and where her copy goes: into her own account."""
    for kind in (Kind.IDENTITY, Kind.ADDRESS):
        _tick(case, kind, by=None, now=now)


def _tick(case: DataSubjectRequest, kind: str, *, by: Any, now: datetime) -> None:
    values = {"seen": _seen(case, kind), "ticked_by": by, "ticked_at": now}
    ReleaseCheck.objects.update_or_create(case=case, kind=kind, defaults=values)
    actor = by if by is not None else SYSTEM
    audit.record("case.release_checked", actor=actor, subject=case.data_subject, target=case, now=now, kind=str(kind))


def _seen(case: DataSubjectRequest, kind: str) -> str:
    """What is looked at, unreadable."""
    if kind == Kind.OTHERS:
        return export.fingerprint(case.data_subject, only_provided=case.kind == "portability")
    if kind == Kind.ADDRESS:
        addresses = [str(case.data_subject.contact_email), *export.addressees_of(case.data_subject)]
        return keyed_hash("\n".join(addresses), use="release-address")
    known = case.identity_confirmed_at
    return keyed_hash(known.isoformat() if known else "nobody", use="release-identity")


@jobs.when_done(export.Export)
def _copy_is_made(job: export.Export) -> None:
    """The files are whole: they leave if nothing stands against it, or without what nobody has read yet."""
    if job.case_id is None:
        return
    case, now = as_it_is_now(DataSubjectRequest.objects.get(pk=job.case_id)), timezone.now()
    if job.holds_back and not job.held_back:
        _tick(case, Kind.OTHERS, by=None, now=now)
    if _leave_if_ready(case, made=job) or not job.holds_back:
        return
    if open_checks(case) == [Kind.OTHERS]:
        export.release(job, now=now)
        note(case, "held_back", actor=SYSTEM, now=now)
    move(case, State.NEEDS_ATTENTION, actor=SYSTEM, now=now)


def _leave_if_ready(case: DataSubjectRequest, *, made: export.Export | None) -> bool:
    """The one door by which a copy leaves: it is made, and all three looks hold at this moment."""
    if made is None or made.released_at or case.state != State.EXECUTING or open_checks(case):
        return False
    export.release(made)
    move(case, State.COMPLETED, actor=SYSTEM)
    return True
