"""Is everybody asked once a year whether her details are still right? Read off the page as she gets it."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import data_subjects
from ...personal_data import PersonalData, declaration_of
from ..control import control
from ..finding import Finding, broken, kept, not_shown
from .browser import somebody_with_a_login, visit

YEAR = timedelta(days=365)
PLACE, QUESTION = 'id="still-right"', 'class="asked-again"'


@control("details-asked-yearly", gettext_lazy("Whoever signs in is asked once a year whether her details are right"))
def details_are_asked_about(now: datetime) -> Finding:
    """CLG-13: the page on which she lands, as the newest customers of each sort get it at this moment."""
    said, where = declaration_of(data_subjects.model()), reverse("privacy:my_data")
    if not isinstance(said, PersonalData) or "last_confirmed_at" not in said.fields:
        return broken(_("It is not noted when a customer last called her details right."))
    if resolve_url(settings.LOGIN_REDIRECT_URL) != where:
        return broken(_("Whoever signs in does not land where she is asked whether her details are right."))
    people = data_subjects.people().filter(erased_at=None)
    lately, long_ago = Q(last_confirmed_at__gt=now - YEAR), Q(last_confirmed_at__lte=now - YEAR)
    sorts = ((lately, False), (long_ago, True), (Q(last_confirmed_at=None), True))
    some = [
        (person, is_due) for one, is_due in sorts if (person := somebody_with_a_login(people.filter(one))) is not None
    ]
    figures = {
        "due": people.count() - people.filter(lately).count(),
        "without_login": people.filter(account=None).count(),
    }
    if not some:
        return not_shown(_("Nobody has a login yet, so nobody could be asked."), **figures)
    if wrong := sum(_is_asked(where, person) != is_due for person, is_due in some):
        return broken(_("Somebody is not asked whether her details are right, or more than once a year."), wrong=wrong)
    return kept(
        _(
            "Whoever signs in and has not called her details right for a year is asked on the page on which she lands. "
            "Who never signs in is asked by nobody; the office lists her."
        ),
        **figures,
    )


def _is_asked(where: str, person: Any) -> bool:
    """Whether the question stands there, above the button by which she says that it is so."""
    card = visit(where, account=person.account).text.partition(PLACE)[2].partition("</form>")[0]
    return QUESTION in card and 'method="post"' in card and "<button" in card
