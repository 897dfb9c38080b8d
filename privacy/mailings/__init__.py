"""May this advertising mail leave, and what must it carry? Asked when it is written, and again when it leaves."""

from .leaving import MayNotLeave, note_left, refusals
from .lists import Links
from .writing import PLACE, prepare

__all__ = ["PLACE", "Links", "MayNotLeave", "note_left", "prepare", "refusals"]
