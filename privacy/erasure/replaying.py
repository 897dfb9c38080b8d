"""A backup was restored: who was erased since? Found by number in the ledger, erased again by the same rules."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from .. import audit, data_subjects, erased, erasure_ledger, restrictions, suppression
from ..erasure_ledger import State
from ..suppression import Suppression
from . import farewell
from .job import erase_in_silence
from .plan import Line, has_work, merged
from .removal import empty_the_write_ahead_log, tried
from .replayed import ReplayedErasure

logger = logging.getLogger(__name__)
ACTOR = "system:replay"
MAY_BE_LOST = {State.LOST, State.FOREIGN, State.DAMAGED}
LINES_AT_ONCE = 10_000


class NotAllReplayed(Exception):
    """The site stays closed; the text is one line for whoever runs it."""


@dataclass
class Replay:
    """How many lines of the ledger this database lacked, and what became of them."""

    lines: int = 0
    erased: int = 0
    held: int = 0
    not_here: int = 0
    failed: int = 0

    def as_json(self) -> dict[str, int]:
        """For the command's output."""
        return asdict(self)


def replay(*, now: datetime) -> Replay:
    """Erases again whoever the ledger names and this database does not know as erased; NotAllReplayed if one is left.

    Every line is taken over in the transaction that ends its erasure, so that it may be killed and run again.
    """
    try:
        with erasure_ledger.replaying():
            done = _each_portion(partial(_replayed, now=now))
    except BlockingIOError as error:
        raise NotAllReplayed("Another replay is running; wait for it.") from error
    except erasure_ledger.Unreadable as error:
        raise NotAllReplayed(str(erasure_ledger.look())) from error
    empty_the_write_ahead_log()
    if done.failed:
        raise NotAllReplayed(
            f"{done.failed} of {done.lines} erasures could not be replayed; the site stays closed. The log names the "
            "lines of the ledger; mend what stands in the way and run it again."
        )
    return done


def forecast_replay() -> Replay:
    """What a replay would do, changing nothing."""
    return _each_portion(_foreseen)


Found = dict[int, Any]


def _each_portion(deal_with: Callable[[list[dict[str, Any]], Found, Replay], None]) -> Replay:
    """The lines that are missing here, so many at once that one walk over all people finds who they are."""
    standing = erasure_ledger.look()
    if standing.is_open:
        return Replay()
    if standing.state != State.BEHIND:
        raise NotAllReplayed(str(standing))
    count, missing = erasure_ledger.missing()
    done = Replay(lines=count)
    while lines := list(islice(missing, LINES_AT_ONCE)):
        deal_with(lines, _people_of(lines), done)
    return done


def _people_of(lines: list[dict[str, Any]]) -> Found:
    """Whose line each is, by its sequence: by number alone, because an address may be somebody else's too."""
    wanted = {line["number"]: line["sequence"] for line in lines}
    found = {}
    numbers = data_subjects.people().filter(erased_at__isnull=True).order_by().values_list("pk", "number")
    for pk, number in numbers.iterator(chunk_size=2000):
        sequence = wanted.get(erased.identifier_hash(erased.NUMBER, number))
        if sequence is not None:
            found[sequence] = pk
    # Whoever was begun with, and has lost her number already.
    begun = ReplayedErasure.objects.filter(
        sequence__gte=lines[0]["sequence"], sequence__lte=lines[-1]["sequence"], finished_at__isnull=True
    )
    return found | dict(begun.values_list("sequence", "data_subject_id"))


def _foreseen(lines: list[dict[str, Any]], found: Found, done: Replay) -> None:
    for line in lines:
        person = data_subjects.people().filter(pk=found.get(line["sequence"])).first()
        if person is None:
            done.not_here += 1
        elif restrictions.is_held_whole(person):
            done.held += 1
        else:
            done.erased += 1


def _replayed(lines: list[dict[str, Any]], found: Found, done: Replay, *, now: datetime) -> None:
    for line in lines:
        try:
            what = tried(partial(_carry_out, line, found.get(line["sequence"]), now))
        except Exception as error:  # noqa: BLE001  (whatever one line meets, the others are carried out)
            # Not its text, nor where it came from: what databases say quotes values.
            logger.error("erasure ledger: line %d not replayed: %s", line["sequence"], type(error).__name__)  # noqa: TRY400
            what = "failed"
        setattr(done, what, getattr(done, what) + 1)


def _carry_out(line: dict[str, Any], pk: Any, now: datetime) -> str:
    """One line; safe to repeat. Says under what it counts."""
    person = data_subjects.people().filter(pk=pk).first() if pk is not None else None
    if person is None:
        with transaction.atomic():
            _restore_lists(line)
            audit.record("erasure.replayed", actor=ACTOR, target=line["erasure"], now=now, line=line["sequence"])
            erasure_ledger.take_over(line)
        return "not_here"
    row, _is_new = ReplayedErasure.objects.get_or_create(
        sequence=line["sequence"], defaults={"data_subject": person, "started_at": now}
    )
    with transaction.atomic():
        _restore_lists(line)
    _erase(row, timezone.localdate(now), now=now, also=partial(erasure_ledger.take_over, line))
    return "held" if row.waits_for_release else "erased"


def _restore_lists(line: dict[str, Any]) -> None:
    """She is not written to, no file brings her in, and mail of hers on nobody's record goes, known here or not."""
    since = datetime.fromisoformat(line["at"])
    erased.remember_hashes(line["known_by"], now=since)
    for channel, hashed in line["suppressed"]:
        suppression.suppress_hash(hashed, channel=channel, reason=Suppression.Reason.ERASURE, since=since)
    farewell.remove_mail_of(line["mail"])


def _erase(row: ReplayedErasure, today: date, *, now: datetime, also: Callable[[], None] = lambda: None) -> None:
    """All steps, each with its count in the row; the last says that it is done, in one transaction with `also`."""
    done = merged(row.report)
    lines = erase_in_silence(row.data_subject, today, done, partial(_counted, row, done))
    with transaction.atomic():
        row.report, row.finished_at = [line.as_json() for line in lines], now
        row.waits_for_release = any(line.held for line in lines)
        row.save(update_fields=["report", "finished_at", "waits_for_release"])
        counts = {line.model: [line.deleted, line.anonymised, line.kept, line.held] for line in lines}
        audit.record(
            "erasure.replayed", actor=ACTOR, subject=row.data_subject, target=row, now=now, line=row.sequence,
            counts=counts,
        )  # fmt: skip
        also()


@contextmanager
def _counted(row: ReplayedErasure, done: dict[str, Line]) -> Iterator[None]:
    with transaction.atomic():
        yield
        ReplayedErasure.objects.filter(pk=row.pk).update(report=[line.as_json() for line in done.values()])


def resume_replayed(today: date) -> None:
    """Those whom a hold kept go on by themselves when it ends, as every erasure does (FAULTS E48)."""
    waiting = ReplayedErasure.objects.filter(waits_for_release=True, finished_at__isnull=False)
    for row in waiting.select_related("data_subject").order_by("pk"):
        if has_work(row.data_subject, today):
            _erase(row, today, now=timezone.now())


def accept_lost(first: Any, second: Any, *, now: datetime) -> str:
    """The file is gone for good, two people say so: written anew from what the database knows. Where the old one is.

    Whoever was erased after the backup, and stands in no ledger any more, comes back; nobody can help that.
    """
    standing = erasure_ledger.look()
    if standing.state not in MAY_BE_LOST:
        raise NotAllReplayed(f"The ledger is not lost. {standing}")
    try:
        moved = erasure_ledger.begin_again()
    except erasure_ledger.Unreadable as error:
        raise NotAllReplayed(f"The database cannot give the ledger back: {error}.") from error
    audit.record(
        "erasure_ledger.accepted_lost", actor=first, now=now, agreed_by=audit.reference(second),
        state=str(standing.state), lines=erasure_ledger.LedgerEntry.objects.count(),
    )  # fmt: skip
    return str(moved) if moved else ""
