"""How do the objects of a PDF get new numbers, and how are they written? Compressed, in streams, as they come."""

import hashlib
import re
import zlib
from typing import Any, BinaryIO

import pydyf  # type: ignore[import-untyped]

# Strings are skipped, so that what a person wrote is never taken for a reference.
REFERENCE = re.compile(rb"\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f]*>|\b(\d+) 0 R\b", re.DOTALL)
FREE, IN_FILE, IN_STREAM = range(3)


def as_bytes(value: Any) -> bytes:
    """A value as it stands in a file."""
    return bytes(pydyf.Array([value]).data[1:-1])


class Renumbering:
    """Where the objects of one part go: up by an offset, or to an object that all parts share."""

    def __init__(self, offset: int, shared: dict[int, int]) -> None:
        self.offset, self.shared = offset, shared

    def number(self, old: int) -> int:
        """The new number."""
        return self.shared.get(old, self.offset + old)

    def reference(self, old: int) -> bytes:
        """The new reference."""
        return b"%d 0 R" % self.number(old)

    def of(self, data: bytes) -> bytes:
        """An object's text with every reference moved."""
        return REFERENCE.sub(self._moved, data)

    def _moved(self, found: re.Match[bytes]) -> bytes:
        return self.reference(int(found[1])) if found[1] else found[0]


class ObjectWriter:
    """Writes objects to a file and remembers where each stands; plain ones go together into compressed streams."""

    def __init__(self, target: BinaryIO) -> None:
        self.target, self.position, self.digest = target, 0, hashlib.sha256()
        self.places: list[tuple[int, int, int]] = [(FREE, 0, 65535)]
        self.together: list[tuple[int, bytes]] = []
        self._put(b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n")

    def reserve(self, count: int) -> int:
        """The first of so many new numbers."""
        first = len(self.places)
        self.places += [(FREE, 0, 0)] * count
        return first

    def new_number(self) -> int:
        """One new number."""
        return self.reserve(1)

    def write(self, number: int, item: Any, moved: Renumbering) -> None:
        """One object under its new number; streams at once, the others when `flush` is called."""
        if isinstance(item, pydyf.Stream):
            head, mark, content = item.data.partition(b"\nstream\n")
            self._indirect(number, moved.of(head) + mark + content)
        else:
            self.plain(number, moved.of(item.data))

    def plain(self, number: int, data: bytes) -> None:
        """One object that is no stream."""
        self.together.append((number, data))

    def flush(self) -> None:
        """Writes the plain objects that have gathered, as one compressed stream."""
        if not self.together:
            return
        stream = self.new_number()
        index, bodies, position = [], [], 0
        for place, (number, data) in enumerate(self.together):
            self.places[number] = (IN_STREAM, stream, place)
            index.append(b"%d %d" % (number, position))
            bodies.append(data)
            position += len(data) + 1
        head = b" ".join(index) + b"\n"
        extra = b"/Type /ObjStm/N %d/First %d" % (len(index), len(head))
        self._compressed(stream, extra, head + b"\n".join(bodies))
        self.together = []

    def close(self, catalog: bytes, information: bytes) -> None:
        """Writes the catalogue, title and dates, and the table of places; the file is whole."""
        root, info = self.new_number(), self.new_number()
        self.plain(root, catalog)
        self.plain(info, information)
        self.flush()
        table, start = self.new_number(), self.position
        self.places[table] = (IN_FILE, start, 0)
        rows = b"".join(kind.to_bytes(1) + place.to_bytes(6) + more.to_bytes(4) for kind, place, more in self.places)
        identifier = self.digest.hexdigest()[:32].encode()
        extra = b"/Type /XRef/W [1 6 4]/Size %d/Root %d 0 R/Info %d 0 R/ID [<%b> <%b>]" % (
            len(self.places), root, info, identifier, identifier,
        )  # fmt: skip
        self._compressed(table, extra, rows)
        self._put(b"startxref\n%d\n%%%%EOF\n" % start)

    def _compressed(self, number: int, extra: bytes, content: bytes) -> None:
        packed = zlib.compress(content)
        head = b"<<%b/Filter /FlateDecode/Length %d>>" % (extra, len(packed))
        self._indirect(number, head + b"\nstream\n" + packed + b"\nendstream")

    def _indirect(self, number: int, data: bytes) -> None:
        self.places[number] = (IN_FILE, self.position, 0)
        self._put(b"%d 0 obj\n%b\nendobj\n" % (number, data))

    def _put(self, data: bytes) -> None:
        self.target.write(data)
        self.digest.update(data)
        self.position += len(data)
