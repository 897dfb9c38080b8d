"""How is a line added? Into the database first, then into the file, and only then is anything destroyed."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from ..encryption import keyed_hash
from . import book
from .entry import LedgerEntry
from .standing import SiteClosed, look

LOCK = 0x6C65_6467


@dataclass(frozen=True)
class Erased:
    """By what somebody erased is found again, as keyed hashes; never a value."""

    number: str
    known_by: list[str] = field(default_factory=list)
    mail: list[str] = field(default_factory=list)
    suppressed: list[list[str]] = field(default_factory=list)


def note(erased: Erased, *, erasure: str, now: datetime) -> None:
    """Writes down that she is being erased, before anything is; once for each erasure. OSError leaves her untouched."""
    about = keyed_hash(f"{erasure}:{erased.number}", use="erasure-ledger")
    content = {"at": now.isoformat(timespec="seconds"), "erasure": erasure, "about": about, **asdict(erased)}
    # Durable: a line in the file whose row was rolled back would close the site.
    with transaction.atomic(durable=True):
        _alone()
        if not LedgerEntry.objects.filter(about=about).exists():
            if not (standing := look()).is_open:
                raise SiteClosed(str(standing))
            LedgerEntry.of(book.line_of(content, LedgerEntry.last_place()), is_written=False).save(force_insert=True)
    write_out()


def write_out() -> None:
    """Brings into the file what only the database knows; safe to repeat, and for many at once."""
    path: Path = settings.ERASURE_LEDGER_FILE
    with book.locked(path):
        place = book.end(path)
        waiting = LedgerEntry.objects.filter(sequence__gt=place.sequence, is_written=False)
        if new := list(waiting.order_by("sequence").values_list("line", flat=True)):
            if json.loads(new[0])["before"] != place.hash:
                raise SiteClosed(str(look()))
            book.append(path, new)
        there = book.end(path).sequence
    LedgerEntry.objects.filter(sequence__lte=there, is_written=False).update(is_written=True)


def missing() -> tuple[int, Iterable[dict[str, Any]]]:
    """How many lines of the file this database does not know, and the lines, one after the other."""
    path: Path = settings.ERASURE_LEDGER_FILE
    last = book.end(path).sequence
    known = set(LedgerEntry.objects.filter(sequence__lte=last).values_list("sequence", flat=True))
    unknown = (line for line, _place in book.lines(path) if line["sequence"] not in known)
    return last - len(known), unknown if last else iter(())


def take_over(line: dict[str, Any]) -> None:
    """This database knows the line from now on, in the transaction of what it brought about."""
    LedgerEntry.objects.bulk_create([LedgerEntry.of(line, is_written=True)], ignore_conflicts=True)


@contextmanager
def replaying() -> Iterator[None]:
    """One replay at a time; BlockingIOError while another runs."""
    with book.locked(settings.ERASURE_LEDGER_FILE, "replay", wait=False):
        yield


def begin_again() -> Path | None:
    """Writes the file anew from what the database knows; where the old one was put, None if there was none.

    Unreadable when that is no chain of our key's, because lines are missing in between or the key is another.
    """
    path: Path = settings.ERASURE_LEDGER_FILE
    with book.locked(path):
        known = list(LedgerEntry.objects.order_by("sequence").values_list("line", flat=True))
        for _line in book.chained(line.encode() for line in known):
            pass
        moved = _put_aside(path)
        book.append(path, known)
    LedgerEntry.objects.update(is_written=True)
    return moved


def _put_aside(path: Path) -> Path | None:
    """Nothing is thrown away."""
    count = len(list(path.parent.glob(f"{path.name}.aside-*")))
    with suppress(FileNotFoundError):
        return path.rename(path.with_name(f"{path.name}.aside-{count + 1}"))
    return None


def _alone() -> None:
    """One line at a time, so that they follow each other; SQLite's IMMEDIATE transactions are that already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
