"""Which papers belong to a case? Scans, authorities, evidence: encrypted at rest, handed out only to be saved."""

from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import audit
from ..encryption import keyed_hash
from ..fields import EncryptedField, OneLineField, one_line
from ..personal_data import Delete, Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose
from .case import DataSubjectRequest

MOST = 20
LONGEST_NAME = 120
# By the first bytes, whatever the file is called: what scanners, telephones and offices make.
TYPES = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
}


class NotAPaper(Exception):
    """It cannot be taken in; the text is one clear line for whoever tried."""


class Upload(NamedTuple):
    """A file that was looked at and may be kept."""

    name: str
    content: bytes


class CasePaper(models.Model):
    """One document that came with a case, or was shown for it."""

    personal_data = PersonalData(
        data_subject="case__data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="case__closed_at", years=6),
        erase=Keep("Proves how your request was handled.", then=Delete()),
        fields=("kind", "name", "added_at", "content"),
        not_personal=("case", "media_type", "size", "fingerprint", "added_by"),
        secret=("content",),
        third_party=("name",),
    )

    class Kind(models.TextChoices):
        SCAN = "scan", gettext_lazy("the letter or fax itself")
        AUTHORITY = "authority", gettext_lazy("somebody may act for the person")
        EVIDENCE = "evidence", gettext_lazy("shows that something is right or wrong")
        IDENTITY = "identity", gettext_lazy("shows who is asking; deleted once that is settled")

    case = models.ForeignKey(DataSubjectRequest, models.CASCADE, related_name="papers")
    kind = models.CharField(max_length=10, choices=Kind)
    name = OneLineField(max_length=LONGEST_NAME)
    media_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=64)
    content = EncryptedField()
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.CharField(max_length=100)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["case", "fingerprint"], name="case_paper_once")]
        verbose_name = gettext_lazy("paper of a request")
        verbose_name_plural = gettext_lazy("papers of requests")

    def __str__(self) -> str:
        return f"paper {self.pk}"


def add(
    case: DataSubjectRequest, kind: str, name: str, content: bytes, *, actor: Any, now: datetime | None = None
) -> CasePaper:
    """Takes a document in; the same bytes again are the one that is there. NotAPaper says why it cannot be taken."""
    media_type = refuse_what_is_none(content)
    now = now or timezone.now()
    with transaction.atomic():
        case.lock()
        _require(case.papers.count() < MOST, _("A request can have %(most)d papers.") % {"most": MOST})
        paper, is_new = CasePaper.objects.get_or_create(
            case=case, fingerprint=keyed_hash(content, use="case-paper"),
            defaults={
                "kind": kind, "name": one_line(name).strip()[:LONGEST_NAME] or _("paper"), "media_type": media_type,
                "size": len(content), "content": content, "added_at": now, "added_by": audit.reference(actor),
            },
        )  # fmt: skip
        if is_new:
            audit.record("case.paper_added", actor=actor, subject=case.data_subject, target=case, kind=str(kind))
    return paper


def refuse_what_is_none(content: bytes) -> str:
    """Its media type by its first bytes; NotAPaper when it is empty, too large, or nothing that a scanner makes."""
    most = settings.CASE_PAPER_MAX_BYTES
    _require(bool(content), _("The file is empty."))
    _require(len(content) <= most, _("The file is larger than %(most)d MB.") % {"most": most // 1024**2})
    found = next((media_type for start, media_type in TYPES.items() if content.startswith(start)), "")
    _require(bool(found), _("Only PDF, JPEG, PNG and TIFF files can be kept here."))
    return found


def of(case: DataSubjectRequest) -> models.QuerySet[CasePaper]:
    """The papers of a case, without their contents."""
    return CasePaper.objects.filter(case=case).defer("content")


def taken(paper: CasePaper, *, actor: Any) -> bytes:
    """The bytes, for a colleague who saves them; that she did is written down."""
    case = paper.case
    audit.record("case.paper_taken", actor=actor, subject=case.data_subject, target=case, kind=str(paper.kind))
    return bytes(paper.content)


def remove(paper: CasePaper, *, actor: Any) -> None:
    """A paper that was put there by mistake."""
    case, kind = paper.case, str(paper.kind)
    with transaction.atomic():
        audit.record("case.paper_removed", actor=actor, subject=case.data_subject, target=case, kind=kind)
        paper.delete()


def forget_proofs(case: DataSubjectRequest, *, actor: Any) -> None:
    """Once it is settled who is asking, nobody needs a copy of an identity card (Art. 5(1)(c))."""
    rows = of(case).filter(kind=CasePaper.Kind.IDENTITY)
    for paper in list(rows):
        remove(paper, actor=actor)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotAPaper(otherwise)
