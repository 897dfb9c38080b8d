"""What does a PDF say? Its streams unpacked, files inside included, and its letters read by each font's own table."""

import re
import zlib
from collections.abc import Iterator

STREAM, ENDS = b"stream", b"endstream"
SHOWN = re.compile(rb"\[((?:[^\[\]()]|\((?:\\.|[^\\()])*\))*)\]\s*TJ|(\((?:\\.|[^\\()])*\)|<[0-9A-Fa-f\s]*>)\s*Tj")
PIECE = re.compile(rb"<([0-9A-Fa-f\s]*)>|\(((?:\\.|[^\\()])*)\)")
ONE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
SPAN = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
BLOCK = re.compile(rb"beginbf(char|range)(.*?)endbf", re.DOTALL)
LONGEST = 64 * 1024 * 1024
Table = dict[int, str]


def texts_of_pdf(data: bytes) -> Iterator[bytes]:
    """Every stream as it is unpacked, then the shown text as each font of the file would read it."""
    streams = [_unpacked(packed) for packed in _streams(data)]
    yield from streams
    tables = [table for stream in streams if b"begincmap" in stream and (table := _table(stream))]
    for stream in streams:
        shown = [found[1] if found[1] is not None else found[2] for found in SHOWN.finditer(stream)]
        if shown:
            yield b"\n".join(b"".join(plain for _, plain in PIECE.findall(one)) for one in shown)
            yield from ("\n".join(_read(one, table) for one in shown).encode(errors="replace") for table in tables)


def _streams(data: bytes) -> Iterator[bytes]:
    """In one walk; a file that begins many and ends none must not be read again for each."""
    at = 0
    while (begin := data.find(STREAM, at)) >= 0 and (end := data.find(ENDS, begin)) >= 0:
        yield data[begin + len(STREAM) : end].lstrip(b"\r\n")
        at = end + len(ENDS)


def _unpacked(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, LONGEST)
    except zlib.error:
        return packed


def _table(stream: bytes) -> Table:
    """Which letter each number of a font stands for."""
    found: Table = {}
    for kind, block in BLOCK.findall(stream):
        if kind == b"char":
            found |= {int(code, 16): _letters(text) for code, text in ONE.findall(block)}
        else:
            for first, last, text in SPAN.findall(block):
                start, begin = int(first, 16), int(text, 16)
                for step in range(min(int(last, 16) - start, 0xFFFF) + 1):
                    found[start + step] = chr((begin + step) % 0x110000)
    return found


def _letters(text: bytes) -> str:
    return bytes.fromhex(text.decode().zfill(4)).decode("utf-16-be", errors="replace")


def _read(shown: bytes, table: Table) -> str:
    letters = []
    for numbers, _ in PIECE.findall(shown):
        digits = b"".join(numbers.split())
        letters += [table.get(int(digits[at : at + 4] or b"0", 16), "") for at in range(0, len(digits), 4)]
    return "".join(letters)
