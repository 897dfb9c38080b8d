"""Stop our emails, without login: by address and mailed link, or by the one click of RFC 8058."""

from django.http import Http404, HttpRequest, HttpResponse
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
        mailed_links.send_unsubscribe_link(form.cleaned_data["email"])
        return render(request, "privacy/link_sent.html", {"purpose": "unsubscribe"})
    status = 422 if request.method == "POST" else 200
    return render(request, "privacy/unsubscribe.html", {"form": form}, status=status)


@csrf_exempt  # the token is the proof; a mail program has no cookie and no form token
@require_http_methods(["GET", "HEAD", "POST"])
def one_click(request: HttpRequest, token: str) -> HttpResponse:
    """POST acts and answers 200; GET shows a button; HEAD and link scanners do nothing."""
    link = mailed_links.may_unsubscribe(token)
    if link is None:
        raise Http404
    done = request.method == "POST"
    if done:
        mailed_links.unsubscribe(link, page=f"{request.get_host()}/unsubscribe/", wording=_("Stop these emails"))
    return render(request, "privacy/one_click.html", {"done": done})


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
