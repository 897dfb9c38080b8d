"""Marketing by channel and sender, and other uses: every choice with its exact words, off in one click."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from .. import cookie_choices, preferences
from ..purposes import Purpose
from ..vocabulary import Channel
from .access import ask_again, customer_required, is_fresh, page_of


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def choose(request: HttpRequest, customer: Any) -> HttpResponse:
    """The page, and the saving of it."""
    options = [*preferences.marketing(), *preferences.use()]
    if request.method == "POST":
        return save(request, customer, options, "privacy:preferences")
    now_on = preferences.ticked_boxes(customer, options)
    channels = [
        {"channel": channel, "options": [_shown(o, now_on) for o in options if o.channel == channel]}
        for channel in Channel
    ]
    context = {
        "channels": channels,
        "others": [_shown(o, now_on) for o in options if not o.channel],
        "anything_on": bool(now_on),
        "purposes": Purpose.objects.all(),
    }
    return render(request, "privacy/preferences.html", context)


def save(request: HttpRequest, customer: Any, options: list[preferences.Option], back_to: str) -> HttpResponse:
    """Off at once; on only for somebody who has just proved who she is.

    The signal of her browser is heard first, so that what she says here is the later word (CCPA s. 7025).
    """
    if cookie_choices.browser_of(request).signal:
        cookie_choices.object_once(customer, page=page_of(request))
    if "all_off" in request.POST:
        words = _("Switch everything off")
        preferences.all_off(customer, options, actor=request.user, page=page_of(request), wording=words)
        messages.success(request, _("All of it is switched off. It counts from now on."))
        return redirect(back_to)
    changes = preferences.save(
        customer,
        options,
        ticked=request.POST.getlist("yes"),
        shown_ticked=request.POST.getlist("was"),
        may_switch_on=is_fresh(request),
        actor=request.user,
        page=page_of(request),
    )
    if changes.waiting:
        ask_again(request)
    messages.success(request, _("Saved. It counts from now on."))
    return redirect(back_to)


def _shown(option: preferences.Option, now_on: Any) -> dict[str, Any]:
    return {"option": option, "is_on": option.key in now_on}
