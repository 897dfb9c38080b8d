"""Did the night go well? In one word for each part, for machines that watch; no word about anybody."""

from datetime import datetime, timedelta

from .. import jobs
from ..purge import PurgeRun
from .lamp import A_NIGHT, Colour, has_grace, lamp

OK, NOT_YET, LATE = "ok", "not yet", "late"
# A worker takes what is due within seconds; what has lain so long, nobody takes.
STANDSTILL = timedelta(minutes=30)


def nights(now: datetime) -> dict[str, str]:
    """The self-test, the last purge, and whether work is taken at all; by index."""
    return {"canary": _canary(now), "purge": _purge(now), "work": _work(now)}


def _canary(now: datetime) -> str:
    return {Colour.GREEN: OK, Colour.GREY: NOT_YET, Colour.RED: "red"}[lamp(now).colour]


def _purge(now: datetime) -> str:
    """Done within a night; where it was refused, stopped half way or never ran, in that word."""
    last = PurgeRun.objects.order_by("-pk").first()
    if last is None:
        return NOT_YET if has_grace(now) else LATE
    if last.started_at < now - A_NIGHT:
        return LATE
    return OK if last.outcome in (PurgeRun.Outcome.DONE, PurgeRun.Outcome.RUNNING) else str(last.outcome)


def _work(now: datetime) -> str:
    stands = any(model.objects.claimable(now - STANDSTILL).exists() for model in jobs.concrete())
    return LATE if stands else OK
