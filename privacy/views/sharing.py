"""Who gets which details, where and why; and the refusals."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from .. import preferences
from ..recipients import Recipient, told_of
from .access import customer_required
from .preferences import save

# Of the hand-overs; all of them stand page by page among her data.
SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def share(request: HttpRequest, customer: Any) -> HttpResponse:
    """The page, and the saving of it."""
    options = preferences.sharing()
    if request.method == "POST":
        return save(request, customer, options, "privacy:sharing")
    now_on = preferences.ticked_boxes(customer, options)
    handed_over = list(told_of(customer, timezone.localdate())[: SHOWN + 1])
    context = {
        "refusals": [_shown(o, now_on) for o in options if o.is_refusal],
        "optional": [_shown(o, now_on) for o in options if o.recipient],
        "necessary": Recipient.objects.active().filter(is_necessary=True),
        "home": settings.SHOP["jurisdiction"][:2],
        "disclosures": handed_over[:SHOWN],
        "there_are_more": len(handed_over) > SHOWN,
    }
    return render(request, "privacy/sharing.html", context)


def _shown(option: preferences.Option, now_on: Any) -> dict[str, Any]:
    return {"option": option, "is_on": option.key in now_on}
