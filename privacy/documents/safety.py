"""What may a document load? `data:` and our own static files; nothing else, whoever asks."""

import logging
import mimetypes
from typing import Any
from urllib.parse import unquote, urlsplit

from django.contrib.staticfiles import finders
from weasyprint.urls import URLFetcher, URLFetcherResponse

# Its warnings quote the text of the page, which is personal; they stay out of our logs.
for name in ("weasyprint", "weasyprint.progress"):
    logging.getLogger(name).setLevel(logging.CRITICAL + 1)


class Refused(ValueError):
    """Something in the page asked for an address that documents do not load."""


class RefusingFetcher(URLFetcher):
    """Serves `data:` and `static:`; every other scheme, redirects and the network are refused before they are tried."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("data", "static"), allow_redirects=False, fail_on_errors=False)

    def fetch(self, url: str, headers: Any = None) -> Any:
        """One file; the renderer leaves out what is refused."""
        if url[:5].lower() == "data:":
            return super().fetch(url, headers)
        if url[:7].lower() == "static:":
            return _static_file(url)
        raise Refused("Documents load nothing from elsewhere.")


def _static_file(url: str) -> URLFetcherResponse:
    """A file of ours as the static file finders know it; they refuse to leave their folders."""
    name = unquote(urlsplit(url).path).lstrip("/")
    found = finders.find(name)
    if not found:
        raise Refused("There is no such static file.")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    with open(found, "rb") as file:  # noqa: PTH123  # the finder answers a string
        return URLFetcherResponse(url, file.read(), {"Content-Type": kind})
