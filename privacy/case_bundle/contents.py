"""What belongs into the file of a case, and what of it only colleagues read?"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from .. import data_subjects, subject_requests
from ..deadlines import Clock
from ..export.redactions import Guard, Redaction
from ..fields import one_line
from ..inbound import deeds, reading
from ..inbound.mailbox import InboundEmail
from ..notices import OutgoingEmail
from ..subject_requests import CasePaper, DataSubjectRequest, ReleaseCheck, papers, representing

# In the PDF; the whole mail lies beside it.
LONGEST_MAIL = 20_000
ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "image/tiff": "tif"}


class Speaker(Protocol):
    """How a face words what happened."""

    def event(self, kind: str) -> str:
        """Such as "Request received"."""

    def names(self, actors: list[str]) -> dict[str, str]:
        """Who is behind each reference."""


@dataclass(frozen=True)
class Line:
    """One thing that happened."""

    at: datetime
    what: str
    who: str
    text: str
    is_internal: bool


@dataclass(frozen=True)
class Mail:
    """One mail that came: what it says, and whether its bytes may be handed on."""

    pk: int
    received_at: datetime
    sender: str
    subject: str
    text: str
    is_shortened: bool
    is_whole: bool


@dataclass(frozen=True)
class Paper:
    """One paper, with what proves that its copy is the same."""

    number: int
    kind: str
    name: str
    size: int
    sha256: str
    file_name: str


class Bundle:
    """The file of one case; `for_both` is without inner notes and without what speaks of somebody else.

    Contents of papers and mails are read when they are asked for, one at a time.
    """

    def __init__(self, case: DataSubjectRequest, *, for_both: bool, now: datetime, speaker: Speaker) -> None:
        self.case, self.for_both, self.now, self.speaker = case, for_both, now, speaker
        self.guard = Guard.of(case.data_subject) if for_both else Guard(())

    @cached_property
    def facts(self) -> list[tuple[str, Any]]:
        """What this kind of case has besides words."""
        return [(str(label), value) for label, value in subject_requests.facts(self.case, for_staff=not self.for_both)]

    @cached_property
    def words(self) -> str:
        """What the person wrote."""
        return self._guarded("privacy.datasubjectrequest", self.case.pk, "details", self.case.text)

    @cached_property
    def representative(self) -> Any:
        """Who acts for the person."""
        return representing.of_case(self.case)

    @cached_property
    def clocks(self) -> tuple[Clock, ...]:
        """What was due when, and why."""
        return subject_requests.clocks(self.case)

    @cached_property
    def lines(self) -> list[Line]:
        """What happened, oldest first."""
        rows = self.case.events.order_by("occurred_at", "pk")
        rows = rows.filter(is_internal=False) if self.for_both else rows
        events = list(rows)
        names = self.speaker.names([row.actor for row in events])
        return [
            Line(
                row.occurred_at, self.speaker.event(row.kind), self._who(row.actor, names[row.actor]),
                self._guarded("privacy.caseevent", row.pk, "note", row.text), row.is_internal,
            )
            for row in events
        ]  # fmt: skip

    def _who(self, actor: str, name: str) -> str:
        """To the other side, colleagues are the shop."""
        if not self.for_both:
            return name
        person = data_subjects.model()._meta.label_lower
        own = getattr(self.case.data_subject, "account", None)
        hers = {f"{person}:{self.case.data_subject_id}", f"{own._meta.label_lower}:{own.pk}" if own else ""}
        return _("the person") if actor in hers else str(settings.SHOP["name"])

    @cached_property
    def letters(self) -> list[OutgoingEmail]:
        """Our letters on this case that are still kept, as they were sent."""
        pattern = re.compile(rf"(case|complaint)_[a-z_]+-{self.case.pk}(-\d+)?")
        copy = getattr(self.case, "export", None)
        wanted = Q(key__contains=f"-{self.case.pk}") | Q(key=f"export-ready-{copy.pk if copy else 0}")
        rows = OutgoingEmail.objects.filter(wanted, data_subject=self.case.data_subject).order_by("created_at", "pk")
        return [row for row in rows if pattern.fullmatch(row.key) or row.template == "export_ready"]

    @cached_property
    def mails(self) -> list[Mail]:
        """The mails that opened it or asked again, without their bytes."""
        return [self._mail(pk) for pk in deeds.mails_of(self.case)]

    def _mail(self, pk: int) -> Mail:
        row = InboundEmail.objects.get(pk=pk)
        try:
            read = reading.read(bytes(row.raw))
            said, sender, subject = read.text, read.header("from"), read.subject
        except reading.Unreadable:
            said, sender, subject = _("This mail could not be read; its bytes lie beside this file."), "", ""
        shown = self._guarded("privacy.inboundemail", pk, "raw", said)
        # Bytes cannot be handed on in part.
        whole = ("privacy.inboundemail", str(pk), "raw") not in self.guard.left_out
        too_long = len(shown) > LONGEST_MAIL
        return Mail(pk, row.received_at, sender, subject if whole else "", shown[:LONGEST_MAIL], too_long, whole)

    @cached_property
    def papers(self) -> list[Paper]:
        """Every paper; what shows who somebody is goes to nobody else."""
        return [self._paper(number, row) for number, row in enumerate(self._papers(), 1)]

    def _papers(self) -> list[CasePaper]:
        rows = papers.of(self.case)
        return list(rows.exclude(kind=CasePaper.Kind.IDENTITY) if self.for_both else rows)

    def _paper(self, number: int, row: CasePaper) -> Paper:
        name = self._guarded("privacy.casepaper", row.pk, "name", row.name)
        digest = hashlib.sha256(_content(row.pk)).hexdigest()
        file_name = f"papers/{number:02d}.{ENDINGS[row.media_type]}"
        return Paper(row.pk, row.get_kind_display(), name, row.size, digest, file_name)

    @cached_property
    def left_out(self) -> list[Redaction]:
        """What copies for the person do not show, by where it stands."""
        return list(self.case.redactions.select_related("made_by"))

    @cached_property
    def checks(self) -> list[ReleaseCheck]:
        """Who looked before a copy left."""
        return list(self.case.release_checks.select_related("ticked_by"))

    def documents(self) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of everything that lies beside the PDF, one at a time."""
        for number, letter in enumerate(self.letters, 1):
            yield f"letters/{number:02d}-{letter.template}.txt", letter_in_words(letter).encode()
        for mail in self.mails:
            if mail.is_whole:
                yield f"mails/mail-{mail.pk}.eml", bytes(InboundEmail.objects.get(pk=mail.pk).raw)
        for paper in self.papers:
            yield paper.file_name, _content(paper.number)

    def _guarded(self, table: str, pk: Any, field: str, text: str) -> str:
        return self.guard.over((table, str(pk), field), text, is_known=True)


def letter_in_words(letter: OutgoingEmail) -> str:
    """The letter as it was sent, with its head."""
    head = f"To: {letter.to_address}\nSubject: {one_line(letter.subject)}\nDate: {letter.created_at.isoformat()}\n"
    return f"{head}\n{letter.text}"


def _content(pk: int) -> bytes:
    return bytes(CasePaper.objects.values_list("content", flat=True).get(pk=pk))


def collect(case: DataSubjectRequest, *, for_both: bool, now: datetime, speaker: Speaker) -> Bundle:
    """The file of a case, to be written."""
    return Bundle(case, for_both=for_both, now=now, speaker=speaker)
