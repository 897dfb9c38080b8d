"""The row of a correction beside its case: which detail, what stands there, what should, and how one can tell."""

from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..fields import EncryptedField
from ..personal_data import Delete, Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose
from .case import DataSubjectRequest
from .clocks import WHOSE
from .handling import as_it_is_now
from .refusing import require
from .timeline import note

LONGEST = {"field": 200, "current": 1000, "proposed": 1000, "evidence": 2000}
LABELS = {
    "field": gettext_lazy("Which detail is wrong?"),
    "current": gettext_lazy("What stands there now?"),
    "proposed": gettext_lazy("What should stand there?"),
    "evidence": gettext_lazy("How can we see that this is right?"),
}


class Rectification(models.Model):
    """What only a correction has (Art. 16); all of it in the person's words, so all of it encrypted."""

    personal_data = PersonalData(
        data_subject="case__data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="case__closed_at", years=6),
        erase=Keep("Proves what you asked us to correct, and that we did.", then=Delete()),
        fields=("field", "current", "proposed", "evidence", "is_own_error"),
        not_personal=("case",),
        provided=("field", "current", "proposed", "evidence"),
        third_party=("evidence",),
    )

    case = models.OneToOneField(DataSubjectRequest, models.CASCADE, related_name="rectification")
    field = EncryptedField(gettext_lazy("which detail"), blank=True, default=b"")
    current = EncryptedField(gettext_lazy("what stands there"), blank=True, default=b"")
    proposed = EncryptedField(gettext_lazy("what should stand there"), blank=True, default=b"")
    evidence = EncryptedField(gettext_lazy("how one can tell"), blank=True, default=b"")
    is_own_error = models.BooleanField(gettext_lazy("our own error"), default=False)

    def __str__(self) -> str:
        return str(self.case_id)

    def said(self, name: str) -> str:
        """One of the four texts, readable."""
        return bytes(getattr(self, name) or b"").decode()


def of(case: DataSubjectRequest) -> Rectification:
    """The row to look at; a correction that came without one has an empty one."""
    found = Rectification.objects.filter(case=case).first()
    return found or Rectification(case=case)


def describe(case: DataSubjectRequest, *, actor: Any, **texts: str) -> None:
    """A colleague writes down what exactly is wrong, where the person said it in a letter or on the phone."""
    require(bool(texts["proposed"].strip()), _("Write what should stand there."))
    with transaction.atomic():
        _require_open(case)
        _write(case, texts)
        note(case, "described", actor=actor, is_internal=True)


def whose_error(case: DataSubjectRequest, *, is_ours: bool, actor: Any, why: str) -> None:
    """Whose mistake it was: ours must be put right within ten working days (SFB-06); for others that does not hold.

    Only the later answer counts. The person reads that it was not ours, and that it was after all.
    """
    require(bool(why.strip()), _("Say what went wrong, and how you know."))
    with transaction.atomic():
        _require_open(case)
        row, said = _locked(case), case.events.filter(kind__in=WHOSE).last()
        kind = WHOSE[0] if is_ours else WHOSE[1]
        require(said is None or said.kind != kind, _("This is noted already."))
        row.is_own_error = is_ours
        row.save(update_fields=["is_own_error"])
        note(case, kind, actor=actor, text=why, is_internal=is_ours and said is None)


def _require_open(case: DataSubjectRequest) -> None:
    as_it_is_now(case)
    require(case.kind == "rectification" and case.is_open, _("This is no open request for a correction."))


def begin(case: DataSubjectRequest, texts: dict[str, Any]) -> None:
    """What the person said when she asked."""
    _write(case, texts)


def _write(case: DataSubjectRequest, texts: dict[str, Any]) -> None:
    for name, text in texts.items():
        require(len(text) <= LONGEST[name], _("This is too long."))
    row = _locked(case)
    for name, text in texts.items():
        setattr(row, name, text.strip().encode())
    row.save()


def _locked(case: DataSubjectRequest) -> Rectification:
    case.lock()
    row, _is_new = Rectification.objects.get_or_create(case=case)
    return row
