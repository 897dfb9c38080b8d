"""The file of the erased: a line each, chained with our key, added to and never changed, read once."""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..encryption import keyed_hash

GENESIS = "0" * 64
Signature = tuple[int, int, int, int]


class Unreadable(Exception):
    """The file cannot be trusted; the text says where, in one line."""


@dataclass(frozen=True)
class Place:
    """Behind a line: its number, its hash, and at which byte the next one begins."""

    sequence: int = 0
    hash: str = GENESIS
    offset: int = 0


BEGINNING = Place()


def seal(content: dict[str, Any]) -> str:
    """What the hash of a line must be; only our key can compute it."""
    plain = {name: value for name, value in content.items() if name != "hash"}
    return keyed_hash(json.dumps(plain, sort_keys=True, separators=(",", ":")), use="erasure-ledger")


def line_of(content: dict[str, Any], after: Place) -> dict[str, Any]:
    """The content as the line that follows, numbered, chained and sealed."""
    line = content | {"sequence": after.sequence + 1, "before": after.hash}
    return line | {"hash": seal(line)}


def lines(path: Path, after: Place = BEGINNING) -> Iterator[tuple[dict[str, Any], Place]]:
    """Every line after this place, each checked; what a crash left unfinished at the end is no line."""
    with path.open("rb") as file:
        file.seek(after.offset)
        yield from chained((raw for raw in file if raw.endswith(b"\n")), after)


def chained(raws: Iterable[bytes], place: Place = BEGINNING) -> Iterator[tuple[dict[str, Any], Place]]:
    """Every line with the place behind it; Unreadable at the first that does not follow or is not sealed by us."""
    for raw in raws:
        line = _checked(raw, place)
        place = Place(line["sequence"], line["hash"], place.offset + len(raw))
        yield line, place


def _checked(raw: bytes, before: Place) -> dict[str, Any]:
    try:
        line = json.loads(raw)
        is_next = line["sequence"] == before.sequence + 1 and line["before"] == before.hash
        is_whole = is_next and line["hash"] == seal(line)
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"line {before.sequence + 1} is not one of ours") from error
    if not is_whole:
        key = ", or DATA_KEY_FILE holds another key" if before == BEGINNING else ""
        raise Unreadable(f"line {before.sequence + 1} was changed, or lines before it are missing{key}")
    return dict(line)


def signature(path: Path) -> Signature | None:
    """What changes whenever the file does; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


_read: dict[Path, tuple[Signature, Place]] = {}


def end(path: Path) -> Place:
    """Behind the last line. What was checked is not read again while the file only grows."""
    now = signature(path)
    if now is None:
        return BEGINNING
    then, place = _read.get(path, (now, BEGINNING))
    if then == now and place is not BEGINNING:
        return place
    has_only_grown = then[:2] == now[:2] and now[2] > then[2]
    try:
        place = _last(path, place if has_only_grown else BEGINNING)
    except Unreadable:
        place = _last(path, BEGINNING)  # another file may have the place of the one that was read before
    _read[path] = now, place
    return place


def _last(path: Path, place: Place) -> Place:
    for _line, behind in lines(path, place):
        place = behind
    return place


def place_of(path: Path, sequence: int) -> Place | None:
    """Behind the line of this number; None where the file ends before."""
    found = (place for _line, place in lines(path) if place.sequence == sequence) if path.exists() else iter(())
    return BEGINNING if sequence == 0 else next(found, None)


@contextmanager
def locked(path: Path, what: str = "lock", *, wait: bool = True) -> Iterator[None]:
    """One at a time, also among processes; the kernel frees it when one is killed. BlockingIOError unless it waits."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path.with_name(f"{path.name}.{what}"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def append(path: Path, new: Sequence[str]) -> None:
    """Adds lines and waits for the disk; a line that a crash left unfinished is cut off first. Only when locked."""
    where = end(path).offset
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.ftruncate(descriptor, where)
        try:
            with os.fdopen(os.dup(descriptor), "wb") as file:
                file.seek(where)
                file.write("".join(f"{line}\n" for line in new).encode())
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, where)
            raise
    finally:
        os.close(descriptor)
    _wait_for_the_folder(path)


def _wait_for_the_folder(path: Path) -> None:
    """A new file's name is on the disk only with its folder."""
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
