"""How does one person's data go at her wish? In steps, each safe to repeat; then read again, then said to be done."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from .. import audit, export, jobs, recipient_notices, restrictions
from ..jobs import LONG, Job
from ..personal_data import Anonymise, Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose
from . import certificate, farewell
from .plan import Line, merged, plan, with_what_stayed
from .reading import Reading, read_again
from .removal import carry_out_for, empty_the_write_ahead_log, overwrite_what_goes
from .sign_ups import remove_sign_ups

Checkpoint = Callable[[], AbstractContextManager[None]]
Tell = Callable[[], list[recipient_notices.RecipientNotice]]
READINGS = 3
# So many rows go in one transaction; a kind with more of them has one of its own.
AT_ONCE = 5_000


class NotErased(Exception):
    """A second reading found rows that should be gone; the job is tried again, then a person looks."""


class Erasure(Job):
    """One erasure of one person (Art. 17), agreed to by two people."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="finished_at", years=6),
        erase=Keep("Proves that the erasure took place; holds counts and reasons, no values."),
        fields=("created_at", "finished_at", "report"),
        not_personal=(
            "case", "started_by", "waits_for_release",
            *(f for f in Job.JOB_FIELDS if f not in ("created_at", "finished_at")),
        ),
    )  # fmt: skip

    queue, most_seconds = LONG, 2 * 60 * 60

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.PROTECT, related_name="erasures")
    case = models.OneToOneField("privacy.DataSubjectRequest", models.PROTECT, related_name="erasure")
    started_by = models.CharField(max_length=100)
    report = models.JSONField(default=list)
    waits_for_release = models.BooleanField(default=False, help_text="Goes on by itself when a hold ends.")

    class Meta:
        indexes = [
            models.Index(fields=["data_subject"], name="erasure_waits", condition=models.Q(waits_for_release=True))
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}"

    @property
    def letter_key(self) -> str:
        """Makes the last letter happen once."""
        return f"erasure-done-{self.pk}"

    def perform(self) -> None:
        """Erases in checkpoints, reads again, and closes."""
        today, done = timezone.localdate(), merged(self.report)
        told = partial(self.tell_recipients, today)
        # What a hold had kept goes later; the person hears of it in a letter of its own.
        key = f"{self.letter_key}-{today}" if self.waits_for_release else self.letter_key
        reading = _in_steps(self.data_subject, today, done, self._checkpoint(done), key, told, erasure=self.occasion)
        with self.settling():
            lines = _close(self.data_subject, done, reading, key, actor=self.started_by, target=self)
            recipient_notices.let_go(self.occasion, now=timezone.now())
            self.write(**_result(lines))
        empty_the_write_ahead_log()

    @property
    def occasion(self) -> str:
        """What recipients are told of, once, however often the erasure has to go on."""
        return f"privacy.erasure:{self.pk}"

    def tell_recipients(self, today: date) -> list[recipient_notices.RecipientNotice]:
        """Written while we know what they got; they leave when the erasure is done."""
        return farewell.tell_recipients(
            self.data_subject, today, occasion=self.occasion, actor=self.started_by, case=self.case
        )

    def _checkpoint(self, done: dict[str, Line]) -> Checkpoint:
        @contextmanager
        def fenced() -> Iterator[None]:
            with transaction.atomic():
                self.renew()
                yield
                self.write(report=[line.as_json() for line in done.values()])

        return fenced


def start(data_subject: Any, *, case: Any, actor: Any, now: datetime) -> Erasure:
    """Queues the erasure of one person."""
    values = {"started_by": audit.reference(actor)}
    row, is_new = Erasure.objects.get_or_create(case=case, data_subject=data_subject, defaults=values)
    if is_new:
        audit.record("erasure.agreed", actor=actor, subject=data_subject, target=row, now=now)
        jobs.dispatch(row)
    return row


def erase(data_subject: Any, *, today: date, actor: Any) -> list[Line]:
    """Erases now, as the job does: what may go goes, what stays is named with reason and last day (Art. 17)."""
    done: dict[str, Line] = {}
    key = f"erasure-done-{data_subject.pk}-{today}"
    told = partial(farewell.tell_recipients, data_subject, today, occasion=key, actor=actor)
    reading = _in_steps(data_subject, today, done, transaction.atomic, key, told, erasure=key, certified=False)
    with transaction.atomic():
        lines = _close(data_subject, done, reading, key, actor=actor)
        recipient_notices.let_go(key, now=timezone.now())
    empty_the_write_ahead_log()
    return lines


def erase_in_silence(data_subject: Any, today: date, done: dict[str, Line], checkpoint: Checkpoint) -> list[Line]:
    """After a restore: the same steps for somebody of whom a `ReplayedErasure` says that all were told at the time."""
    reading = _in_steps(data_subject, today, done, checkpoint, "", list, erasure="")
    return with_what_stayed(done.values(), reading.lines)


def go_on(job: Erasure, *, today: date, actor: Any) -> None:
    """Erases what a hold kept until now, and brings the report of the erasure up to date (FAULTS E48)."""
    done, key = merged(job.report), f"{job.letter_key}-{today}"
    told = partial(job.tell_recipients, today)
    reading = _in_steps(job.data_subject, today, done, transaction.atomic, key, told, erasure=job.occasion)
    with transaction.atomic():
        lines = _close(job.data_subject, done, reading, key, actor=actor, target=job)
        recipient_notices.let_go(job.occasion, now=timezone.now())
        Erasure.objects.filter(pk=job.pk).update(**_result(lines))


def _in_steps(
    data_subject: Any,
    today: date,
    done: dict[str, Line],
    checkpoint: Checkpoint,
    letter_key: str,
    tell: Tell,
    *,
    erasure: str,
    certified: bool = True,
) -> Reading:
    """Everything but the end; what is left is read again, and is only what has to stay."""
    overwrite_what_goes()
    planned, known = plan(data_subject, today), farewell.known_by(data_subject)
    note = partial(farewell.note, data_subject, known, erasure=erasure, now=timezone.now())
    with checkpoint():
        farewell.suppress(data_subject, known, timezone.now())
        if not known.is_replayed:
            told = [] if restrictions.is_held_whole(data_subject) else tell()
            farewell.write_letter(
                data_subject, planned, key=letter_key, now=timezone.now(), told=told, certified=certified
            )
    note(planned)
    if not restrictions.is_held_whole(data_subject):
        with checkpoint():
            farewell.remove_mail_of(known.correspondents)
            farewell.remove_history(data_subject)
            remove_sign_ups(known.hers_alone)
        farewell.remove_copies(known.addresses)
    for _ in range(READINGS):
        copies = [] if restrictions.is_held_whole(data_subject) else export.discard_files(data_subject)
        _clear(planned, data_subject, today, done, checkpoint)
        export.discard_folders(copies)
        reading = read_again(data_subject, today)
        note(planned := reading.lines)
        if reading.is_clean:
            return reading
    raise NotErased(", ".join(reading.left))


def _clear(planned: list[Line], data_subject: Any, today: date, done: dict[str, Line], checkpoint: Checkpoint) -> None:
    """Model by model, those that point first; a few rows of many kinds in one transaction, each kind with its count."""
    for lines in _together([line for line in planned if line.goes]):
        with checkpoint():
            for line in lines:
                _take(line, data_subject, today, done.setdefault(line.model, Line(line.model)))


def _together(lines: list[Line]) -> Iterator[list[Line]]:
    waiting: list[Line] = []
    for line in lines:
        if waiting and sum(one.goes for one in waiting) + line.goes > AT_ONCE:
            yield waiting
            waiting = []
        waiting.append(line)
    if waiting:
        yield waiting


def _take(line: Line, data_subject: Any, today: date, tally: Line) -> None:
    declaration = line.declaration
    count = carry_out_for(declaration, data_subject, today)
    if isinstance(declaration.final(), Anonymise):
        tally.anonymised += count
    else:
        tally.deleted += count


def _close(
    data_subject: Any, done: dict[str, Line], reading: Reading, letter_key: str, *, actor: Any, target: Any = None
) -> list[Line]:
    """Releases the letter, writes audit entry and certificate; the report says what was done and what stays."""
    lines, now = with_what_stayed(done.values(), reading.lines), timezone.now()
    farewell.let_letter_go(letter_key, now)
    counts = {line.model: [line.deleted, line.anonymised, line.kept, line.held] for line in lines}
    entry = audit.record("erasure.done", actor=actor, subject=data_subject, target=target, now=now, counts=counts)
    if target is not None:
        certificate.issue(target, lines, reading, entry, letter_key=letter_key, now=now)
    return lines


def _result(lines: list[Line]) -> dict[str, Any]:
    # The person may read the report: what she is not told of stands in the audit log alone.
    told = [line.as_told().as_json() for line in lines if line.is_told]
    return {"report": told, "waits_for_release": any(line.held for line in lines)}
