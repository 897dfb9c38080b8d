"""How does everybody's data go by age? Nightly, by the declarations alone; what is held stays, and the brakes hold."""

import logging
from collections.abc import Callable
from datetime import date, datetime, time
from functools import partial
from time import monotonic

from django.conf import settings
from django.db.models import SET_NULL, Count
from django.utils import timezone

from .. import export
from ..audit import AuditEntry
from ..consent import ConsentEntry
from ..erasure.conditions import held, relations_to
from ..erasure.job import Erasure, go_on
from ..erasure.plan import has_work
from ..erasure.removal import empty_the_write_ahead_log, overwrite_what_goes, tried, write_the_file_anew
from ..erasure.replaying import resume_replayed
from ..personal_data import SELF, Anonymise, Delete, PersonalData, declarations, resolve
from . import warnings
from .batches import Walk, audit_batch, batch, due_rows, through_the_due, through_the_shells
from .brakes import brakes
from .passing import ACTOR, begin, finish, refuse
from .runs import PurgeLine, PurgeRefused, PurgeRun, words_of
from .stopping import PurgeStopped, current_stop
from .waiting import still_needed
from .windows import Place

logger = logging.getLogger(__name__)


def purge(*, today: date, dry_run: bool = False) -> list[PurgeLine]:
    """Removes what is due, by the declarations alone (GDPR Art. 5(1)(e)); PurgeRefused where something holds it.

    A brake lets pass what two people agreed to for this day (`agreeing`).
    """
    if dry_run:
        return [forecast(declaration, today) for declaration in declarations()]
    run = _begin(today)
    try:
        overwrite_what_goes()
        export.forget(datetime.combine(today, time.min, tzinfo=settings.SHOP_TZ))
        resume(today)
        warnings.note_what_left()
        warnings.warn(today, timezone.now())
        lines = _purge_all(run, today)
    except PurgeStopped as stopped:
        finish(run, list(run.lines.all()), outcome=PurgeRun.Outcome.STOPPED)
        raise PurgeRefused("Stopped by hand while it ran; what went before is gone.") from stopped
    finish(run, lines)
    if any(line.deleted or line.anonymised for line in lines):
        write_the_file_anew()
    empty_the_write_ahead_log()
    return lines


def _begin(today: date) -> PurgeRun:
    """The row of a purge that may run; PurgeRefused, and a row that says why, of one that may not."""
    if stopped := current_stop():
        run = PurgeRun.objects.create(today=today)
        refuse(run, f"purges were stopped at {stopped.stopped_at:%Y-%m-%d %H:%M}", "manage.py purge --resume")
    found = brakes(today)
    return begin(
        found, str(found), "two people, in the office or by manage.py purge --propose and --agree, let it pass"
    )


def _purge_all(run: PurgeRun, today: date) -> list[PurgeLine]:
    """What is due; then what waited for that; then the shells that nothing needs any longer; then the counts."""
    work = [(_new_line(run, declaration), declaration) for declaration in declarations()]
    for line, declaration in work:
        if declaration.model is not ConsentEntry:
            _carefully(line, partial(_what_is_due, line, declaration, today))
    for line, declaration in work:
        if waits_for_others(declaration):
            _carefully(line, partial(_what_is_due, line, declaration, today))
    if any(line.deleted or line.anonymised for line, _ in work) or _was_cut_off_before(run):
        for line, declaration in work:
            if has_shells(declaration):
                _carefully(line, partial(_shells, line, declaration))
    for line, declaration in work:
        _carefully(line, partial(_count_what_stays, line, declaration, today))
    return [line for line, _ in work]


def _was_cut_off_before(run: PurgeRun) -> bool:
    """Whether the purge before came to no good end, and may have left shells of what it had blanked."""
    before = PurgeRun.objects.filter(pk__lt=run.pk).exclude(outcome=PurgeRun.Outcome.REFUSED).first()
    return before is not None and before.outcome != PurgeRun.Outcome.DONE


def waits_for_others(declaration: PersonalData) -> bool:
    """The ledger, which waits until its person is a shell, and rows that other rows may point at."""
    others = any(relation.on_delete is not SET_NULL for relation in relations_to(declaration.model))
    return declaration.model is ConsentEntry or (isinstance(declaration.final(), Delete) and others)


def forecast(declaration: PersonalData, today: date) -> PurgeLine:
    """What a purge would do to one declaration's rows, changing nothing."""
    line, started = PurgeLine(model=declaration.label), monotonic()
    _count_what_stays(line, declaration, today)
    free = line.due - line.held - line.waiting
    line.deleted, line.anonymised = (0, free) if isinstance(declaration.final(), Anonymise) else (free, 0)
    line.seconds = monotonic() - started
    return line


def _new_line(run: PurgeRun, declaration: PersonalData) -> PurgeLine:
    return PurgeLine.objects.create(run=run, model=declaration.label, retention=words_of(declaration.retention))


def _carefully(line: PurgeLine, step: Callable[[], None]) -> None:
    """One step with its time; an error is noted, and the other kinds of record go on."""
    started = monotonic()
    try:
        step()
        line.refresh_from_db(fields=["deleted", "anonymised"])
    except PurgeStopped:
        raise
    except Exception as error:
        logger.exception("purge of %s failed", line.model)
        line.error = type(error).__name__
    line.seconds += monotonic() - started
    line.save()


def _what_is_due(line: PurgeLine, declaration: PersonalData, today: date) -> None:
    if declaration.model is AuditEntry:
        while tried(lambda: audit_batch(line, declaration, today)):
            pass
    else:
        _walk(through_the_due(line, declaration, today))


def _shells(line: PurgeLine, declaration: PersonalData) -> None:
    _walk(through_the_shells(line, declaration))


def _walk(walk: Walk) -> None:
    after: Place | None = ()
    while after is not None:
        after = tried(partial(batch, walk, after))


def has_shells(declaration: PersonalData) -> bool:
    """Whether blanked rows of it are removed later: the person's own, and what she points at, such as her login."""
    if declaration.data_subject is None or not isinstance(declaration.final(), Anonymise):
        return False
    first = declaration.data_subject.split("__")[0]
    return declaration.data_subject == SELF or bool(declaration.model._meta.get_field(first).auto_created)


def _count_what_stays(line: PurgeLine, declaration: PersonalData, today: date) -> None:
    """What is past its date and still there, and why; `due` is this and what went."""
    due, stays = due_rows(declaration, today), {"due": 0, "held": 0, "waiting": 0}
    if due.exists():
        on_hold = held(declaration)
        stays = due.aggregate(
            due=Count("pk"),
            held=Count("pk", filter=on_hold),
            waiting=Count("pk", filter=~on_hold & still_needed(declaration, today)),
        )
    line.due = stays["due"] + line.deleted + line.anonymised
    line.held, line.waiting, line.undated = stays["held"], stays["waiting"], _undated(declaration)


def _undated(declaration: PersonalData) -> int:
    """Rows about somebody whose period cannot be counted; reported, never deleted."""
    if not declaration.retention or not _may_be_undated(declaration):
        return 0
    rows = declaration.undated()
    if declaration.data_subject and "__" in declaration.retention.since:
        rows = rows.filter(**{f"{declaration.subject_lookup}__isnull": False})
    return rows.count()


def _may_be_undated(declaration: PersonalData) -> bool:
    steps = declaration.retention.since.split("__") if declaration.retention else []
    columns = [resolve(declaration.model, "__".join(steps[:count])) for count in range(1, len(steps) + 1)]
    return any(column.null or column.auto_created for column in columns)


def resume(today: date) -> None:
    """Erasures that waited for the end of a hold or restriction go on by themselves (FAULTS E48)."""
    for job in Erasure.objects.filter(waits_for_release=True, job_state=Erasure.State.DONE).order_by("pk"):
        if has_work(job.data_subject, today):
            go_on(job, today=today, actor=ACTOR)
    resume_replayed(today)
