"""How does a person put right what we hold? At once, in the record itself; what it said before is kept for a while."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from . import audit, recipient_notices
from .fields import EncryptedField
from .personal_data import Delete, PersonalData, Retention, declarations
from .vocabulary import Category, LawfulBasis, Purpose


class Correction(models.Model):
    """One value that was replaced, as it stood before (CLG-12, GDPR Art. 16)."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="corrected_at", years=1),
        erase=Delete(),
        fields=("field", "previous", "corrected_at"),
        not_personal=("target", "actor"),
    )

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.CASCADE, related_name="corrections")
    target = models.CharField(max_length=100)
    field = models.CharField("what was corrected", max_length=60)
    previous = EncryptedField("what it said before", blank=True, default=b"")
    corrected_at = models.DateTimeField("corrected", default=timezone.now)
    actor = models.CharField(max_length=100)

    class Meta:
        verbose_name = "correction"

    def __str__(self) -> str:
        return f"correction {self.pk}"


class NotCorrectable(Exception):
    """Not one of the columns that a person may put right herself, or not a record of hers."""


Follower = Callable[[Any, Any, dict[str, Any]], None]
# What higher rooms do in the transaction of a correction: told of the person, the record as it is now, and what the
# columns said before.
FOLLOWERS: list[Follower] = []


def follows(follower: Follower) -> Follower:
    """Registers the function below it."""
    FOLLOWERS.append(follower)
    return follower


def correctable(category: str) -> list[PersonalData]:
    """The declarations of this category with something that a person may put right herself."""
    return [d for d in declarations() if d.category == category and d.correctable and d.data_subject]


def correct(
    data_subject: Any,
    declaration: PersonalData,
    pk: Any,
    values: dict[str, Any],
    *,
    actor: Any,
    proven: bool = False,
    now: datetime | None = None,
) -> list[str]:
    """Writes the new values that differ, keeps the old ones; the names of what changed, none when sent twice.

    ValidationError, by field, when the record's own rules say no. NotCorrectable also for a new address that
    nobody has `proven` to be hers.
    """
    if set(values) - set(declaration.correctable):
        raise NotCorrectable(declaration.label)
    with transaction.atomic():
        row = declaration.of(data_subject).select_for_update(of=("self",)).filter(pk=pk).first()
        if row is None:
            raise NotCorrectable(declaration.label)
        changed = [name for name, value in values.items() if getattr(row, name) != value]
        if not proven and set(changed) & set(declaration.proven_by):
            raise NotCorrectable(declaration.label)
        if changed:
            now = now or timezone.now()
            proofs = {declaration.proven_by[name]: now for name in changed if name in declaration.proven_by}
            before = declaration.in_words_of_recipients(row)
            occasion = _write(data_subject, row, {name: values[name] for name in changed}, proofs, actor, now)
            _tell_recipients(data_subject, before, declaration.in_words_of_recipients(row), occasion, actor, now)
    return changed


def _write(
    data_subject: Any, row: Any, values: dict[str, Any], proofs: dict[str, datetime], actor: Any, now: datetime
) -> str:
    before = {name: getattr(row, name) for name in values}
    for name, value in (values | proofs).items():
        setattr(row, name, value)
    check(row, values)
    row.save(update_fields=[*values, *proofs])
    rows = Correction.objects.bulk_create(
        Correction(
            data_subject=data_subject, target=audit.reference(row), field=name, previous=str(old or "").encode(),
            corrected_at=now, actor=audit.reference(actor),
        )
        for name, old in before.items()
    )  # fmt: skip
    audit.record("rectification", actor=actor, subject=data_subject, target=row, now=now, fields=sorted(values))
    for follower in FOLLOWERS:
        follower(data_subject, row, before)
    return audit.reference(rows[0])


def _tell_recipients(
    data_subject: Any, before: dict[str, str], after: dict[str, str], occasion: str, actor: Any, now: datetime
) -> None:
    """Whoever got what was wrong gets what is right (Art. 19)."""
    news = {word: (before[word], value) for word, value in after.items() if before[word] != value}
    change = recipient_notices.Change.RECTIFICATION
    recipient_notices.tell(data_subject, change, occasion=occasion, actor=actor, now=now, corrected=news)


def check(row: Any, names: Iterable[str]) -> None:
    """ValidationError when these columns, or the record as a whole, may not be as they are now."""
    row.clean_fields(exclude={column.name for column in row._meta.fields} - set(names))
    row.clean()
    row.validate_unique()
    row.validate_constraints()


def problems(error: ValidationError) -> dict[str, list[str]]:
    """What was wrong, by field; the empty name for the record as a whole."""
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
