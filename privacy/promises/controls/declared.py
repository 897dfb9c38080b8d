"""Is what we hold about people on their page and in their copy, and gone on deletion? Looked at by category."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import data_subjects, export, overview
from ...erasure.plan import rows_that_go
from ...personal_data import PersonalData, declarations
from ...vocabulary import Category
from ..control import control
from ..finding import Finding, broken, kept, not_shown
from .browser import somebody_with_a_login, visit

DAY = timedelta(days=1)
# So many of those who were erased last are looked at again.
NEWEST = 20


def hers_to_see_and_gone(category: Category, now: datetime) -> Finding:
    """The newest person who has such a record reads of it and has it in her copy; whoever was erased has none left."""
    kinds = [said for said in declarations() if said.data_subject and said.category == category]
    words = {"what": str(category.label)}
    if not kinds:
        return broken(_("Not declared, so in no copy and no deletion: %(what)s.") % words)
    if hidden := [said.label for said in kinds if not (said.shown_fields() or said.secret)]:
        return broken(_("Declared, but no detail of it is hers to see: %(what)s.") % words, wrong=len(hidden))
    unseen, drawn = 0, 0
    for said in kinds:
        person = _somebody_with(said, now)
        drawn += person is not None
        unseen += person is not None and not _reads_of_it(person, said, now)
    if unseen:
        return broken(_("It is not on its owner's page, or not whole in her copy: %(what)s.") % words, wrong=unseen)
    left, looked = _left(kinds, now)
    if left:
        return broken(_("Something is left of people who were deleted: %(what)s.") % words, wrong=left)
    found = kept if drawn or looked else not_shown
    return found(_seen(drawn, looked), kinds=len(kinds), drawn=drawn, erased=looked)


def _seen(drawn: int, looked: int) -> str:
    """What could be looked at today, and what could not because it has not happened."""
    page = _("It stood just now on the page and in the copy of somebody who has such records.")
    nobody = _("Declared, so it would be on the page and in the copy; nobody who can sign in has such records.")
    gone = _("Of the people who were deleted last nothing is left of it that should be gone.")
    return " ".join([page if drawn else nobody, gone if looked else _("Nobody has been deleted yet.")])


def _somebody_with(said: PersonalData, now: datetime) -> Any:
    """The newest customer who can sign in and has such records, if she may read of one today."""
    owners = said.rows.exclude(said.withheld) if said.withheld else said.rows
    people = data_subjects.people().filter(erased_at=None, pk__in=owners.values(said.subject_lookup))
    found = somebody_with_a_login(people)
    return found if found and overview.visible(said, found, timezone.localdate(now)).exists() else None


def _reads_of_it(person: Any, said: PersonalData, now: datetime) -> bool:
    """In the copy each of her records of this kind; on her page a card for it."""
    tables = {table.declaration.label: table.count for table in export.collect(person, now=now).tables}
    page = visit(reverse("privacy:my_data"), account=person.account)
    is_there = page.is_shown and f'data-kind="{said.model._meta.label_lower}"' in page.text
    return tables.get(said.label, 0) > 0 and is_there


def _left(kinds: list[PersonalData], now: datetime) -> tuple[int, int]:
    """How many records are still there of people who were erased before today, and of how many people was looked."""
    today = timezone.localdate(now)
    erased = data_subjects.people().filter(erased_at__lt=now - DAY).order_by("-erased_at")[:NEWEST]
    people = list(erased)
    return sum(rows_that_go(said, person, today).count() for person in people for said in kinds), len(people)


def _declared(category: Category) -> None:
    @control(
        f"declared-{category}", gettext_lazy("On the page, in the copy, and gone on deletion") + f": {category.label}"
    )
    def look(now: datetime) -> Finding:
        return hers_to_see_and_gone(category, now)


for one in set(Category) - {Category.SPECIAL}:
    _declared(one)
