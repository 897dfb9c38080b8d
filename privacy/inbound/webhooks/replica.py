"""The call of a mailing service as a request: alike when its proof is checked and when a worker reads it later.

Django's own reader of forms refuses a field of more than 2 MB, and a whole mail is one field; it also turns the bytes
of a mail into text. This one keeps the bytes and stops at a number of fields.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.http import parse_header_parameters

FIELDS_LIMIT = 1000
NO_NAMES = {"", ".", ".."}


class TooMuch(ValueError):
    """More fields than any mail has parts."""


@dataclass(frozen=True)
class Field:
    """One field of a form, as bytes; a file if it has a name."""

    name: str
    value: bytes
    file_name: str | None = None
    content_type: str = ""


class Replica(HttpRequest):
    """A POST made of headers and bytes that were read before."""

    def __init__(self, meta: dict[str, Any], body: bytes) -> None:
        super().__init__()
        self.method, self.META, self._body = "POST", meta, body
        self._set_content_type_params(meta)  # type: ignore[attr-defined]
        del self.POST, self.FILES  # what stands below is read when it is asked for

    @cached_property
    def fields(self) -> list[Field]:
        """The fields of the form, in order; none where the body is no form."""
        if self.content_type == "application/x-www-form-urlencoded":
            return list(_pairs(self.body))
        if self.content_type == "multipart/form-data":
            return list(_parts(self.body, (self.content_params or {}).get("boundary", "")))
        return []

    @cached_property
    def POST(self) -> QueryDict:  # type: ignore[override]  # noqa: N802
        """The fields that are no files."""
        found = QueryDict(mutable=True, encoding="utf-8")
        for field in self.fields:
            if field.file_name is None:
                found.appendlist(field.name, field.value.decode("utf-8", "replace"))
        return found

    @cached_property
    def FILES(self) -> MultiValueDict[str, Any]:  # type: ignore[override]  # noqa: N802
        """The files, whatever names the sender of the mail gave them."""
        found: MultiValueDict[str, Any] = MultiValueDict()
        for field in self.fields:
            if field.file_name is not None:
                found.appendlist(field.name, _file(field))
        return found

    def bytes_of(self, name: str) -> bytes | None:
        """The last value of a field as it came; None where there is none."""
        return next((field.value for field in reversed(self.fields) if field.name == name), None)


def of_stored(content_type: str, body: bytes) -> Replica:
    """The call again, as far as reading it needs."""
    return Replica({"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))}, body)


def _file(field: Field) -> SimpleUploadedFile:
    name = PurePath((field.file_name or "").replace("\\", "/")).name.replace("\0", "")
    return SimpleUploadedFile("unnamed" if name in NO_NAMES else name, field.value, field.content_type)


def _pairs(body: bytes) -> Iterator[Field]:
    """The fields of a form in one line, as bytes; the standard library makes text of them."""
    pieces = body.split(b"&", FIELDS_LIMIT)
    if len(pieces) > FIELDS_LIMIT:
        raise TooMuch("Too many fields.")
    for piece in filter(None, pieces):
        name, _, value = (unquote_to_bytes(part.replace(b"+", b" ")) for part in piece.partition(b"="))
        yield Field(name.decode("utf-8", "replace"), value)


def _parts(body: bytes, boundary: str) -> Iterator[Field]:
    """The parts of multipart/form-data (RFC 7578), their content untouched."""
    if not boundary:
        return
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1", "replace"), FIELDS_LIMIT + 2)
    if len(pieces) > FIELDS_LIMIT + 2:
        raise TooMuch("Too many fields.")
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return
        head, found, content = piece.partition(b"\r\n\r\n")
        if found:
            yield _field(head, content)


def _field(head: bytes, content: bytes) -> Field:
    lines = (line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n"))
    said = {name.strip().lower(): value.strip() for name, _, value in lines}
    _, parameters = parse_header_parameters(said.get("content-disposition", "")[:10_000])
    kind, _ = parse_header_parameters(said.get("content-type", "")[:1000])
    return Field(str(parameters.get("name", "")), content, parameters.get("filename"), str(kind))
