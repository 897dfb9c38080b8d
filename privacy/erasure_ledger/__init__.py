"""Who was erased, written down outside the database, so that no backup brings anybody back (Art. 17)."""

from .book import Unreadable
from .commands import CommandWhileOpen
from .entry import LedgerEntry
from .noting import Erased, begin_again, missing, note, replaying, take_over, write_out
from .standing import SiteClosed, Standing, State, current, look, require_open

__all__ = [
    "CommandWhileOpen", "Erased", "LedgerEntry", "SiteClosed", "Standing", "State", "Unreadable", "begin_again",
    "current", "look", "missing", "note", "replaying", "require_open", "take_over", "write_out",
]  # fmt: skip
