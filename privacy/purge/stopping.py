"""The switch that stops every purge: one person throws it, a running purge sees it at its next batch; two lift it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit
from ..personal_data import NoPersonalData
from .runs import NotAgreed

LOCK = 0x7075_7267


class PurgeStopped(Exception):
    """The switch was thrown while a purge ran; what was committed stays as it is."""


class PurgeStop(models.Model):
    """From when until when no purge may run, who said so, and who lifted it."""

    personal_data = NoPersonalData("Colleagues by reference, and why the purge had to stop.")

    # One stands at a time, held by the database: many may be over (NULL), one may be true.
    stands = models.BooleanField(null=True, unique=True, default=True, editable=False)
    stopped_at = models.DateTimeField(default=timezone.now)
    stopped_by = models.CharField(max_length=100)
    reason = models.CharField(max_length=500, blank=True)
    lift_proposed_by = models.CharField(max_length=100, blank=True)
    lift_proposed_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=100, blank=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stands__isnull=False, stands=True, lifted_at__isnull=True, lifted_by="")
                | (
                    Q(stands__isnull=True, lifted_at__isnull=False)
                    & ~Q(lifted_by="") & ~Q(lift_proposed_by="") & ~Q(lifted_by=F("lift_proposed_by"))
                ),
                name="purge_stop_lifted_by_two_people",
                violation_error_message="Two different people must agree to let the purge run again.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"stop of {self.stopped_at:%Y-%m-%d %H:%M}"


def current_stop() -> PurgeStop | None:
    """The stop that stands; None while purges may run."""
    return PurgeStop.objects.filter(stands=True).first()


@contextmanager
def alone() -> Iterator[None]:
    """One batch at a time, however many purges run, and none once somebody has thrown the switch.

    SQLite's IMMEDIATE transactions are alone already.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if PurgeStop.objects.filter(stands=True).exists():
            raise PurgeStopped
        yield


def stop(*, actor: Any, reason: str = "", now: datetime) -> PurgeStop:
    """No batch begins after this; again does no harm, but takes back a proposal to let it run again."""
    with transaction.atomic():
        values = {"stopped_at": now, "stopped_by": audit.reference(actor), "reason": reason.strip()[:500]}
        row, is_new = PurgeStop.objects.get_or_create(stands=True, defaults=values)
        PurgeStop.objects.filter(pk=row.pk).update(lift_proposed_by="", lift_proposed_at=None)
        audit.record("purge.stopped_by_hand", actor=actor, target=row, now=now, again=not is_new)
    return row


def propose_resuming(*, actor: Any, now: datetime) -> None:
    """The first of two says that purges may run again."""
    with transaction.atomic():
        row = _standing()
        if row.lift_proposed_by:
            raise NotAgreed(_("A colleague has proposed this already."))
        row.lift_proposed_by, row.lift_proposed_at = audit.reference(actor), now
        row.save(update_fields=["lift_proposed_by", "lift_proposed_at"])
        audit.record("purge.resume_proposed", actor=actor, target=row, now=now)


def resume_purges(*, actor: Any, now: datetime) -> None:
    """The second, different person agrees; the database holds that they differ."""
    try:
        with transaction.atomic():
            row = _standing()
            row.stands, row.lifted_by, row.lifted_at = None, audit.reference(actor), now
            row.save(update_fields=["stands", "lifted_by", "lifted_at"])
            audit.record("purge.resumed", actor=actor, target=row, now=now)
    except IntegrityError as error:
        raise NotAgreed(_("Two different people must agree to let the purge run again.")) from error


def _standing() -> PurgeStop:
    row = PurgeStop.objects.select_for_update().filter(stands=True).first()
    if row is None:
        raise NotAgreed(_("Purges are not stopped."))
    return row
