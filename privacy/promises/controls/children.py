"""Are children left alone? Asked of the gate with invented children, reckoned on this very day."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import data_subjects
from ...consent import ConsentEntry
from ...vocabulary import Channel, Decision, Purpose, Sender
from ..control import control
from ..finding import Finding, broken, kept, none_wrong, not_shown
from . import invented

YEAR = 365.25
MONTH = timedelta(days=30)


def _would_write(now: datetime, age: float, *, is_for_children: bool = False) -> list[str]:
    born = timezone.localdate(now) - timedelta(days=int(age * YEAR))
    return [
        channel
        for channel in Channel
        if invented.may_write(
            now, channel, born_on=born, is_for_children=is_for_children,
            said=[invented.answered(now - MONTH, Decision.GRANTED, channel=channel, sender=Sender.OWN)],
        )
    ]  # fmt: skip


@control("children-under-12", gettext_lazy("No advertising to children under 12"))
def none_under_twelve(now: datetime) -> Finding:
    """Not even what suits children."""
    through = _would_write(now, 11.5, is_for_children=True) + _would_write(now, 3)
    if through:
        return broken(_("Advertising would go to a child under 12."), channels=len(through))
    return kept(_("Asked now, the gate lets nothing through to a child under 12, whatever it has agreed to."))


@control("children-under-17", gettext_lazy("From 12 to 16 only what suits children"))
def only_what_suits(now: datetime) -> Finding:
    """And of age is of age."""
    through = _would_write(now, 14) + _would_write(now, 16.5)
    if through or not _would_write(now, 18):
        return broken(_("Advertising for adults would go to a child, or none to an adult who said yes."))
    return kept(_("Asked now, the gate lets through to children of 12 to 16 only what is marked as suitable."))


@control("children-not-profiled", gettext_lazy("No real child has a yes to offers of other companies"))
def no_offers_of_others(now: datetime) -> Finding:
    """Rows of people who were under 17 when they said yes."""
    people = data_subjects.people()
    if not any(column.name == "date_of_birth" for column in people.model._meta.concrete_fields):
        return not_shown(_("No age is known of anybody."))
    since = timezone.localdate(now) - timedelta(days=int(17 * YEAR))
    young = people.filter(date_of_birth__gt=since)
    rows = ConsentEntry.objects.filter(data_subject__in=young, decision=Decision.GRANTED)
    wrong = rows.filter(purpose__in=(Purpose.PARTNER_OFFERS, Purpose.PROFILING))
    return none_wrong(
        wrong.values("data_subject").distinct().count(), young.count(),
        good=_("No child has a yes to offers of other companies or to profiling."),
        bad=_("A child has a yes to offers of other companies or to profiling."),
        none=_("No customer is known to be under 17."),
    )  # fmt: skip
