"""How it ends: proposed by one, the person told where she asked for it, agreed to by another; or it stays."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, notices, recipient_notices
from ..recipient_notices import Change
from ..vocabulary import Source
from .imposing import require, tell_recipients
from .restriction import Restriction
from .step import RestrictionStep, note

Steps = RestrictionStep.Kind
AfterLifting = Callable[[Restriction], None]
WHEN_LIFTED: list[AfterLifting] = []


def when_lifted(follow_up: AfterLifting) -> AfterLifting:
    """Registers what a higher room does for the person in the very transaction in which one of these ends."""
    WHEN_LIFTED.append(follow_up)
    return follow_up


def _case_of(row: Restriction) -> Any:
    """The request because of which recipients were told of it."""
    beginning = recipient_notices.RecipientNotice.objects.filter(
        occasion=f"{audit.reference(row)}:{Change.RESTRICTION}"
    )
    first = beginning.exclude(case=None).select_related("case").first()
    return first.case if first else None


def propose_lifting(restriction: Restriction, *, actor: Any, why: str = "", now: datetime | None = None) -> None:
    """The first of two people says that it may end; a person who asked for it is told, and why (Art. 18(3))."""
    now = now or timezone.now()
    with transaction.atomic():
        row = in_force(restriction)
        require(not row.lift_proposed_by, _("A colleague has proposed this already."))
        require(not row.was_asked_for or bool(why.strip()), _("Write why it ends; the person is told."))
        write(row, restriction, lift_proposed_by=audit.reference(actor), lift_proposed_at=now)
        note(row, Steps.LIFT_PROPOSED, actor=actor, now=now, why=why)
        if row.was_asked_for:
            _announce(row, why, now)


def _announce(row: Restriction, why: str, now: datetime) -> None:
    if address := row.data_subject.contact_email:
        context = {"restriction": row, "why": why, "ends_on": _first_day(now)}
        notices.send("restriction_ends", address, key=row.letter, data_subject=row.data_subject, context=context)


def told_at(restriction: Restriction) -> datetime | None:
    """When the person was told that it ends: by the letter, once that has left, or as a colleague noted."""
    return restriction.told_at or notices.left_at(restriction.letter)


def note_told(restriction: Restriction, road: Source, *, actor: Any, now: datetime | None = None) -> None:
    """A colleague has told the person herself, because no email reaches her."""
    now = now or timezone.now()
    with transaction.atomic():
        row = in_force(restriction)
        require(bool(row.lift_proposed_by) and row.was_asked_for, _("Nobody has proposed to end it."))
        write(row, restriction, told_at=now)
        note(row, Steps.TOLD, actor=actor, now=now, road=str(road))


def may_be_lifted_on(restriction: Restriction) -> date | None:
    """The first day on which it may end, some days after the person was told; None while she does not know."""
    told = told_at(restriction)
    return _first_day(told) if told else None


def _first_day(told: datetime) -> date:
    return timezone.localdate(told, settings.SHOP_TZ) + timedelta(days=settings.RESTRICTION_NOTICE_DAYS)


def keep(restriction: Restriction, *, actor: Any) -> None:
    """It does not end after all: the second person does not agree, or the person had good reasons against it."""
    with transaction.atomic():
        row = in_force(restriction)
        require(bool(row.lift_proposed_by), _("Nobody has proposed to end it."))
        write(row, restriction, lift_proposed_by="", lift_proposed_at=None, told_at=None)
        note(row, Steps.KEPT, actor=actor)


def lift(restriction: Restriction, *, actor: Any, now: datetime) -> None:
    """The second, different person ends it, some days after the person was told; the database holds both rules."""
    with transaction.atomic():
        row = in_force(restriction)
        told = told_at(row) if row.was_asked_for else None
        if row.was_asked_for and row.lift_proposed_by:
            first = may_be_lifted_on(row)
            require(first is not None, _("The person has not been told yet that it ends (Art. 18(3))."))
            early = first is not None and timezone.localdate(now, settings.SHOP_TZ) < first
            require(not early, _("The person was told a short while ago: it may end on %(day)s.") % {"day": first})
        write(row, restriction, told_at=told, lifted_at=now, lifted_by=audit.reference(actor))
        note(row, Steps.LIFTED, actor=actor, now=now)
        tell_recipients(row, Change.LIFTING, actor=actor, now=now, case=_case_of(row))
        for follow_up in WHEN_LIFTED:
            follow_up(row)


def in_force(restriction: Restriction) -> Restriction:
    """As it is now, locked until the transaction ends."""
    row = Restriction.objects.select_for_update(of=("self",)).select_related("data_subject").get(pk=restriction.pk)
    require(row.lifted_at is None, _("It was lifted already."))
    return row


def write(row: Restriction, given: Restriction, **values: Any) -> None:
    """Into the database, and into what the caller holds."""
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))
    for name, value in values.items():
        setattr(given, name, value)
