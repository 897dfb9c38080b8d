"""How does a purge begin, and how does it end? Nothing begins past a brake that two people have not let pass."""

from collections.abc import Iterable

from django.utils import timezone

from .. import audit
from . import agreeing
from .brakes import Brakes
from .runs import PurgeLine, PurgeRefused, PurgeRun

ACTOR = "system:purge"


def begin(found: Brakes, why: str, way_out: str) -> PurgeRun:
    """The row of a purge that may run; PurgeRefused, and a row that waits for two people, of one that may not."""
    agreed = agreeing.standing(found) if found else None
    if found and agreed is None:
        losses = {loss.label: [loss.due, loss.total] for loss in found.losses}
        same = {"what": found.what, "today": found.today, "jumped_from": found.jumped_from}
        refuse(PurgeRun.every.create(losses=losses, **same), why, way_out)
    return PurgeRun.every.create(what=found.what, today=found.today, let_pass=agreed)


def refuse(run: PurgeRun, reasons: str, way_out: str) -> None:
    """Says why in its row, and by PurgeRefused."""
    finish(run, [], outcome=PurgeRun.Outcome.REFUSED, message=reasons[:500])
    raise PurgeRefused(f"Nothing purged: {reasons}. Find out why, then: {way_out}.")


def finish(run: PurgeRun, lines: Iterable[PurgeLine], outcome: str = "", message: str = "") -> None:
    """What came of it, in the row and in the audit log."""
    lines = list(lines)
    failed = [line.model for line in lines if line.error]
    run.outcome = outcome or (PurgeRun.Outcome.FAILED if failed else PurgeRun.Outcome.DONE)
    run.message, run.finished_at = message or ", ".join(failed)[:500], timezone.now()
    run.save()
    counts = {line.model: [line.deleted, line.anonymised, line.held, line.waiting] for line in lines if line.due}
    audit.record(f"purge.{run.outcome}", actor=ACTOR, target=run, today=str(run.today), counts=counts)
