"""The letter of the morning: what the purge of the night did, what it left, and whether there was one at all."""

from datetime import date, datetime

from .. import notices
from ..purge import PurgeRun, leftovers, report, stopping
from ..sight import officer_address


def send_purge_report(today: date, now: datetime) -> PurgeRun | None:
    """Looks for what is left, notes it with the night's purge, and writes one letter; that purge, or None."""
    run = PurgeRun.objects.filter(today=today).first()
    if run is not None and run.outcome in report.WHOLE:
        run.leftovers = leftovers.look(today)
        run.save(update_fields=["leftovers"])
    context = {
        "today": today, "run": run, "report": report.of(run) if run else None, "stop": stopping.current_stop(),
        "leftovers": report.of_leftovers(run) if run else [],
    }  # fmt: skip
    notices.send("purge_report", officer_address(), key=f"purge-report-{today}", context=context, now=now)
    return run
