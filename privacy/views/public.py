"""The same rights without an account: an address first, then the form behind the link that we mail there."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .. import mailed_links, rights, subject_requests, tokens
from ..forms import AskForm, ComplaintForm, RequestForm, particulars
from ..subject_requests import following, on_behalf
from ..vocabulary import Source
from .requests import form_again


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, kind: str = "request") -> HttpResponse:
    """Enter an address; the answer is the same whether we know it or not."""
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        send = on_behalf.send_link if form.is_for_another else mailed_links.ask
        send(form.cleaned_data["email"], kind)
        return render(request, "privacy/link_sent.html", {"purpose": kind})
    status = 422 if request.method == "POST" else 200
    return render(request, "privacy/public_ask.html", {"form": form, "kind": kind}, status=status)


@csrf_exempt  # the token is the proof, and its page sends no referrer, so no origin either
@require_http_methods(["GET", "HEAD", "POST"])
def fill_in(request: HttpRequest, token: str, kind: str = "request") -> HttpResponse:
    """The form behind the link; sent twice it gives the same case."""
    link = tokens.find("request", token)
    if link is None or link.details.get("about") != kind:
        raise Http404
    start = {"key": rights.fresh_key()}
    form = (ComplaintForm if kind == "complaint" else RequestForm)(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data.get("kind", "complaint")
        try:
            case = subject_requests.open_case(
                link.data_subject,
                wanted,
                source=Source.WEB,
                actor=link.data_subject,
                details=form.cleaned_data["details"],
                identity_confirmed=rights.REGISTER[wanted].link_is_enough,
                idempotency_key=f"link.{link.pk}.{form.cleaned_data['key']}"[:64],
                particulars=particulars(form.cleaned_data, wanted),
            )
        except subject_requests.FormUsed as used:
            again = form_again(type(form), request, used)
            context = {"form": again, "kind": kind, "entries": getattr(again, "entries", {}).values()}
            return render(request, "privacy/public_form.html", context, status=409)
        tokens.spend(link)
        return render(request, "privacy/public_done.html", {"case": case, "follow": following.link(case)})
    entries = getattr(form, "entries", {})
    context = {"form": form, "kind": kind, "entries": entries.values()}
    return render(request, "privacy/public_form.html", context, status=422 if request.method == "POST" else 200)
