"""The whole file of a case to take away, for ourselves or for both parties; written down each time."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from .. import audit, case_bundle
from ..roles import Act
from . import others_data, seeing, timeline, words
from .pages import require, saved

KINDS = {"ours": False, "both": True}
FORMS = ("pdf", "zip")


class Speaker:
    """In the words of the case's page."""

    def event(self, kind: str) -> str:
        """What happened."""
        return words.event(kind)

    def names(self, actors: list[str]) -> dict[str, str]:
        """Who did it."""
        return timeline.who_is(actors)


@require_POST
def take(request: HttpRequest, pk: int, *, room: Any) -> HttpResponseBase:
    """The PDF, or the ZIP with every document; papers are opened only on their way out."""
    require(request, Act.HANDLE)
    case = others_data.find(pk)
    kind, form = request.POST.get("kind", ""), request.POST.get("form", "")
    if elsewhere := seeing.first_open(request, case):
        return elsewhere
    if kind not in KINDS or form not in FORMS:
        raise Http404
    bundle = case_bundle.collect(case, for_both=KINDS[kind], now=timezone.now(), speaker=Speaker())
    who: Any = request.user
    audit.record("case.bundle_taken", actor=who, subject=case.data_subject, target=case, kind=kind, form=form)
    name = f"{case.reference}-{kind}.{form}"
    return saved(case_bundle.pdf_of(bundle), name) if form == "pdf" else _streamed(bundle, name)


def _streamed(bundle: case_bundle.Bundle, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(case_bundle.zip_of(bundle), content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
