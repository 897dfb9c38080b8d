"""What may not be there of a child? Orders and contests without leave are refused; what is found goes (SafeBuy 8)."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from . import data_subjects, erasure, restrictions
from .gate import packs, sales
from .gate.ages import CHILD_UNDER
from .gate.children import is_child
from .guardians import GuardianConsent
from .personal_data import SELF, PersonalData, blank_of, declaration_of, declarations
from .purge import PurgeLine, PurgeRefused, PurgeRun, agreeing, passing, stopping
from .purge.brakes import OTHERS, Brakes, Loss
from .vocabulary import Purpose

logger = logging.getLogger(__name__)
SYSTEM = "system:children"
PACK = "connox"
BORN = "date_of_birth"
# Under this name the purge's brake knows of them.
NAME = "children.without_guardian"


@dataclass
class Found:
    """What one look did; held are those whose data must stay, because somebody ordered that."""

    erased: int = 0
    held: int = 0
    braked: int = 0


def known(now: datetime) -> QuerySet[Any]:
    """Everybody of 16 or under on that day, as far as we know; nobody where the shop keeps no day of birth."""
    people = data_subjects.people().filter(erased_at=None)
    if not any(column.name == BORN for column in people.model._meta.concrete_fields):
        return people.none()
    since = timezone.localdate(now, settings.SHOP_TZ) - relativedelta(years=CHILD_UNDER)
    return people.filter(**{f"{BORN}__gt": since})


def without_guardian(now: datetime) -> QuerySet[Any]:
    """Of whom nothing may be kept: no parent or guardian has agreed (SFB-32)."""
    agreed = GuardianConsent.objects.standing(now).filter(data_subject=OuterRef("pk"))
    return known(now).filter(~Exists(agreed))


def erase_found(now: datetime) -> Found:
    """In strict mode (`CHILDREN_STRICT`): erases them, each as at her own wish, with a letter of what the law keeps.

    Not while purges are stopped, nobody whose data is held, and where there are more than a purge may take unasked
    (`PURGE_BRAKE_MINIMUM`) nobody at all before two people have agreed: most likely a file brought wrong days of birth.
    """
    found = Found()
    if not settings.CHILDREN_STRICT or stopping.current_stop():
        return found
    found.held = without_guardian(now).filter(restrictions.blocking_erasure("pk")).count()
    pks = list(_to_erase(now).order_by("pk").values_list("pk", flat=True))
    brake = _brake(len(pks), now)
    if not brake:
        _erase_all(pks, now, found)
    elif (run := _let_pass(brake)) is None:
        found.braked = len(pks)
    else:
        _erase_all(pks, now, found)
        _note(run, len(pks), found)
    return found


def _to_erase(now: datetime) -> QuerySet[Any]:
    return without_guardian(now).exclude(restrictions.blocking_erasure("pk"))


OTHERS[NAME] = lambda: _to_erase(timezone.now())


def _brake(count: int, now: datetime) -> Brakes:
    """The purge's own, held by their number alone: a share of all customers says nothing of how many are children."""
    too_many = count > settings.PURGE_BRAKE_MINIMUM
    losses = (Loss(NAME, count, known(now).count(), None),) if too_many else ()
    return Brakes(timezone.localdate(now, settings.SHOP_TZ), None, losses, PurgeRun.What.CHILDREN)


def _let_pass(brake: Brakes) -> PurgeRun | None:
    """The row of what two people have agreed to; None while they have not, and they are asked once for each number."""
    if agreeing.standing(brake) is None and agreeing.was_asked(brake):
        return None
    [loss] = brake.losses
    why = f"{loss.due} of {loss.total} children have no parent or guardian on record"
    try:
        return passing.begin(brake, why, "two people, in the office, let it pass")
    except PurgeRefused as refusal:
        logger.error("children: %s", refusal)  # noqa: TRY400  (a brake is no accident; the sentence says it all)
        return None


def _note(run: PurgeRun, due: int, found: Found) -> None:
    """What came of it, beside the purges of the nights."""
    line = PurgeLine.objects.create(run=run, model=NAME, due=due, deleted=found.erased, held=found.held)
    passing.finish(run, [line], outcome=PurgeRun.Outcome.STOPPED if stopping.current_stop() else "")


def _erase_all(pks: Sequence[Any], now: datetime, found: Found) -> None:
    """One after another, until somebody throws the switch."""
    for pk in pks:
        if stopping.current_stop():
            return
        _erase(pk, now, found)


def _erase(pk: Any, now: datetime, found: Found) -> None:
    """Looked at again right before, because a colleague may have written a consent or a hold down meanwhile."""
    child = _to_erase(now).filter(pk=pk).first()
    if child is not None:
        erasure.erase(child, today=timezone.localdate(now, settings.SHOP_TZ), actor=SYSTEM)
        found.erased += 1


def refuse_order(sender: Any, instance: Any, **kwargs: Any) -> None:
    """No order of a child of 16 or under without a parent or guardian (SFB-29); connected by `AppConfig`."""
    child, now = _person_of(instance), timezone.now()
    if not instance._state.adding or not packs.is_active(PACK) or not is_child(child, now):
        return
    if not GuardianConsent.objects.standing(now).filter(data_subject=child).exists():
        raise ValidationError(_("A child of 16 or under orders only with the yes of a parent or guardian."))


def refuse_contest(sender: Any, instance: Any, **kwargs: Any) -> None:
    """No contest, draw or vote with a child of 16 or under (SFB-31); connected by `AppConfig`."""
    if instance._state.adding and packs.is_active(PACK) and is_child(_person_of(instance), timezone.now()):
        raise ValidationError(_("Contests, draws and votes are not for children of 16 or under."))


def refuse_extras(sender: Any, instance: Any, update_fields: Collection[str] | None = None, **kwargs: Any) -> None:
    """Of a child of 16 or under only what an order needs (SFB-30); connected by `AppConfig`."""
    said = declaration_of(sender)
    names: Sequence[str] = said.beyond_the_order if isinstance(said, PersonalData) else ()
    if update_fields is not None and BORN not in update_fields:
        names = [name for name in names if name in update_fields]
    held = [name for name in names if getattr(instance, name)]
    if held and packs.is_active(PACK) and is_child(_person_of(instance), timezone.now()):
        raise ValidationError(dict.fromkeys(held, _("Of a child of 16 or under we take only what an order needs.")))


def with_extras(now: datetime) -> int:
    """How many records of children hold something that no order needs, by whatever way it came."""
    young, found = known(now).values("pk"), 0
    for said in of_extras():
        columns = [column for column in said.shown_fields() if column.name in said.beyond_the_order]
        more = reduce(or_, (~Q(**{column.name: blank_of(column)}) for column in columns))
        found += said.rows.filter(more, **{f"{said.subject_lookup}__in": young}).count()
    return found


def of_extras() -> list[PersonalData]:
    """The records in which more may stand than an order needs."""
    return [said for said in declarations() if said.beyond_the_order and said.data_subject]


def _person_of(instance: Any) -> Any:
    path = instance.personal_data.data_subject
    return instance if path == SELF else getattr(instance, path)


def of_orders() -> list[PersonalData]:
    """The records of sales."""
    return [said for said in declarations() if sales.is_of_sales(said)]


def of_contests() -> list[PersonalData]:
    """The records of contests, draws and votes, each of one person."""
    found = [said for said in declarations() if said.purpose == Purpose.CONTEST]
    return [said for said in found if said.data_subject and "__" not in said.data_subject]
