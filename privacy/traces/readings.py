"""What does this say when it is decoded? Mails, pages, addresses, packed and compressed text, and what is inside."""

import base64
import binascii
import bz2
import email
import email.errors
import email.header
import html
import io
import lzma
import quopri
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

from .pdf import texts_of_pdf

# What is packed may be packed again: a queue's message in base64 holds JSON, a ZIP holds mails.
DEEPEST = 3
LONGEST = 64 * 1024 * 1024
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
BASE64 = re.compile(rb"[A-Za-z0-9+/_=-]{24,}")
# Bounded, and begun only where a line begins: a long word without an end must not be tried from each of its letters.
BASE64_LINES = re.compile(rb"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{40,100}+\r?\n)+[A-Za-z0-9+/=]*")
FROM_ADDRESSES = bytes.maketrans(b"-_", b"+/")
PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
ENTITY = re.compile(rb"&#?[0-9A-Za-z]{2,8};")
QUOTED = re.compile(rb"=(?:[0-9A-F]{2}|\r?\n)")
HEADER = re.compile(rb"[A-Za-z-]+:[^\n]*\n")
# RuntimeError: a sealed ZIP, and the standard library's own recursion over a mail.
BROKEN = (
    OSError, EOFError, ValueError, RuntimeError, LookupError, AttributeError, TypeError, zlib.error, lzma.LZMAError,
    zipfile.BadZipFile, binascii.Error, email.errors.MessageError,
)  # fmt: skip
KNOWN = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PK\x03\x04", b"\x78\x9c", b"\x78\xda", b"\x78\x01")


def lowered(data: bytes) -> bytes:
    """Lower case by letter where it is text, by ASCII where it is not."""
    try:
        return data.decode().lower().encode()
    except UnicodeDecodeError:
        return data.lower()


def readings(data: bytes, deeper: int = DEEPEST) -> Iterator[bytes]:
    """The bytes, and what is packed inside, however often."""
    yield data
    for decoder in DECODERS if deeper and _says_something(data) else ():
        for inner in _tried(decoder, data):
            if inner and inner != data:
                yield from readings(inner, deeper - 1)


def _says_something(data: bytes) -> bool:
    """Whether more may be inside: text, or a file of a known kind; what else base64 gives is searched as it is."""
    if data.startswith(KNOWN) or b"%PDF-" in data[:1024]:
        return True
    try:
        data[:4096].decode("cp1252")
        return b"\0" not in data[:4096]
    except UnicodeDecodeError:
        return False


def _tried(decoder: Callable[[bytes], Iterator[bytes]], data: bytes) -> Iterator[bytes]:
    """What somebody made to break us says as much as could be read of it."""
    try:
        yield from decoder(data)
    except BROKEN:
        return


def without_escapes(text: str) -> str:
    """JSON's escaped letters as letters."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "\\u" in text else text


def _of_escapes(data: bytes) -> Iterator[bytes]:
    if b"\\u" in data:
        yield without_escapes(data.decode(errors="replace")).encode(errors="replace")


def _of_addresses(data: bytes) -> Iterator[bytes]:
    if PERCENT.search(data):
        yield unquote_to_bytes(data.replace(b"+", b" "))


def _of_pages(data: bytes) -> Iterator[bytes]:
    if ENTITY.search(data):
        yield html.unescape(data.decode(errors="replace")).encode(errors="replace")


def _of_quoted_lines(data: bytes) -> Iterator[bytes]:
    if QUOTED.search(data):
        yield quopri.decodestring(data)


def _of_mails(data: bytes) -> Iterator[bytes]:
    if not HEADER.match(data):
        return
    for part in email.message_from_bytes(data).walk():
        for name, value in part.items():
            if "=?" in str(value):
                yield f"{name}: {_header(str(value))}".encode(errors="replace")
        if part.get("Content-Transfer-Encoding") and isinstance(content := part.get_payload(decode=True), bytes):
            yield _in_utf8(content, part.get_content_charset())


def _header(value: str) -> str:
    try:
        return str(email.header.make_header(email.header.decode_header(value)))
    except (LookupError, UnicodeError, email.errors.HeaderParseError):
        return value


def _in_utf8(content: bytes, charset: str | None) -> bytes:
    try:
        return content.decode(charset or "utf-8").encode()
    except (LookupError, UnicodeError):
        return content


def _of_base64(data: bytes) -> Iterator[bytes]:
    for word in (*BASE64.findall(data), *BASE64_LINES.findall(data)):
        joined = b"".join(word.split()).translate(FROM_ADDRESSES).rstrip(b"=")
        yield base64.b64decode(joined + b"=" * (-len(joined) % 4))


def _of_compressed(data: bytes) -> Iterator[bytes]:
    """As far as it can be read: a log that is cut off still says what it says."""
    makers: dict[bytes, Callable[[], object]] = {
        b"\x1f\x8b": lambda: zlib.decompressobj(31), b"BZh": bz2.BZ2Decompressor, b"\xfd7zXZ": lzma.LZMADecompressor,
        b"\x78": zlib.decompressobj,
    }  # fmt: skip
    for magic, maker in makers.items():
        if data.startswith(magic):
            yield maker().decompress(data, LONGEST)  # type: ignore[attr-defined]


def _of_archives(data: bytes) -> Iterator[bytes]:
    if not data.startswith(b"PK\x03\x04"):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            yield name.encode()
            with archive.open(name) as member:
                yield member.read(LONGEST)


def _of_documents(data: bytes) -> Iterator[bytes]:
    if b"%PDF-" in data[:1024]:
        yield from texts_of_pdf(data)


DECODERS: tuple[Callable[[bytes], Iterator[bytes]], ...] = (
    _of_escapes, _of_addresses, _of_pages, _of_quoted_lines, _of_mails, _of_base64, _of_compressed, _of_archives,
    _of_documents,
)  # fmt: skip
