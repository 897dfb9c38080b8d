"""One version of our words for one kind of letter: a row that is written once, by somebody, from a day on."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from .. import audit
from ..append_only import AppendOnlyModel
from ..fields import OneLineField
from ..personal_data import NoPersonalData
from .filling import fill, invented, left_over
from .kinds import KINDS, Kind, choices

USUAL = "usual"
LONGEST = 5000


class WrongWords(Exception):
    """These words cannot become a version; the text is one clear line."""


class LetterVersion(AppendOnlyModel):
    """What a letter of this kind and name says from a day on, block by block; a better one is a new row."""

    personal_data = NoPersonalData("Our own words for everybody; of whoever wrote them a reference.")

    key = models.CharField(max_length=140, unique=True, editable=False)
    kind = models.CharField(max_length=30, choices=choices)
    slug = models.SlugField(max_length=60)
    title = OneLineField(max_length=80)
    language = models.CharField(max_length=10)
    version = models.PositiveIntegerField()
    blocks = models.JSONField()
    is_offered = models.BooleanField(default=True)
    in_force_on = models.DateField()
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.CharField(max_length=100)

    class Meta:
        ordering = ["kind", "slug", "language", "version"]
        base_manager_name = "objects"

    def __str__(self) -> str:
        return _("“%(title)s”, version %(number)d") % {"title": self.title, "number": self.version}

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Once, under a key that says which version of what it is."""
        self.key = "/".join((self.kind, self.slug, self.language, str(self.version)))
        super().save(*args, **kwargs)

    @property
    def of_kind(self) -> Kind:
        """What the letter is for, and of which blocks it is made."""
        return KINDS[self.kind]

    def filled(self, values: Mapping[str, str]) -> dict[str, str]:
        """Its blocks with the words in braces exchanged."""
        return {block.name: fill(self.blocks.get(block.name, ""), values) for block in self.of_kind.blocks}

    def family(self) -> "models.QuerySet[LetterVersion]":
        """All its versions, the newest first."""
        mine = LetterVersion.objects.filter(kind=self.kind, slug=self.slug, language=self.language)
        versions: models.QuerySet[LetterVersion] = mine.order_by("-version")
        return versions


def in_force(today: date | None = None) -> list[LetterVersion]:
    """Of every letter the version that holds on this day; "usual" first within a kind."""
    rows = LetterVersion.objects.filter(in_force_on__lte=today or timezone.localdate()).order_by("version")
    newest = {(row.kind, row.slug, row.language): row for row in rows}
    order = list(KINDS)
    return sorted(newest.values(), key=lambda row: (order.index(row.kind), row.slug != USUAL, row.title, row.language))


def offered(kind: str, today: date | None = None) -> list[LetterVersion]:
    """What a colleague may begin a letter of this kind with today."""
    return [row for row in in_force(today) if row.kind == kind and row.is_offered]


def usual(kind: str, today: date | None = None) -> LetterVersion | None:
    """The words with which the form begins, in the language of the shop."""
    mine = [row for row in offered(kind, today) if row.slug == USUAL]
    return next((row for row in mine if row.language == settings.LANGUAGE_CODE), mine[0] if mine else None)


def began_with(kind: str, pk: Any) -> LetterVersion | None:
    """The version of this number, if it is one of this kind of letter."""
    return LetterVersion.objects.filter(kind=kind, pk=pk).first() if pk else None


def refuse_wrong(kind: Kind, blocks: Mapping[str, str], language: str) -> None:
    """WrongWords where a required block is missing or a word in braces is unknown, judged on an invented case."""
    unknown = left_over(blocks.values(), kind.placeholders)
    if unknown:
        raise WrongWords(_("Nobody knows what %(what)s stands for; see the list below.") % {"what": unknown})
    if any(len(text) > LONGEST for text in blocks.values()):
        raise WrongWords(_("A block has %(most)d characters at most.") % {"most": LONGEST})
    values = invented()
    for block in kind.blocks:
        text = fill(blocks.get(block.name, ""), values)
        missing = "" if block.is_of_the_case and not text.strip() else block.lacks(text, values, language)
        if missing:
            raise WrongWords(missing)
    if not any(text.strip() for text in blocks.values()):
        raise WrongWords(_("Write something."))


def write(
    kind: str,
    blocks: Mapping[str, str],
    *,
    actor: Any,
    title: str,
    language: str,
    slug: str = "",
    after: int = 0,
    in_force_on: date | None = None,
    is_offered: bool = True,
) -> LetterVersion:
    """Adds the version that comes after number `after` (0: a new letter); the old ones stay. WrongWords otherwise."""
    if kind not in KINDS:
        raise WrongWords(_("There is no such kind of letter."))
    today, slug = timezone.localdate(), slug or slugify(title)[:60]
    texts = {block.name: str(blocks.get(block.name, "")).strip() for block in KINDS[kind].blocks}
    refuse_wrong(KINDS[kind], texts, language)
    if not slug or (in_force_on or today) < today:
        raise WrongWords(_("It needs a name, and a day that is not over."))
    if slug == USUAL and not is_offered:
        raise WrongWords(_("The usual words stay; the form begins with them."))
    row = LetterVersion(
        kind=kind, slug=slug, title=title, language=language, version=after + 1, blocks=texts, is_offered=is_offered,
        in_force_on=in_force_on or today, written_by=audit.reference(actor),
    )  # fmt: skip
    newest = row.family().first()
    if (newest.version if newest else 0) != after:
        raise WrongWords(_meanwhile(after))
    if newest and (newest.blocks, newest.title, newest.is_offered) == (texts, row.title, is_offered):
        raise WrongWords(_("Nothing is different from version %(number)d.") % {"number": newest.version})
    try:
        with transaction.atomic():
            row.save()
            audit.record("letter.written", actor=actor, target=row, kind=kind, number=row.version)
    except IntegrityError as error:
        raise WrongWords(_meanwhile(after)) from error
    return row


def _meanwhile(after: int) -> str:
    if not after:
        return _("There is a letter of this name already; write a new version of it.")
    return _("A colleague has written a newer version meanwhile; begin with that.")
