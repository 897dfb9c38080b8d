"""Bars use, or holds from deletion, from this moment on."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, recipient_notices
from ..recipient_notices import Change
from .contents import Part
from .records import find, name_of
from .restriction import NotLawful, Restriction
from .step import RestrictionStep, note

AfterImposing = Callable[[Restriction], None]
WHEN_IMPOSED: list[AfterImposing] = []


def when_imposed(follow_up: AfterImposing) -> AfterImposing:
    """Registers what a higher room does in the very transaction in which one of these begins."""
    WHEN_IMPOSED.append(follow_up)
    return follow_up


def impose(
    data_subject: Any,
    kind: Restriction.Kind,
    reason: str,
    *,
    actor: Any,
    scope: str = "",
    review_on: date | None = None,
    evidence: str = "",
    case: Any = None,
) -> Restriction:
    """One restriction or hold; recipients are told of the first (Art. 18, 17(3), 19). NotLawful for bad input."""
    require(bool(reason.strip()), _("Say why."))
    scope = name_of(find(data_subject, scope)) if scope.strip() else ""
    if kind != Restriction.Kind.ARTICLE_18 or review_on is not None:
        require_review_day(review_on)
    with transaction.atomic():
        if kind != Restriction.Kind.ARTICLE_18:
            _require_new(data_subject, kind, scope, evidence)
        row = Restriction.objects.create(
            data_subject=data_subject,
            kind=kind,
            reason=reason,
            evidence=evidence,
            scope=scope,
            imposed_by=audit.reference(actor),
            review_on=review_on,
        )
        named: dict[str, Any] = {"record": scope} if scope else {}
        note(row, RestrictionStep.Kind.IMPOSED, actor=actor, until=review_on, kind=str(kind), **named)
        tell_recipients(row, Change.RESTRICTION, actor=actor, now=row.imposed_at, case=case)
        for follow_up in WHEN_IMPOSED:
            follow_up(row)
    return row


def hold(data_subject: Any, kind: Restriction.Kind, reason: str, *, records: Iterable[str], **said: Any) -> list[Any]:
    """One hold for each of these records, or one on everything where none is named; all of them or none.

    Each ends by itself, as each debt is paid by itself.
    """
    with transaction.atomic():
        return [impose(data_subject, kind, reason, scope=name, **said) for name in dict.fromkeys(records) or [""]]


def require_review_day(day: date | None) -> None:
    """NotLawful unless it lies ahead, and not further than a shop may wait before it looks again."""
    require(day is not None, _("Say when this is looked at again."))
    today = timezone.localdate(timezone=settings.SHOP_TZ)
    latest = today + timedelta(days=settings.HOLD_REVIEW_DAYS)
    said = _("The day of the next look must be after today, and %(latest)s at the latest.")
    require(day is not None and today < day <= latest, said % {"latest": f"{latest:%-d %B %Y}"})


def _require_new(data_subject: Any, kind: Restriction.Kind, scope: str, evidence: str) -> None:
    """A form that is sent twice holds once; the person's row is what two requests at once wait for."""
    type(data_subject)._base_manager.select_for_update().filter(pk=data_subject.pk).first()
    same = Restriction.objects.active().filter(data_subject=data_subject, kind=kind, scope=scope, evidence=evidence)
    require(not same.exists(), _("This is held already, for the same reason and with the same reference."))


def tell_recipients(row: Restriction, change: Change, *, actor: Any, now: datetime, case: Any) -> None:
    """Of a restriction and of its end; a hold changes nothing for them. Of one record only those who got that.

    While another one locks the same, its end is no news; when the whole ends, what is still locked in it is told again.
    """
    if row.kind != Restriction.Kind.ARTICLE_18:
        return
    same = {"actor": actor, "now": now, "case": case}
    others = Restriction.objects.of_use().filter(data_subject=row.data_subject).exclude(pk=row.pk)
    if change == Change.LIFTING and others.filter(scope__in=["", row.scope]).exists():
        return
    recipient_notices.tell(
        row.data_subject, change, occasion=f"{audit.reference(row)}:{change}", part=_part(row), **same
    )
    for part in others.order_by("pk") if change == Change.LIFTING and not row.scope else ():
        again = f"{audit.reference(part)}:{Change.RESTRICTION}:{row.pk}"
        recipient_notices.tell(part.data_subject, Change.RESTRICTION, occasion=again, part=_part(part), **same)


def _part(row: Restriction) -> Part | None:
    return Part(row.data_subject, row.scope) if row.scope else None


def require(holds: bool, otherwise: str) -> None:
    """NotLawful with this line unless it holds."""
    if not holds:
        raise NotLawful(otherwise)
