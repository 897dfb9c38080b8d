"""What is left out of a copy because it speaks of somebody else? Rows; the original stays (Art. 15(4), LRD-19).

`Guard` is the one place where a copy loses text, whatever file it is written to.
"""

import re
from collections.abc import Iterable
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..fields import EncryptedField
from ..personal_data import Delete, Keep, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose

Place = tuple[str, str, str]


class Redaction(models.Model):
    """One passage, or one whole text, that copies for this person leave out."""

    personal_data = PersonalData(
        data_subject="case__data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="case__closed_at", years=6),
        erase=Keep("Proves what was left out of a copy, and why.", then=Delete()),
        fields=("made_at", "passage", "why"),
        not_personal=("case", "table", "row", "field", "made_by"),
        secret=("passage", "why"),  # they speak of the other person
        third_party=("passage", "why"),
    )

    case = models.ForeignKey("privacy.DataSubjectRequest", models.CASCADE, related_name="redactions")
    table = models.CharField(max_length=100)
    row = models.CharField(max_length=64)
    field = models.CharField(max_length=64)
    passage = EncryptedField(blank=True, default=b"", help_text="Empty: the whole text.")
    why = EncryptedField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = gettext_lazy("left-out passage")
        verbose_name_plural = gettext_lazy("left-out passages")

    def __str__(self) -> str:
        return f"redaction {self.pk}"

    @property
    def place(self) -> Place:
        """Which text it is in."""
        return self.table, self.row, self.field

    @property
    def words(self) -> str:
        """The passage, readable; empty for the whole text."""
        return bytes(self.passage or b"").decode()

    @property
    def reason(self) -> str:
        """Why, readable."""
        return bytes(self.why or b"").decode()


def of_person(data_subject: Any) -> models.QuerySet[Redaction]:
    """What is left out of copies for her, whichever of her requests it was noted for."""
    return Redaction.objects.filter(case__data_subject=data_subject)


def removed() -> str:
    """What stands in its place."""
    return _("[removed: speaks of somebody else]")


def held_back() -> str:
    """What stands in the place of a text that nobody has read for this yet."""
    return _("[not in this copy yet: a colleague first reads whether it speaks of somebody else]")


def find(passage: str, text: str) -> re.Match[str] | None:
    """Where it stands, whatever blanks and capitals were typed."""
    return _pattern(passage).search(text)


def without(text: str, passages: list[str]) -> str:
    """The text without these; whole when one is empty or is no longer found, because doubt protects the other."""
    if any(not passage or not find(passage, text) for passage in passages):
        return removed()
    for passage in passages:
        text = _pattern(passage).sub(lambda _found: removed(), text)
    return text


def _pattern(passage: str) -> re.Pattern[str]:
    return re.compile(r"\s+".join(map(re.escape, passage.split())), re.IGNORECASE)


class Guard:
    """Stands over every text of a copy that may speak of somebody else."""

    def __init__(self, left_out: Iterable[tuple[Place, str]], *, holds_back: bool = False) -> None:
        self.holds_back = holds_back
        self.left_out: dict[Place, list[str]] = {}
        for place, passage in left_out:
            self.left_out.setdefault(place, []).append(passage)

    @classmethod
    def of(cls, data_subject: Any, *, holds_back: bool = False) -> Self:
        """For all copies of one person."""
        return cls(((row.place, row.words) for row in of_person(data_subject)), holds_back=holds_back)

    def over(self, place: Place, text: str, *, is_known: bool) -> str:
        """The text as it may leave; `is_known` where she wrote it herself or was told it."""
        if self.holds_back and not is_known and text.strip():
            return held_back()
        passages = self.left_out.get(place)
        return without(text, passages) if passages and text else text
