"""How is the file of a case written? A PDF with a cover, and a ZIP of it and every document, document by document."""

import zipfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from .. import documents
from .contents import Bundle


def pdf_of(bundle: Bundle) -> bytes:
    """The PDF."""
    context = {"bundle": bundle, "case": bundle.case, "now": bundle.now}
    return documents.pdf_of(documents.html_of("case_bundle.html", context))


class _Passing:
    """What a ZIP is written to; it keeps nothing but what was not yet sent."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Some of it."""
        self.waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing to do; asked for by the ZIP."""

    def taken(self) -> bytes:
        """What has come since."""
        data, self.waiting = b"".join(self.waiting), []
        return data


def zip_of(bundle: Bundle) -> Iterator[bytes]:
    """The ZIP, a piece for each document, so that never more than one of them is held; nothing touches a disk."""
    passing = _Passing()
    with zipfile.ZipFile(cast(BinaryIO, passing), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{bundle.case.reference}.pdf", pdf_of(bundle))
        yield passing.taken()
        for name, data in bundle.documents():
            archive.writestr(name, data)
            yield passing.taken()
    yield passing.taken()
