"""How much of a file do we take in? A little more than may be kept; the rest is read past and never stored."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, MemoryFileUploadHandler, SkipFile
from django.http import HttpRequest


class Bounded(FileUploadHandler):
    """Lets a file go past once it is larger than a paper may be; the words typed beside it stay."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """The piece, handed on to whoever keeps it."""
        if start + len(raw_data) > settings.CASE_PAPER_MAX_BYTES:
            self.request.too_large = True  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        """The next handler has it."""
        return None


def bound(request: HttpRequest) -> None:
    """Sets the limit; before anything of the form is read. Nothing is ever written to the disk."""
    request.upload_handlers = [Bounded(request), MemoryFileUploadHandler(request)]


def was_too_large(request: HttpRequest) -> bool:
    """Whether a file was let go past."""
    return getattr(request, "too_large", False)
