"""Which credit agencies do we ask, where are they, and when did they get something about this person? (LRD-17)"""

from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from .recipients import Recipient, told_of


def in_words(case: Any) -> str:
    """The answer to who asks for the agencies, from the register of recipients; to be read before it is sent."""
    found = Recipient.objects.active().filter(kind=Recipient.Kind.CREDIT_REFERENCE).order_by("name")
    if not found:
        return _("We work with no credit agency at present.")
    days = _days(case.data_subject)
    intro = _("These are the credit agencies that we work with:")
    return "\n\n".join([intro, *(_agency(row, days.get(row.pk, [])) for row in found)])


def _agency(row: Recipient, days: list[str]) -> str:
    lines = [row.legal_name or row.name, row.postal_address, row.policy_url, row.purpose]
    if days:
        lines.append(_("It got data about you from us on %(days)s.") % {"days": ", ".join(days)})
    else:
        lines.append(_("By our records it got nothing about you from us."))
    return "\n".join(line for line in lines if line)


def _days(person: Any) -> dict[int, list[str]]:
    """When each agency got something about this person, as far as she may be told."""
    found: dict[int, list[str]] = {}
    rows = told_of(person, timezone.localdate()).filter(recipient__kind=Recipient.Kind.CREDIT_REFERENCE)
    for row in rows.order_by("occurred_at"):
        day = date_format(timezone.localdate(row.occurred_at), "j F Y")
        if day not in found.setdefault(row.recipient_id, []):
            found[row.recipient_id].append(day)
    return found
