"""Which rows past their date wait all the same? What others stand on, what is open, and whoever was not warned yet."""

from datetime import date

from django.db.models import Q

from ..consent import ConsentEntry
from ..erasure.conditions import NONE, counts_from_the_person, matter_is_open, pointed_at, to_be_proven
from ..personal_data import Anonymise, PersonalData
from .warnings import unwarned


def still_needed(declaration: PersonalData, today: date) -> Q:
    """Rows past their date that something else stands on; the purge lets them wait for it."""
    is_pointed_at = NONE if isinstance(declaration.final(), Anonymise) else pointed_at(declaration.model)
    return is_pointed_at | kept_back(declaration, today)


def kept_back(declaration: PersonalData, today: date) -> Q:
    """Rows that wait past their date for what the person, or a colleague, still has to do with us."""
    waiting = NONE
    if counts_from_the_person(declaration):
        waiting |= matter_is_open(declaration.subject_lookup) | unwarned(declaration.subject_lookup, today)
    if declaration.model is ConsentEntry:
        waiting |= to_be_proven(today)
    if declaration.waits_while is not None:
        waiting |= declaration.waits_while
    return waiting
