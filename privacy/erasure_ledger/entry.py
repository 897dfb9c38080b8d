"""Which lines of the ledger this database knows: one row each, so that a restored copy shows what it lacks."""

import json
from typing import Any

from django.db import models

from ..personal_data import NoPersonalData
from .book import Place


class LedgerEntry(models.Model):
    """One line, as it stands or will stand in the file; written here first, so that the file is never ahead of us.

    Only a database that was put back from a backup knows fewer lines than the file has.
    """

    personal_data = NoPersonalData("Keyed hashes, the same as in the file outside; they answer 'was this one erased?'.")

    sequence = models.PositiveBigIntegerField(primary_key=True)
    hash = models.CharField(max_length=64, unique=True)
    about = models.CharField(max_length=64, unique=True, help_text="Keyed hash of erasure and person: once each.")
    line = models.TextField()
    is_written = models.BooleanField(default=False, help_text="It is in the file, on the disk.")

    class Meta:
        indexes = [models.Index(fields=["sequence"], name="ledger_to_be_written", condition=models.Q(is_written=False))]

    def __str__(self) -> str:
        return f"line {self.sequence} of the erasure ledger"

    @classmethod
    def of(cls, line: dict[str, Any], *, is_written: bool) -> "LedgerEntry":
        """The row of a line."""
        text = json.dumps(line, separators=(",", ":"))
        return cls(sequence=line["sequence"], hash=line["hash"], about=line["about"], line=text, is_written=is_written)

    @classmethod
    def last_place(cls) -> Place:
        """Behind the last line that we know, as far as number and hash go."""
        last = cls.objects.order_by("-sequence").values_list("sequence", "hash").first()
        return Place(*last) if last else Place()
