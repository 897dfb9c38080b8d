"""In which files does it stand? Everything under the folder of data, compressed and archived too; copies opened."""

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from ..encryption import CannotDecrypt
from ..export import Export
from ..export.files import unsealed
from ..export.job import path_of
from .readings import BROKEN
from .trace import Search, Trace

WHOLE = 32 * 1024 * 1024
OVERLAP = 1024
OPENERS: dict[bytes, Callable[[Path], Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}


def traces(search: Search) -> Iterator[Trace]:
    """Outgoing mail as files, logs, whatever lies there; then the sealed copies of people's data."""
    yield from _in_files(search)
    yield from _in_exports(search)


def _in_files(search: Search) -> Iterator[Trace]:
    for path in sorted(settings.VAR.rglob("*")):
        if path.is_file() and not _is_elsewhere(path):
            name = str(path.relative_to(settings.VAR))
            found = search(name.encode()) + sum(search(part) for part in _parts(path))
            if found:
                yield Trace(f"file:{name}", "", found)


def _is_elsewhere(path: Path) -> bool:
    """The database's own file, searched as tables, and our own style sheets."""
    database = str(settings.DATABASES["default"]["NAME"])
    return str(path).startswith(database) or path.is_relative_to(settings.STATIC_ROOT)


def _parts(path: Path) -> Iterator[bytes]:
    """The file as it lies there; one that is too long to be unpacked in memory is also read as it is unpacked."""
    try:
        with path.open("rb") as file:
            yield from _pieces(file)
        if path.stat().st_size > OVERLAP:
            yield from _unpacked(path)
    except BROKEN:
        return


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """In pieces that overlap, so that memory stays flat and nothing is cut in two."""
    before = b""
    while data := file.read(WHOLE):
        yield before + data
        before = data[-OVERLAP:]


def _unpacked(path: Path) -> Iterator[bytes]:
    """What a compressed log or an archive says beyond its first piece, which is unpacked with everything else."""
    with path.open("rb") as file:
        start = file.read(8)
    for magic, opener in OPENERS.items():
        if start.startswith(magic):
            with opener(path) as file:
                file.seek(WHOLE)
                yield from _pieces(file)
    if start.startswith(b"PK\x03\x04") and path.stat().st_size > WHOLE:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    yield from _pieces(member)


def _in_exports(search: Search) -> Iterator[Trace]:
    """Sealed copies of people's data, opened."""
    for row in Export._base_manager.exclude(files={}).iterator(chunk_size=100):
        for name in row.files:
            path = path_of(row, name)
            found = search(_opened_file(path, row.place(name)))
            if found:
                yield Trace(f"export:{path.parent.name}/{path.name}", "", found)


def _opened_file(path: Path, place: str) -> bytes:
    try:
        return b"".join(unsealed(path, place))
    except (CannotDecrypt, OSError):
        return b""
