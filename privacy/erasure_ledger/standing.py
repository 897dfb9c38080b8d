"""Does this database know every line of the ledger? If not, it was put back from a backup, and the site is closed."""

import logging
import time
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from . import book
from .entry import LedgerEntry

logger = logging.getLogger(__name__)
# For so long (in seconds) one process believes what it saw, if the file has not changed meanwhile.
LOOK_AGAIN = 5.0


class SiteClosed(Exception):
    """Nothing is done before the erasures are replayed; the text is one line for whoever runs the site."""


class State(StrEnum):
    """How database and file stand to each other."""

    OPEN = auto()
    BEHIND = auto()
    LOST = auto()
    FOREIGN = auto()
    DAMAGED = auto()
    UNREADABLE = auto()


LINES = {
    State.BEHIND: "Closed: this database lacks {count} erasures that are in the ledger, so it was restored from a "
    "backup. Run: manage.py replay_erasures",
    State.LOST: "Closed: the database knows {count} erasures that are not in {file}. Is ERASURE_LEDGER_FILE right, and "
    "its disk there? Bring the file back; if it is gone for good: manage.py replay_erasures --accept-lost-ledger",
    State.FOREIGN: "Closed: {file} is not the ledger of this database. Is ERASURE_LEDGER_FILE right? Bring back the "
    "file that belongs to it; if it is gone for good: manage.py replay_erasures --accept-lost-ledger",
    State.DAMAGED: "Closed: {file}: {why}. Bring back a whole copy of the file, or the right key; if there is none: "
    "manage.py replay_erasures --accept-lost-ledger",
    State.UNREADABLE: "Closed: {file} cannot be read ({why}). See to it that this process may read and write it.",
}


@dataclass(frozen=True)
class Standing:
    """Open, or closed and why."""

    state: State = State.OPEN
    count: int = 0
    why: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the site may do anything."""
        return self.state == State.OPEN

    def __str__(self) -> str:
        said = LINES.get(self.state, "Open.")
        return said.format(count=self.count, why=self.why, file=settings.ERASURE_LEDGER_FILE)


def look() -> Standing:
    """Compares file and database now; asks the database two questions."""
    path = settings.ERASURE_LEDGER_FILE
    try:
        # The file before the database: a line is committed there before it is written here.
        place = book.end(path)
        if lost := _lost(place):
            # And after it: what is marked as written was on the disk before.
            lost = _lost(place) if place != (place := book.end(path)) else lost
        return Standing(State.LOST, lost) if lost else _compared(path, place)
    except book.Unreadable as error:
        return Standing(State.DAMAGED, why=str(error))
    except OSError as error:
        return Standing(State.UNREADABLE, why=type(error).__name__)


def _lost(place: book.Place) -> int:
    return LedgerEntry.objects.filter(sequence__gt=place.sequence, is_written=True).count()


def _compared(path: Path, place: book.Place) -> Standing:
    known = LedgerEntry.objects.filter(sequence__lte=place.sequence)
    newest = known.order_by("-sequence").values_list("sequence", "hash").first()
    if newest is not None and _hash_at(path, place, newest[0]) != newest[1]:
        return Standing(State.FOREIGN)
    missing = place.sequence - known.count()
    return Standing(State.BEHIND, missing) if missing else Standing()


def _hash_at(path: Path, place: book.Place, sequence: int) -> str:
    return place.hash if sequence == place.sequence else _looked_up(path, place, sequence)


@lru_cache(maxsize=16)
def _looked_up(path: Path, place: book.Place, sequence: int) -> str:
    """Only while the site is closed; the place is named so that another file is looked up anew."""
    found = book.place_of(path, sequence)
    return found.hash if found else ""


@dataclass
class _Seen:
    signature: book.Signature | None
    standing: Standing
    at: float


_seen: dict[Path, _Seen] = {}


def current() -> Standing:
    """The same at the price of one look at the file's size and time; the database is asked every few seconds."""
    path = settings.ERASURE_LEDGER_FILE
    try:
        signature = book.signature(path)
    except OSError:
        return look()
    seen, now = _seen.get(path), time.monotonic()
    if seen is not None and seen.signature == signature and now - seen.at < LOOK_AGAIN:
        return seen.standing
    try:
        standing = look()
    except DatabaseError:
        if signature is None:  # nobody was ever erased here; whoever needs the database says so itself
            return Standing()
        raise
    if not standing.is_open and (seen is None or seen.standing != standing):
        logger.error("%s", standing)
    _seen[path] = _Seen(signature, standing, now)
    return standing


def require_open() -> None:
    """SiteClosed unless every erasure that is in the ledger has been carried out in this database."""
    standing = current()
    if not standing.is_open:
        raise SiteClosed(str(standing))
