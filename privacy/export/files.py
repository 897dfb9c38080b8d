"""Where do the finished files lie, unreadable to whoever finds them? In chunks, each sealed to its place."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from django.core.files.storage import default_storage

from ..encryption import CannotDecrypt, decrypt, encrypt

CHUNK = 256 * 1024
ROOT = "exports"


class Shelf(Protocol):
    """Where the steps of an export put their files: sealed for the portal, plain for the command."""

    def create(self, name: str) -> Any:
        """A context that gives something to `write` to; the file is there only when it ends well."""

    def read(self, name: str) -> bytes:
        """A file that is finished."""

    def finished(self) -> dict[str, dict[str, Any]]:
        """What is finished: name, size and SHA-256 of each."""


class Sink:
    """Takes bytes, counts them, hashes them, and passes them on in chunks."""

    def __init__(self, put: Callable[[bytes], Any]) -> None:
        self.put, self.size, self.hash, self.buffer = put, 0, hashlib.sha256(), bytearray()

    def write(self, data: bytes) -> int:
        """Some bytes."""
        self.size += len(data)
        self.hash.update(data)
        self.buffer += data
        while len(self.buffer) > CHUNK:
            self.put(bytes(self.buffer[:CHUNK]))
            del self.buffer[:CHUNK]
        return len(data)

    def about(self) -> dict[str, Any]:
        """Size and SHA-256 of what was written."""
        return {"size": self.size, "sha256": self.hash.hexdigest()}


def folder(token: str) -> Path:
    """Where the files of one export lie, under the default storage."""
    return Path(default_storage.path(f"{ROOT}/{token}"))


@contextmanager
def appearing(path: Path) -> Iterator[BinaryIO]:
    """A file that has its name only once it is whole and on disk."""
    unfinished = path.with_name(path.name + ".part")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


@contextmanager
def sealed(path: Path, place: str) -> Iterator[Sink]:
    """Writes an encrypted file; each chunk opens only at its own place, and the last one says that it is the last."""
    with appearing(path) as file:
        count = 0

        def put(data: bytes, last: bool = False) -> None:
            nonlocal count
            closed = encrypt(data, place=_place(place, count, last))
            file.write(len(closed).to_bytes(4) + closed)
            count += 1

        sink = Sink(put)
        yield sink
        put(bytes(sink.buffer), last=True)


def unsealed(path: Path, place: str) -> Iterator[bytes]:
    """The plain bytes; CannotDecrypt when anything was changed, moved, added or cut off."""
    with path.open("rb") as file:
        count, head = 0, file.read(4)
        while head:
            closed = file.read(int.from_bytes(head))
            head = file.read(4)
            yield decrypt(closed, place=_place(place, count, last=not head))
            count += 1
    if not count:
        raise CannotDecrypt(place)


def _place(place: str, count: int, last: bool) -> str:
    return f"{place}:{count}:{'last' if last else 'more'}"


def sha256_of(path: Path, place: str) -> str:
    """The hash of the plain content."""
    found = hashlib.sha256()
    for chunk in unsealed(path, place):
        found.update(chunk)
    return found.hexdigest()


def remove(token: str) -> None:
    """Takes the files of one export away; again does no harm."""
    if token:
        shutil.rmtree(folder(token), ignore_errors=True)


def tokens_on_disk() -> Iterator[tuple[str, float]]:
    """Every folder of an export with the time of its last change."""
    root = Path(default_storage.path(ROOT))
    for entry in root.iterdir() if root.is_dir() else ():
        try:
            changed = entry.stat().st_mtime
        except FileNotFoundError:  # another purge was faster
            continue
        yield entry.name, changed
