"""Where mailing services call: proven, stored, then "received". Every answer is fixed text."""

from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ..inbound import webhooks


@csrf_exempt  # a machine calls, with a proof of its own
@require_http_methods(["GET", "HEAD", "POST"])
def receive(request: HttpRequest, service: str, kind: str) -> HttpResponse:
    """200 once it is committed; 401 without proof, 413 when too large, 503 without a database; GET and HEAD say yes."""
    door = webhooks.open_door(service, kind)
    if door is None:
        raise Http404
    if request.method != "POST":
        return HttpResponse()
    try:
        webhooks.receive(door, request)
    except webhooks.Refused:
        # Amazon tells its password only after it was asked for one.
        return _fixed("Not proven.", 401, **{"WWW-Authenticate": 'Basic realm="webhooks"'})
    except webhooks.TooLarge:
        return _fixed("Too large.", 413)
    except UnreadablePostError:
        return _fixed("Incomplete.", 400)
    return HttpResponse()


def _fixed(text: str, status: int, **headers: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain", headers=headers)
