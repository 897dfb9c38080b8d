"""The link in a warning before deletion: a button that keeps what we hold, without login."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .. import tokens
from ..purge import warnings


@csrf_exempt  # the token is the proof, as in every link that we mail
@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest, token: str) -> HttpResponse:
    """POST begins the period anew; GET shows the button, because link scanners open everything."""
    link = tokens.find("keep", token)
    if link is None:
        raise Http404
    done = request.method == "POST"
    if done:
        warnings.keep(link.data_subject, now=timezone.now())
    return render(request, "privacy/keep.html", {"done": done})
