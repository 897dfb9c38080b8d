"""Does a card number stand anywhere in what we store? The newest rows of every table are read, sealed ones too."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...fields import EncryptedField
from ...personal_data import all_models
from ..control import control
from ..finding import Finding, broken, kept

READ = (models.CharField, models.TextField, models.JSONField)
ROWS, SEALED_ROWS, BYTES = 1000, 200, 50_000
# Thirteen digits of a telephone may pass every test that a card number passes.
NO_CARDS = {"phone"}
RUN = re.compile(r"(?<![\w+.])\d[\d -]{11,60}\d(?!\w)")
# How numbers of the card companies begin, and how long they are.
ISSUED = re.compile(
    r"4\d{12}(\d{3}){0,2}|5[1-5]\d{14}|2(22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(0[0-5]|[689]\d)\d{11,16}|35\d{14,17}|(50|5[6-9]|6\d)\d{11,17}"
)


@control("no-card-numbers", gettext_lazy("No card number is stored, in no table and no letter"))
def no_card_numbers(now: datetime) -> Finding:
    """CLZ-04: every column for text, sealed or not, of the newest rows of each table; copies are made of these."""
    looked, found = 0, set()
    for model in all_models():
        for column in model._meta.concrete_fields:
            if column.name in NO_CARDS or not isinstance(column, (*READ, EncryptedField)):
                continue
            for text in _texts(model, column):
                looked += 1
                if holds_card_number(text):
                    found.add(f"{model._meta.label_lower}.{column.name}")
    if found:
        return broken(
            _("Something stored looks like a card number: %(where)s.") % {"where": ", ".join(sorted(found))},
            wrong=len(found),
        )
    return kept(_("No card number stands in the newest rows of any table, nor in letters and mails."), looked_at=looked)


def _texts(model: type[models.Model], column: "models.Field[Any, Any]") -> Iterator[str]:
    """Of each of the newest rows what this column says; sealed ones one at a time, and no further than a letter."""
    is_sealed = isinstance(column, EncryptedField)
    values = model._base_manager.order_by("-pk").values_list(column.name, flat=True)
    for value in values[: SEALED_ROWS if is_sealed else ROWS].iterator(chunk_size=1 if is_sealed else 500):
        if value:
            yield bytes(value[:BYTES]).decode(errors="replace") if is_sealed else str(value)


def holds_card_number(text: str) -> bool:
    """Whether digits of it, with blanks or dashes between or without, are a number as a card company gives it."""
    for run in RUN.findall(text):
        groups = re.split(r"[ -]+", run)
        spans = ("".join(groups[a:b]) for a in range(len(groups)) for b in range(a + 1, len(groups) + 1))
        if any(ISSUED.fullmatch(one) and _passes(one) for one in spans):
            return True
    return False


def _passes(digits: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812)."""
    doubled = [int(one) * (1 + at % 2) for at, one in enumerate(reversed(digits))]
    return sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0
