"""Cookies: the page with the choice, the place where choices are handed in, the script for the shop, the way out."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers, set_response_etag
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from .. import cookie_choices, data_subjects
from ..cookie_choices import WHAT_IT_IS, Answer, Browser, Question, Road
from ..recipients import IN_THE_BROWSER, Cookie, Recipient
from .access import is_within_limits, page_of

SCRIPT_SECONDS = 5 * 60
OUT_OF_DATE, TOO_MANY = "again", "limit"


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """The register of cookies, and the choice: only what is needed, all of it, or group by group (MAD-21)."""
    if request.method == "POST":
        return _saved(request)
    browser, question = cookie_choices.browser_of(request), cookie_choices.current(fresh=True)
    allowed = browser.allows(question)
    context = {
        "essential": Cookie.objects.filter(is_essential=True).select_related("recipient"),
        "others": Cookie.objects.filter(is_essential=False).select_related("recipient"),
        "services": Recipient.objects.active().filter(group__in=IN_THE_BROWSER),
        "groups": [_group(group, question, allowed) for group in question.groups],
        "question": question,
        "answered": browser.has_answered(question),
        "is_silenced": browser.is_silenced,
        "hides_cookie_question": True,
    }
    return render(request, "privacy/cookies.html", context)


def _group(group: Any, question: Question, allowed: Any) -> dict[str, Any]:
    return {
        "name": group.value, "label": group.label, "help": WHAT_IT_IS[group], "is_on": group in allowed,
        "companies": question.companies(group),
    }  # fmt: skip


def _saved(request: HttpRequest) -> HttpResponse:
    """Writes it down, puts it into the browser and shows the page again."""
    answer, trouble = _answered(request, cookie_choices.browser_of(request), Road.PAGE, page_of(request))
    response = redirect(f"{reverse('privacy:cookies')}?{trouble or 'saved'}=1")
    if answer:
        cookie_choices.remember(response, answer)
    return response


def _answered(request: HttpRequest, browser: Browser, road: Road, site: str) -> tuple[Answer | None, str]:
    """What the browser is to keep, and what went wrong: of too many from one network each keeps a no, unwritten."""
    if not is_within_limits(request, "cookie_choice"):
        return cookie_choices.unrecorded_no(browser), TOO_MANY
    try:
        return _choose(request, browser, road, site), ""
    except cookie_choices.OutOfDate:
        return None, OUT_OF_DATE


def _choose(request: HttpRequest, browser: Browser, road: Road, site: str) -> Answer:
    question = cookie_choices.current(fresh=True)
    offered: dict[str, Iterable[str]] = {"all": question.groups, "some": request.POST.getlist("yes")}
    yes = offered.get(request.POST.get("choice", ""), ())
    customer = data_subjects.of_account(request.user)
    return cookie_choices.choose(
        browser, yes, version=request.POST.get("version", ""), road=road, site=site, now=timezone.now(),
        customer=customer,
    )  # fmt: skip


@csrf_exempt  # pages behind a link hold no CSRF token, and the shop's pages none of ours; `_sender` is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def choice(request: HttpRequest) -> HttpResponse:
    """What this browser has said (GET), or says now, on our own pages or on the shop's; 403 from anywhere else.

    409 where another question is asked by now, 429 where this network has answered too often: then nothing is written
    down and the browser keeps a no. The form on our pages goes back to where it was.
    """
    sender = _sender(request)
    if sender is None:
        return JsonResponse({"error": "unknown origin"}, status=403)
    browser = cookie_choices.browser_of(request, request.POST.get("had", ""))
    if request.method != "POST":
        return _shared(sender, _as_json(browser.answer))
    if request.POST.get("gpc") == "1":
        browser = Browser(browser.answer, signal=True)
    answer, trouble = _answered(request, browser, _road(request, sender), _site(request, sender))
    response = _back(request, trouble) if "next" in request.POST else _as_json(answer, trouble)
    if answer:
        cookie_choices.remember(response, answer)
    return _shared(sender, response)


def _sender(request: HttpRequest) -> str | None:
    """The shop's origin, empty for our own pages; None for everybody else, whose forms we do not take."""
    origin = request.headers.get("Origin", "")
    if origin in settings.SHOP_ORIGINS:
        return origin
    ours = {f"{request.scheme}://{request.get_host()}", settings.SITE_URL}
    is_ours = origin in ours or request.headers.get("Sec-Fetch-Site") == "same-origin"
    return "" if is_ours else None


def _road(request: HttpRequest, sender: str) -> Road:
    says_no = request.POST.get("choice") != "all" and not request.POST.getlist("yes")
    if says_no and request.POST.get("by") == Road.SIGNAL:
        return Road.SIGNAL
    return Road.SCRIPT if sender else Road.PAGE


def _site(request: HttpRequest, sender: str) -> str:
    """The shop's host; of our own pages the host alone, because some addresses are secrets."""
    return urlsplit(sender).netloc or request.get_host()


def _back(request: HttpRequest, trouble: str) -> HttpResponse:
    if trouble == TOO_MANY:
        return redirect(f"{reverse('privacy:cookies')}?{TOO_MANY}=1")
    back = request.POST["next"]
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(back if is_ours else "/")


def _as_json(answer: Answer | None, trouble: str = "") -> HttpResponse:
    said = {"answer": answer.text if answer else ""}
    if not trouble:
        return JsonResponse(said)
    status, error = {
        OUT_OF_DATE: (409, "out of date"),
        TOO_MANY: (429, "too many answers from this network: nothing was stored, and no is kept; try again later"),
    }[trouble]
    return JsonResponse(said | {"error": error}, status=status)


def _shared(sender: str, response: HttpResponse) -> HttpResponse:
    """Only the shop's own pages may read it."""
    patch_vary_headers(response, ["Origin"])
    if sender:
        response["Access-Control-Allow-Origin"] = sender
        response["Access-Control-Allow-Credentials"] = "true"
    return response


@gzip_page
@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """The script that a shop includes: the same for everybody, kept for five minutes, then asked by its ETag."""
    question = cookie_choices.current()
    words = json.dumps(_for_the_script(question), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    source = render_to_string("privacy/choice.js", {"words": words})
    body = "\n".join(line for line in map(str.strip, source.splitlines()) if line and not line.startswith("/*"))
    response = HttpResponse(body, content_type="text/javascript; charset=utf-8")
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    patch_cache_control(response, public=True, max_age=SCRIPT_SECONDS)
    set_response_etag(response)
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def _for_the_script(question: Question) -> dict[str, Any]:
    """What the script must know: which answers count, the groups, where it hands in, and its words."""
    return {
        "versions": cookie_choices.covering(question),
        "groups": [[group.value, str(group.label), ", ".join(question.companies(group))] for group in question.groups],
        "home": settings.SITE_URL + reverse("privacy:cookie_choice"),
        "age": int(cookie_choices.LIFETIME.total_seconds()),
        "words": {
            "title": _("May we use cookies that are not needed?"),
            "text": _("The shop works without them. Before a yes nothing comes from other companies."),
            "no": _("No, only what is needed"),
            "yes": _("Yes, all of them"),
            "some": _("Choose one by one"),
            "save": _("Save my choice"),
            "more": _("Which cookies, whose, how long?"),
            "show": _("Show what {name} has here"),
            "click": _("Only a click connects your browser to {name}, which then learns of your visit."),
        },
    }


@require_safe
def outside(request: HttpRequest, token: str) -> HttpResponse:
    """The click on something of another company: out to it, without telling it where from (CNX-24)."""
    try:
        return HttpResponseRedirect(cookie_choices.opened(token))
    except cookie_choices.NotOurs:
        raise Http404 from None
