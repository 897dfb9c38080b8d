"""Are children left alone? Asked of the gate with invented children, reckoned on this very day."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import children
from ...consent import ConsentEntry
from ...gate.facts import instant
from ...gate.sales import day_of
from ...guardians import GuardianConsent
from ...vocabulary import Channel, Decision, Purpose, Sender
from ..control import control
from ..finding import Finding, broken, kept, none_wrong
from . import invented
from .invented import a_recipient

YEAR = 365.25
MONTH = timedelta(days=30)


def _would_write(now: datetime, age: float, *, is_for_children: bool = False) -> list[str]:
    born = _born(now, age)
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


@control("children-orders", gettext_lazy("No order of a child without a parent or guardian"))
def no_order_without_guardian(now: datetime) -> Finding:
    """Orders placed by somebody who was 16 or under, and for whom nobody had agreed by then."""
    young = set(children.known(now).values_list("pk", flat=True))
    agreed: dict[Any, list[GuardianConsent]] = defaultdict(list)
    for row in GuardianConsent.objects.filter(data_subject__in=young):
        agreed[row.data_subject_id].append(row)
    placed = [
        order
        for said in children.of_orders()
        for order in said.rows.filter(**{f"{said.data_subject}__in": young}).values_list(
            said.subject_lookup, day_of(said)
        )
    ]
    wrong = sum(not any(_stood(row, instant(day)) for row in agreed[pk]) for pk, day in placed)
    return none_wrong(
        wrong, len(placed),
        good=_("Every order of a child was placed after a parent or guardian had agreed."),
        bad=_("A child ordered, and no parent or guardian had agreed."),
        none=_("No child has ordered anything; a first order shows it."),
    )  # fmt: skip


def _stood(row: GuardianConsent, then: datetime) -> bool:
    return row.given_at <= then and (row.withdrawn_at is None or row.withdrawn_at > then)


@control("children-no-contests", gettext_lazy("No contests, draws or votes with children"))
def no_contests(now: datetime) -> Finding:
    """By the gate, which lets an adult take part, and by the rows."""
    yes = [invented.answered(now, Decision.GRANTED, Purpose.CONTEST)]
    may = [invented.may_serve(now, Purpose.CONTEST, said=yes, born_on=_born(now, age)) for age in (10, 16.5, 18)]
    young = children.known(now).values("pk")
    rows = sum(said.rows.filter(**{f"{said.data_subject}__in": young}).count() for said in children.of_contests())
    if may != [False, False, True] or rows:
        return broken(_("A child may take part in a contest, or has."), wrong=rows)
    return kept(_("Asked now, the gate lets no child take part in a contest, and none has."))


@control("children-only-the-order", gettext_lazy("Of children only what an order needs is used and shared"))
def only_the_order(now: datetime) -> Finding:
    """Not even with a yes; of an adult with a yes it is."""
    profile = [invented.answered(now, Decision.GRANTED, Purpose.PROFILING)]
    share = [invented.answered(now, Decision.GRANTED, Purpose.SHARING, recipient=-1)]
    used = [invented.may_serve(now, Purpose.PROFILING, said=profile, born_on=_born(now, age)) for age in (15, 18)]
    given = [invented.may_give(now, a_recipient(), said=share, born_on=_born(now, age)) for age in (15, 18)]
    needed = invented.may_give(now, a_recipient(is_necessary=True), born_on=_born(now, 15))
    if (used, given, needed) != ([False, True], [False, True], True):
        return broken(_("Data of a child would be used for more than her order, or an order could not be sent."))
    return kept(_("Asked now, the gate uses and shares of a child only what her order needs."))


@control("children-no-extras", gettext_lazy("Nothing is held of a child that no order needs"))
def no_extras(now: datetime) -> Finding:
    """SFB-30: the doors refuse it; what came past them is found here."""
    return none_wrong(
        children.with_extras(now), children.known(now).count(),
        good=_("Of no child that we know of more is held than an order needs."),
        bad=_("Of a child more is held than an order needs."),
        none=_("We know of no child."),
    )  # fmt: skip


@control("children-without-guardian", gettext_lazy("Nothing is kept of a child without a parent or guardian"))
def none_without_guardian(now: datetime) -> Finding:
    """Rows of people."""
    return none_wrong(
        children.without_guardian(now).count(), children.known(now).count(),
        good=_("For every child that we know of, a parent or guardian has agreed."),
        bad=_("We keep data of a child for whom no parent or guardian has agreed."),
        none=_("No customer is known to be under 17."),
    )  # fmt: skip


def _born(now: datetime, age: float) -> date:
    return timezone.localdate(now) - timedelta(days=int(age * YEAR))


@control("children-not-profiled", gettext_lazy("No real child has a yes to offers of other companies"))
def no_offers_of_others(now: datetime) -> Finding:
    """Rows of people who were under 17 when they said yes."""
    young = children.known(now)
    rows = ConsentEntry.objects.filter(data_subject__in=young, decision=Decision.GRANTED)
    wrong = rows.filter(purpose__in=(Purpose.PARTNER_OFFERS, Purpose.PROFILING))
    return none_wrong(
        wrong.values("data_subject").distinct().count(), young.count(),
        good=_("No child has a yes to offers of other companies or to profiling."),
        bad=_("A child has a yes to offers of other companies or to profiling."),
        none=_("No customer is known to be under 17."),
    )  # fmt: skip
