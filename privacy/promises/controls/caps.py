"""Does nobody get more advertising than the shop has set? Asked of the gate, and counted in what really left."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Window
from django.db.models.functions import Lag
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...adverts import AdvertSent
from ...vocabulary import Decision, Sender
from ..control import control
from ..finding import Finding, broken, kept, not_shown
from . import invented

MONTH = timedelta(days=30)


@control("marketing-cap", gettext_lazy("Nobody gets advertising more often than the shop has set"))
def nobody_gets_too_much(now: datetime) -> Finding:
    """MAD-24: how often is too often is set, the gate stops there and not before, and nobody got more in 30 days."""
    caps, left = settings.MARKETING_CAPS, AdvertSent.objects.filter(left_at__gt=now - MONTH).count()
    if not caps and left:
        return broken(_("Advertising leaves, and nobody has set how often is too often (MARKETING_CAPS)."), left=left)
    if not caps:
        return not_shown(_("Nobody has set how often is too often (MARKETING_CAPS); no advertising has left here."))
    if any(_stops_elsewhere(now, channel, most) for channel, (most, _days) in caps.items()):
        return broken(_("The gate does not stop where the shop has set that it is too often."))
    if wrong := sum(_beyond(channel, most, days, now) for channel, (most, days) in caps.items()):
        return broken(_("Somebody got more advertising than the shop has set."), wrong=wrong, looked_at=left)
    return kept(
        _(
            "Asked now, the gate stops where it becomes too often; of what left in the last 30 days nobody got too "
            "much. Mail of other programs, which only take a list from us, is not counted."
        ),
        looked_at=left,
    )


def _stops_elsewhere(now: datetime, channel: str, most: int) -> bool:
    """Asked about somebody who said yes: the last one that she may get must leave, and the next must not."""
    yes = [invented.answered(now - MONTH, Decision.GRANTED, channel=channel, sender=Sender.OWN)]
    last = most == 0 or invented.may_write(now, channel, said=yes, got=most - 1)
    return not last or invented.may_write(now, channel, said=yes, got=most)


def _beyond(channel: str, most: int, days: int, now: datetime) -> int:
    """How many left to somebody who had got the most she may within the days before."""
    span = timedelta(days=days)
    rows = AdvertSent.objects.filter(channel=channel, left_at__gt=now - MONTH - span)
    if not most:
        return rows.filter(left_at__gt=now - MONTH).count()
    before = Window(Lag("left_at", most), partition_by="data_subject", order_by="left_at")
    return rows.annotate(before=before).filter(before__gt=F("left_at") - span).count()
