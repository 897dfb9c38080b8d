"""Where a recipient of data says what it did: behind the link in the notice, without an account."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .. import recipient_notices
from ..forms import RecipientAnswerForm
from ..recipient_notices import CLOSED


@csrf_exempt  # the token is the proof, and its page sends no referrer, so no origin either
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a page and changes nothing; the first last word counts, and the same again is no second answer."""
    notice = recipient_notices.by_link(token)
    if notice is None:
        raise Http404
    is_closed = notice.state in CLOSED
    form = RecipientAnswerForm(request.POST if request.method == "POST" and not is_closed else None)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        recipient_notices.answer(notice, said["answer"], actor=notice.recipient, note=said["why"])
        is_closed = True
    context = {"notice": notice, "form": form, "is_answered": is_closed}
    status = 422 if form.is_bound and not is_closed else 200
    return render(request, "privacy/recipient_answer.html", context, status=status)
