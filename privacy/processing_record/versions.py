"""Since when does the record say this, and what did it say before? A row whenever something has changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from ..personal_data import NoPersonalData
from .record import OF_THE_MOMENT, record

# By which of its values one thing in a list is the same in the next version.
NAMED_BY = ("table", "name", "recipient", "purpose", "category")


class RecordVersion(models.Model):
    """What the record said from one moment on (Art. 30(4): the regulator may ask)."""

    personal_data = NoPersonalData("Describes processing, not people.")

    number = models.PositiveIntegerField(unique=True)
    fingerprint = models.CharField(max_length=64)
    since = models.DateTimeField(default=timezone.now)
    content = models.JSONField()

    class Meta:
        ordering = ["-number"]
        verbose_name = "version of the record of processing"
        verbose_name_plural = "versions of the record of processing"

    def __str__(self) -> str:
        return f"version {self.number}"


def remember(now: datetime | None = None) -> RecordVersion:
    """The version that holds now; written when anything differs from the latest. Any number may do so at once."""
    said = record()
    latest = RecordVersion.objects.first()
    if latest and latest.fingerprint == said["fingerprint"]:
        return latest
    number = latest.number + 1 if latest else 1
    values = {"fingerprint": said["fingerprint"], "since": now or timezone.now(), "content": said}
    try:
        with transaction.atomic():
            return RecordVersion.objects.create(number=number, **values)
    except IntegrityError:
        return RecordVersion.objects.get(number=number)


def since(said: dict[str, Any]) -> datetime | None:
    """Since when the record says this; None when that is newer than the latest version that was written down."""
    latest = RecordVersion.objects.defer("content").first()
    return latest.since if latest and latest.fingerprint == said["fingerprint"] else None


@dataclass(frozen=True)
class Difference:
    """One thing that is said differently; `before` is empty for what is new, `after` for what is gone."""

    where: str
    before: str
    after: str


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """What the later record says differently, in the order of the record."""
    old, new = dict(_flat(before)), dict(_flat(after))
    places = [*new, *(place for place in old if place not in new)]
    return [
        Difference(" › ".join(place), old.get(place, ""), new.get(place, ""))
        for place in places
        if old.get(place) != new.get(place)
    ]


def _flat(said: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each single statement with its place; lists of words are one statement, lists of things are named ones."""
    if isinstance(said, dict):
        for name, value in said.items():
            if place or name not in OF_THE_MOMENT:
                yield from _flat(value, (*place, name.replace("_", " ")))
    elif isinstance(said, list) and said and isinstance(said[0], dict):
        for thing in said:
            name = next((str(thing[key]) for key in NAMED_BY if key in thing), "")
            yield from _flat(thing, (*place, name))
    elif isinstance(said, list):
        yield place, ", ".join(map(str, said))
    else:
        yield place, "" if said is None else str(said)
