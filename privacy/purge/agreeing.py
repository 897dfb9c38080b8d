"""Who lets a refused purge pass? One officer proposes it with a reason, a second, different person agrees."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit
from .brakes import Brakes
from .runs import NotAgreed, PurgeRun

Outcome = PurgeRun.Outcome


def propose(run: PurgeRun, *, actor: Any, reason: str, now: datetime) -> None:
    """The first of two says why the purge of that day may take what it was refused for."""
    with transaction.atomic():
        row = _refused(run, now)
        _require(not row.proposed_by, _("A colleague has proposed this already."))
        _require(bool(reason.strip()), _("Write why it may pass."))
        _write(row, run, proposed_by=audit.reference(actor), proposed_at=now, reason=reason.strip()[:500])
        audit.record("purge.pass_proposed", actor=actor, target=row, now=now, counts=row.losses)


def agree(run: PurgeRun, *, actor: Any, now: datetime) -> None:
    """The second, different person agrees, for that day and those counts alone; the database holds that they differ."""
    try:
        with transaction.atomic():
            row = _refused(run, now)
            _require(bool(row.proposed_by), _("Nobody has proposed to let it pass."))
            _write(row, run, agreed_by=audit.reference(actor), agreed_at=now)
            audit.record("purge.pass_agreed", actor=actor, target=row, now=now, counts=row.losses)
    except IntegrityError as error:
        run.refresh_from_db()
        raise NotAgreed(_("Two different people must agree to let a purge pass.")) from error


def turn_down(run: PurgeRun, *, actor: Any, now: datetime) -> None:
    """Either of them says no; the next night's purge asks anew."""
    with transaction.atomic():
        row = _refused(run, now)
        _require(bool(row.proposed_by), _("Nobody has proposed to let it pass."))
        _write(row, run, turned_down_by=audit.reference(actor))
        audit.record("purge.pass_turned_down", actor=actor, target=row, now=now)


def can_pass(run: PurgeRun, today: date) -> bool:
    """Whether anybody may still propose or agree: refused by a brake, of today, and not decided."""
    is_braked = bool(run.losses) or run.jumped_from is not None
    is_decided = bool(run.agreed_by or run.turned_down_by)
    return run.outcome == Outcome.REFUSED and is_braked and run.today == today and not is_decided


def standing(brakes: Brakes) -> PurgeRun | None:
    """The refused purge of this day that two people let pass and that covers all of this; None where more is due."""
    return next((run for run in refused(brakes.what, brakes.today) if run.agreed_by and _covers(run, brakes)), None)


def was_asked(brakes: Brakes) -> bool:
    """Whether as much as this was refused already on this day, whatever was said to that."""
    return any(_covers(run, brakes) for run in refused(brakes.what, brakes.today))


def refused(what: str, today: date) -> Any:
    """Purges of this kind and day that a brake or the switch held."""
    return PurgeRun.every.filter(what=what, outcome=Outcome.REFUSED, today=today)


def open_on(today: date) -> list[PurgeRun]:
    """Those of every kind that wait for two people."""
    return [run for what in PurgeRun.What for run in refused(what, today) if can_pass(run, today)]


def waiting_to_run(today: date, what: str = PurgeRun.What.DUE) -> bool:
    """Whether a purge of this day was let pass and has not run since."""
    last = refused(what, today).order_by("-pk").first()
    return last is not None and bool(last.agreed_by) and not last.passed.exists()


def _covers(run: PurgeRun, brakes: Brakes) -> bool:
    seen = {label: due for label, (due, _total) in run.losses.items()}
    return brakes.jumped_from == run.jumped_from and all(x.due <= seen.get(x.label, 0) for x in brakes.losses)


def _refused(run: PurgeRun, now: datetime) -> PurgeRun:
    """As it is now, locked until the transaction ends."""
    row = PurgeRun.every.select_for_update().get(pk=run.pk)
    _require(can_pass(row, timezone.localdate(now)), _("Only a purge that was refused today can be let pass, once."))
    return row


def _write(row: PurgeRun, given: PurgeRun, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))
    for name, value in values.items():
        setattr(given, name, value)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotAgreed(otherwise)
