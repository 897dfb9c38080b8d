"""What hangs on a mail? Its parts that are no text, whole and in order; taken apart when somebody asks for them."""

import binascii
import quopri
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from ..fields import one_line
from . import mime, reading
from .mime import Part

NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
NAMED_BY = ("content-disposition", "content-type")
LONGEST_NAME = 120
EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
CONTINUED = re.compile(r"(?:file)?name\*\d+\*?")
EXTENDED = re.compile(r"([\w.-]*)'[\w-]*'(\S*%[0-9A-Fa-f]{2}.*)")
UNSAFE = re.compile(r'[\\/:*?"<>|]+')


@dataclass(frozen=True)
class Attachment:
    """One of them: what it is called, what it says it is, and its bytes."""

    number: int
    name: str
    kind: str
    data: bytes

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.data)


def of(raw: bytes) -> list[Attachment]:
    """All of them; reading.Unreadable when the mail is beyond the limits."""
    try:
        parts = [part for part in _leaves(_whole(raw)) if _hangs_on(part)]
        return [_attachment(number, part) for number, part in enumerate(parts, start=1)]
    except mime.TooMuch as error:
        raise reading.Unreadable(str(error)) from error


def numbered(raw: bytes, number: int) -> Attachment | None:
    """The one with this number; None when there is none."""
    return next((one for one in of(raw) if one.number == number), None)


def _hangs_on(part: Part) -> bool:
    return part.is_attachment or not part.content_type[0].startswith("text/")


def _whole(raw: bytes) -> Part:
    """Unlike `reading`, which needs the beginning only, this keeps the mail to its last byte."""
    head, _ = mime.cut(raw, reading.HEAD_LIMIT)
    gap = EMPTY_LINE.match(raw, len(head))
    pairs = mime.headers(head, count=reading.HEADERS_LIMIT, length=reading.HEADER_LIMIT)
    return Part(dict(reversed(pairs)), raw[gap.end() :] if gap else b"")


def _leaves(whole: Part) -> Iterator[Part]:
    waiting, seen = [(whole, 0)], 0
    while waiting:
        part, depth = waiting.pop(0)
        seen += 1
        if depth > mime.DEPTH_LIMIT or seen > mime.PARTS_LIMIT:
            raise mime.TooMuch("It has too many parts inside each other.")
        boundary = part.content_type[1].get("boundary", "")
        if part.content_type[0].startswith("multipart/") and boundary:
            waiting[:0] = [(_part(piece), depth + 1) for piece in _pieces(part.body, boundary)]
        elif not part.content_type[0].startswith("multipart/"):
            yield part


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    """Between the marks; a mark is searched by its own letters, so that 25 MB take a blink."""
    if len(boundary) > mime.BOUNDARY_LIMIT:
        raise mime.TooMuch("The marks between its parts are too long.")
    mark = re.compile(rb"--" + re.escape(boundary.encode("utf-8", "replace")) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    pieces: list[bytes] = []
    start = None
    for match in mark.finditer(body):
        if match.start() and body[match.start() - 1 : match.start()] != b"\n":
            continue
        if start is not None:
            pieces.append(body[start : match.start()].removesuffix(b"\n").removesuffix(b"\r"))
        start = None if match[1] else match.end()
        if len(pieces) > mime.PARTS_LIMIT:
            raise mime.TooMuch("It has too many parts.")
        if match[1]:
            break
    return [*pieces, body[start:]] if start is not None else pieces


def _part(piece: bytes) -> Part:
    piece = piece.removeprefix(b"\r").removeprefix(b"\n")
    if piece.startswith((b"\r\n", b"\n")):
        return Part({}, piece.lstrip(b"\r\n"))
    return _whole(piece)


def _attachment(number: int, part: Part) -> Attachment:
    return Attachment(number, _name(part) or f"attachment-{number}", part.content_type[0], _decoded(part))


def _decoded(part: Part) -> bytes:
    encoding = part.headers.get("content-transfer-encoding", b"").strip().lower()
    if encoding == b"base64":
        clean = part.body.translate(None, NOT_BASE64)
        whole, rest = clean[: len(clean) // 4 * 4], clean[len(clean) // 4 * 4 :]
        return binascii.a2b_base64(whole + (rest.ljust(4, b"=") if len(rest) > 1 else b""))
    return quopri.decodestring(part.body) if encoding == b"quoted-printable" else part.body


def _name(part: Part) -> str:
    """What the sender calls it, as one harmless file name: no folders, nothing invisible that turns it around."""
    said = ";".join(mime.to_text(part.headers.get(name, b""), "utf-8") for name in NAMED_BY)
    given = {key.lower(): quoted or bare for key, quoted, bare in mime.PARAMETER.findall(said)}
    pieces = [given[key] for key in sorted(given, key=_place) if CONTINUED.fullmatch(key)]
    whole = (given.get(key) for key in ("filename*", "filename", "name*", "name"))
    name = next(filter(None, whole), "".join(pieces))
    if extended := EXTENDED.fullmatch(name):
        name = mime.to_text(unquote_to_bytes(extended[2]), extended[1] or "utf-8")
    name = reading.decoded(name.encode("utf-8", "replace"))
    visible = "".join(letter for letter in one_line(name) if unicodedata.category(letter) != "Cf")
    safe = UNSAFE.sub("_", visible).strip(". ")[-LONGEST_NAME:]
    return safe if any(map(str.isalnum, safe)) else ""


def _place(key: str) -> tuple[str, int]:
    number = re.search(r"\d+", key)
    return key.partition("*")[0], int(number.group()) if number else 0
