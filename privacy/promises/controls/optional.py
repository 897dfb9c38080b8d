"""May what no order needs stay empty? By the declaration, by the form as its owner gets it, and by saving it so."""

import re
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import corrections, data_subjects
from ...personal_data import PersonalData, blank_of, declaration_of
from ..control import control
from ..finding import Finding, broken, kept
from .browser import somebody_with_a_login, visit

# Beside what the shop says itself that no order needs (`beyond_the_order`).
AGE = "date_of_birth"
MARK, FIELD = 'class="optional"', re.compile(r'<(?:div|fieldset) class="field')


@control("optional-details", gettext_lazy("Details that an order does not need may stay empty, and say so"))
def details_are_optional(now: datetime) -> Finding:
    """CLG-15, CLZ-05: may be empty and cleared, are marked so in the form, and saving them all empty succeeds."""
    said = declaration_of(data_subjects.model())
    if not isinstance(said, PersonalData):
        return broken(_("What is held about a person is not declared."))
    names = [name for name in dict.fromkeys((AGE, *said.beyond_the_order)) if name in said.fields]
    if forced := [name for name in names if not (_may_be_empty(said, name) and name in said.correctable)]:
        return broken(_("A detail that no order needs must be filled in: %(what)s.") % {"what": ", ".join(forced)})
    people = data_subjects.people().filter(erased_at=None)
    reader, person = somebody_with_a_login(people), people.order_by("-pk").first()
    if reader is not None and (silent := _unmarked(said, reader, names)):
        return broken(_("The form does not say that this may stay empty: %(what)s.") % {"what": ", ".join(silent)})
    if person is not None and not _can_be_saved_empty(said, person, names):
        return broken(_("Somebody who leaves the optional details empty cannot save the others."))
    return kept(
        _("Whoever leaves these details empty can still be a customer; the form says so, and saving succeeds."),
        looked_at=len(names), drawn=int(reader is not None), saved=int(person is not None),
    )  # fmt: skip


def _may_be_empty(said: PersonalData, name: str) -> bool:
    return bool(said.model._meta.get_field(name).blank)  # type: ignore[union-attr]


def _unmarked(said: PersonalData, reader: Any, names: list[str]) -> list[str]:
    """Which of them stand in her form without the word, or not at all."""
    text = visit(reverse("privacy:correct", args=[said.category]), account=reader.account).text
    silent = []
    for name in names:
        before, found, after = text.partition(f'-{name}"')
        whole = FIELD.split(before)[-1] + FIELD.split(after)[0]
        if not found or MARK not in whole:
            silent.append(name)
    return silent


def _can_be_saved_empty(said: PersonalData, person: Any, names: list[str]) -> bool:
    """Tried by the verb behind the form, and taken back."""
    empty = {name: blank_of(said.model._meta.get_field(name)) for name in names}  # type: ignore[arg-type]
    with transaction.atomic():
        try:
            corrections.correct(person, said, person.pk, empty, actor=person)
        except ValidationError:
            return False
        finally:
            transaction.set_rollback(True)
    return True
