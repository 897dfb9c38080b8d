"""How does a mail come apart? Head, parts and text, by our own small reader: one pass, no recursion, hard limits."""

import binascii
import codecs
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass

PARTS_LIMIT = 200
DEPTH_LIMIT = 10
BOUNDARY_LIMIT = 1_000
BODY_LIMIT = 2 * 1024 * 1024
PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))')
HEADER = re.compile(rb"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


class TooMuch(ValueError):
    """A limit is reached; its text says which."""


def cut(raw: bytes, limit: int) -> tuple[bytes, bytes]:
    """Head and body, divided at the first empty line, without looking at the rest of the mail."""
    match = re.compile(rb"\r?\n\r?\n").search(raw, 0, limit)
    if match:
        return raw[: match.start()], raw[match.end() : match.end() + BODY_LIMIT]
    if len(raw) > limit:
        raise TooMuch("Its head is too long.")
    return raw, b""


def headers(head: bytes, *, count: int, length: int) -> list[tuple[str, bytes]]:
    """Names in lower case and raw values, unfolded and shortened; lines that are no header are passed over."""
    lines = re.split(rb"\r?\n(?![ \t])", head.lstrip(b"\r\n"), maxsplit=count)
    if len(lines) > count:
        raise TooMuch("It has too many header lines.")
    matches = (HEADER.match(line[:length]) for line in lines)
    return [(m[1].decode("ascii").lower(), re.sub(rb"[\r\n\0]+", b" ", m[2]).strip()) for m in matches if m]


def to_text(data: bytes, charset: str) -> str:
    """Decoded by the charset it claims, else by what fits; NULs become blanks."""
    for name in (charset, "utf-8"):
        try:
            if codecs.lookup(name)._is_text_encoding:
                return data.decode(name).replace("\0", " ")
        except (LookupError, ValueError):
            continue
    return data.decode("cp1252", "replace").replace("\0", " ")


@dataclass
class Part:
    """One part of a mail: its headers (the first of each name) and its bytes, still encoded."""

    headers: dict[str, bytes]
    body: bytes

    @property
    def content_type(self) -> tuple[str, dict[str, str]]:
        """Such as ("text/plain", {"charset": "utf-8"}); plain text where nothing sensible is said."""
        said = to_text(self.headers.get("content-type", b""), "ascii")
        kind = said.partition(";")[0].strip().lower()
        parameters = {name.lower(): quoted or bare for name, quoted, bare in PARAMETER.findall(said)}
        return kind if re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind) else "text/plain", parameters

    @property
    def is_attachment(self) -> bool:
        """Whether it hangs on the mail instead of being its text."""
        return self.headers.get("content-disposition", b"").lower().startswith(b"attachment")

    def text(self, limit: int) -> str:
        """The text of this part, decoded, at most `limit` characters of it."""
        encoding = self.headers.get("content-transfer-encoding", b"").strip().lower()
        data = self.body[: limit * 2]
        if encoding == b"base64":
            clean = NOT_BASE64.sub(b"", data)
            data = binascii.a2b_base64(clean[: len(clean) // 4 * 4] + _rest_of_base64(clean))
        elif encoding == b"quoted-printable":
            data = quopri.decodestring(data)
        return to_text(data, self.content_type[1].get("charset", "utf-8") or "utf-8")[:limit]


def _rest_of_base64(clean: bytes) -> bytes:
    """The last incomplete group, padded; a single letter over is dropped."""
    rest = clean[len(clean) // 4 * 4 :]
    return rest.ljust(4, b"=") if len(rest) > 1 else b""


def leaves(whole: Part) -> Iterator[Part]:
    """Every part that holds no further parts, in order; attached mails are leaves, not opened."""
    waiting, seen = [(whole, 0)], 0
    while waiting:
        part, depth = waiting.pop(0)
        seen += 1
        if depth > DEPTH_LIMIT or seen > PARTS_LIMIT:
            raise TooMuch("It has too many parts inside each other.")
        boundary = part.content_type[1].get("boundary", "")
        if part.content_type[0].startswith("multipart/") and boundary:
            waiting[:0] = [(inner, depth + 1) for inner in _divided(part.body, boundary)]
        else:
            yield part


def _divided(body: bytes, boundary: str) -> list[Part]:
    """The parts between the boundaries; a missing last boundary is forgiven."""
    if len(boundary) > BOUNDARY_LIMIT:
        raise TooMuch("The marks between its parts are too long.")
    mark = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary.encode("utf-8", "replace")) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    parts: list[Part] = []
    start = None
    for match in mark.finditer(body):
        if start is not None:
            parts.append(_part(body[start : match.start()]))
        start = None if match[1] else match.end()
        if len(parts) > PARTS_LIMIT:
            raise TooMuch("It has too many parts.")
        if match[1]:
            break
    return [*parts, _part(body[start:])] if start is not None else parts


def _part(piece: bytes) -> Part:
    piece = re.sub(rb"\A\r?\n", b"", piece, count=1)
    if re.match(rb"\r?\n", piece):
        return Part({}, piece.lstrip(b"\r\n"))
    head, body = cut(piece[:BODY_LIMIT], BODY_LIMIT)
    return Part(dict(reversed(headers(head, count=200, length=8 * 1024))), body)
