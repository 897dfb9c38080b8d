"""What one version of our words says that another did not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

# Words with the blanks behind them, so that joined again they are the text.
PIECES = re.compile(r"\S+\s*|\s+")


@dataclass(frozen=True)
class Piece:
    """Some words that stayed, went or came."""

    how: str
    text: str


def changes(before: str, after: str) -> list[Piece]:
    """Both texts as one: "same", "gone" and "new" pieces in their order."""
    return list(_pieces(PIECES.findall(before), PIECES.findall(after)))


def _pieces(before: list[str], after: list[str]) -> Iterator[Piece]:
    for how, old, old_end, new, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if how == "equal":
            yield Piece("same", "".join(before[old:old_end]))
            continue
        if old_end > old:
            yield Piece("gone", "".join(before[old:old_end]))
        if new_end > new:
            yield Piece("new", "".join(after[new:new_end]))
