"""Stop our emails, without login: by address and mailed link, or by the one click of RFC 8058."""

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .. import mailed_links
from ..forms import AddressForm
from ..inbound import undoing


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Enter an address; the answer is the same whether we know it or not."""
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        mailed_links.ask(form.cleaned_data["email"], "unsubscribe")
        return render(request, "privacy/link_sent.html", {"purpose": "unsubscribe"})
    status = 422 if request.method == "POST" else 200
    return render(request, "privacy/unsubscribe.html", {"form": form}, status=status)


@csrf_exempt  # the token is the proof; a mail program has no cookie and no form token
@require_http_methods(["GET", "HEAD", "POST"])
def one_click(request: HttpRequest, token: str) -> HttpResponse:
    """POST acts and answers 200, whatever its body; GET shows a button; HEAD and link scanners do nothing."""
    link = mailed_links.may_unsubscribe(token)
    if link is None and not mailed_links.has_nothing_to_stop(token):
        raise Http404
    is_post = request.method == "POST"
    if is_post and link is not None:
        everything = _wants_everything_off(request)
        wording = _("Stop all advertising by email") if everything else _("Stop these emails")
        page = f"{request.get_host()}/unsubscribe/"
        mailed_links.unsubscribe(link, page=page, wording=wording, everything=everything)
    senders = mailed_links.senders_of(link) if link is not None else []
    return render(request, "privacy/one_click.html", {"done": is_post or link is None, "senders": senders})


def _wants_everything_off(request: HttpRequest) -> bool:
    """Our own page's second button. A body that cannot be read takes nothing from the click (RFC 8058 3.2)."""
    try:
        return request.POST.get("what") == "everything"
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        return False


@csrf_exempt  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """The link in a receipt: a button that puts back what an unsubscribe link or mail took away."""
    link = undoing.may_undo(token)
    if link is None:
        raise Http404
    done = request.method == "POST"
    if done:
        undoing.undo(link, page=f"{request.get_host()}/unsubscribe/")
    return render(request, "privacy/undo.html", {"done": done})
