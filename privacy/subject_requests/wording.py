"""What stands in our letters about a case where our words have a name in braces, and which words answer which right."""

from datetime import date

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from .. import letters
from .case import DataSubjectRequest


def values(case: DataSubjectRequest, **more: str) -> dict[str, str]:
    """Number, right and days of this case, and what is the same in every letter; nothing about the person herself."""
    received_on = timezone.localdate(case.received_at, settings.SHOP_TZ)
    mine = {
        "reference": case.reference, "right": str(case.right.label), "received_on": day(received_on),
        "due_on": day(case.due_on),
    }  # fmt: skip
    return letters.of_the_shop() | mine | more


def day(when: date) -> str:
    """As it stands in a letter, such as 3 May 2026."""
    return date_format(when, "j F Y")


def answer_to(case: DataSubjectRequest) -> str:
    """Of which kind the letter is that answers this case."""
    return "rectification" if case.kind == "rectification" else "answer"
