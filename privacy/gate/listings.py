"""Does what somebody told us outweigh what a preference service lists? Only her own later word to this very caller."""

from datetime import date

from django.conf import settings
from django.utils import timezone

from ..vocabulary import FROM_A_LIST, LawfulBasis, Occasion, Sender, Source
from .facts import Bar, Said


def outweighs(said: Said | None, bar: Bar, *, caller: str) -> bool:
    """Whether she has told this caller, after her listing, that she does not mind (PECR reg. 21(4)).

    Other companies are callers whom we do not know; a yes to any of them was told to none.
    """
    if said is None or not said.is_yes or said.lawful_basis != LawfulBasis.CONSENT:
        return False
    if caller != Sender.OWN or not _was_said_to_us(said):
        return False
    return timezone.localdate(said.occurred_at, settings.SHOP_TZ) > (bar.listed_on or date.max)


def _was_said_to_us(said: Said) -> bool:
    """And not to another company whose list we got; before the ledger had a word for that its page said it."""
    is_of_old = said.source == Source.IMPORT and not said.occasion and said.page.startswith(FROM_A_LIST)
    return said.occasion != Occasion.SUPPLIER and not is_of_old
