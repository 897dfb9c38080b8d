"""What may not be entered while a promise stands? Whoever saves it is refused, and told by which promise."""

from django.utils.translation import gettext as _

from ..recipients import VETOES, Recipient
from .promise import Promise

NOT_FOR_MONEY = "recipients-not-for-money"


def no_buyers(recipient: Recipient) -> str | None:
    """CNX-03: nobody gets data for money while an active promise rests on that."""
    if not recipient.pays:
        return None
    codes = [promise.code for promise in Promise.objects.active() if NOT_FOR_MONEY in promise.controls]
    if not codes:
        return None
    return _("We have promised to sell or rent out no data (%(promises)s).") % {"promises": ", ".join(codes)}


VETOES.append(no_buyers)
