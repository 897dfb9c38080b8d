"""Which mailing lists did a colleague hand in to be checked, and what came out? Each lies encrypted, for one day."""

import io
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import audit, csv_files, mailings
from .export import files
from .export.job import new_folder
from .gate import ListFor, mailing_list
from .jobs import LONG, Job, dispatch
from .personal_data import NoPersonalData
from .vocabulary import Channel, Sender

DAY = timedelta(days=1)
KEPT = timedelta(days=30)
GIVEN, CHECKED = "given.csv", "checked.csv"


class ListCheck(Job):
    """One list with the question that is asked of each of its rows."""

    personal_data = NoPersonalData(
        "Counts and reasons. The list itself lies encrypted beside it for one day, and may name people unknown to us."
    )
    queue, most_seconds = LONG, 2 * 60 * 60

    asked_by = models.CharField(max_length=100, editable=False)
    channel = models.CharField(max_length=10, choices=Channel)
    sender = models.CharField(max_length=12, choices=Sender)
    content = models.CharField(max_length=12, choices=Sender)
    at = models.DateField(null=True, blank=True)
    is_for_children = models.BooleanField(default=False)
    is_similar = models.BooleanField(default=True)
    recipient = models.ForeignKey("Recipient", models.PROTECT, null=True, blank=True, related_name="+")
    with_links = models.BooleanField(default=False)
    folder = models.CharField(max_length=32, default=new_folder, editable=False)
    checked = models.PositiveIntegerField(default=0, editable=False, help_text="Rows so far.")
    allowed = models.PositiveIntegerField(default=0, editable=False)
    refused_by = models.JSONField(default=dict, editable=False)
    wrong = models.CharField(max_length=300, blank=True, editable=False, help_text="Why the file cannot be read.")
    forgotten_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("check of a mailing list")
        verbose_name_plural = _("checks of mailing lists")
        indexes = [models.Index(fields=["job_state", "run_after"], name="list_check_due")]

    def __str__(self) -> str:
        return f"mailing list {self.pk}"

    @property
    def is_ready(self) -> bool:
        """Whether the checked list can be fetched."""
        return self.job_state == self.State.DONE and not self.wrong and self.forgotten_at is None

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why rows may not be used, the most frequent reason first."""
        return mailing_list.in_words(self.refused_by)

    def place(self, name: str) -> str:
        """What binds an encrypted file to this list and this name."""
        return f"privacy_listcheck.files:{self.folder}:{name}"

    def path(self, name: str) -> Any:
        """Where it lies."""
        return files.folder(self.folder) / name

    def perform(self) -> None:
        """Asks the gate about every row; a file that cannot be read says why, once."""
        given = io.BufferedReader(_Chunks(files.unsealed(self.path(GIVEN), self.place(GIVEN))))
        try:
            table = csv_files.Table(given)
            with files.sealed(self.path(CHECKED), self.place(CHECKED)) as sink:
                counts = self._scrubbed(table, _Progress(sink, self))
        except csv_files.WrongFile as error:
            counts = mailing_list.Counts()
            self.wrong = str(error)[:300]
        with self.settling():
            self.write(
                wrong=self.wrong, checked=counts.rows, allowed=counts.allowed, refused_by=dict(counts.refused_by)
            )
            audit.record("list.checked", actor=self.asked_by, target=self, rows=counts.rows, allowed=counts.allowed)

    def _scrubbed(self, table: csv_files.Table, out: "_Progress") -> mailing_list.Counts:
        links = mailings.Links(self.sender, timezone.now()) if self.with_links else None
        at = self.at.isoformat() if self.at else ""
        return mailing_list.scrub(
            table,
            out,
            channel=self.channel,
            sender=self.sender,
            content=self.content,
            at=at,
            is_for_children=self.is_for_children,
            is_similar=self.is_similar,
            more=links,
            to=self._to,
        )

    @property
    def _to(self) -> ListFor | None:
        """For whom the list is; a second try writes nobody down twice."""
        return ListFor(self.recipient, f"{self}", self.asked_by, timezone.now()) if self.recipient else None


class _Chunks(io.RawIOBase):
    """Pieces of a file, read as one."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.chunks, self.rest = chunks, b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        self.rest = self.rest or next(self.chunks, b"")
        count = min(len(buffer), len(self.rest))
        buffer[:count], self.rest = self.rest[:count], self.rest[count:]
        return count


class _Progress:
    """Takes the rows of the answer, and says now and then how far the work is."""

    def __init__(self, sink: files.Sink, row: ListCheck) -> None:
        self.sink, self.row, self.lines = sink, row, -1

    def write(self, text: str) -> None:
        """One row; the first is the header."""
        self.sink.write(text.encode())
        self.lines += 1
        self.row.go_on(checked=self.lines)


def hand_in(chunks: Iterable[bytes], *, actor: Any, **how: Any) -> ListCheck:
    """Puts a list away encrypted and lets a worker check it; what it is asked is as for `scrub`."""
    row = ListCheck(asked_by=audit.reference(actor), **how)
    row.content = row.content or row.sender
    files.folder(row.folder).mkdir(parents=True)
    with files.sealed(row.path(GIVEN), row.place(GIVEN)) as sink:
        for chunk in chunks:
            sink.write(chunk)
    with transaction.atomic():
        row.save()
        audit.record("list.handed_in", actor=actor, target=row, bytes=sink.size)
        dispatch(row)
    return row


def fetch(row: ListCheck, *, actor: Any) -> Iterator[bytes]:
    """The checked list; that it was taken is written down."""
    audit.record("list.fetched", actor=actor, target=row)
    return files.unsealed(row.path(CHECKED), row.place(CHECKED))


def forget(now: datetime) -> int:
    """Takes the files of yesterday's lists away, and the rows of last month's; how many files went."""
    old = ListCheck.objects.filter(created_at__lte=now - DAY, forgotten_at=None)
    folders = list(old.values_list("folder", flat=True))
    for folder in folders:
        files.remove(folder)
    old.update(forgotten_at=now)
    ListCheck.objects.filter(created_at__lte=now - KEPT).delete()
    return len(folders)
