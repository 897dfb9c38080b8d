"""Which words do our letters carry, since when, and may this letter leave?"""

from .difference import changes
from .filling import PLACEHOLDERS, fill, invented, of_the_shop
from .first_words import seed
from .kinds import KINDS, Block, Kind
from .letter import Letter
from .version import USUAL, LetterVersion, WrongWords, began_with, in_force, offered, refuse_wrong, usual, write

__all__ = [
    "KINDS", "PLACEHOLDERS", "USUAL", "Block", "Kind", "Letter", "LetterVersion", "WrongWords", "began_with",
    "changes", "fill", "in_force", "invented", "of_the_shop", "offered", "refuse_wrong", "seed", "usual", "write",
]  # fmt: skip
