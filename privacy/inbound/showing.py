"""How does a colleague read a mail? Its own words first, what is quoted folded away, and the headers that matter."""

import re
from dataclasses import dataclass

from . import own_words
from .reading import Reading

LINES = 2_000
HEADERS = ("from", "reply-to", "to", "cc", "date")
ADDRESS = re.compile(r"(<[^<>]*>)")
LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


@dataclass(frozen=True)
class Piece:
    """Some lines in a row that are the sender's own, or that are not."""

    text: str
    is_own: bool
    lines: int


def pieces(text: str) -> list[Piece]:
    """The whole text, cut where own and quoted lines meet; nothing is left out."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    own = _own_lines(lines, own_words.own_words(text))
    if own is None:
        mine = own_words.own_words(text)
        return [_piece(mine.split("\n"), is_own=True), _piece(lines, is_own=False)]
    found: list[tuple[bool, list[str]]] = []
    for number, line in enumerate(lines):
        # An empty line belongs to what it follows.
        is_own = number in own if line.strip() or not found else found[-1][0]
        if not found or found[-1][0] != is_own:
            found.append((is_own, []))
        found[-1][1].append(line)
    return [piece for is_own, some in found if (piece := _piece(some, is_own=is_own)).text]


def _piece(lines: list[str], *, is_own: bool) -> Piece:
    return Piece("\n".join(lines).strip("\n"), is_own, sum(bool(line.strip()) for line in lines))


def _own_lines(lines: list[str], mine: str) -> set[int] | None:
    """Which lines were taken for the sender's own; None when they cannot be found again one by one."""
    wanted = [_bare(line) for line in mine.split("\n") if _bare(line)]
    own: set[int] = set()
    place = 0
    for number, line in enumerate(lines[:LINES]):
        if place < len(wanted) and _bare(line) == wanted[place]:
            own.add(number)
            place += 1
        elif line.strip() and not _bare(line) and number - 1 in own:
            own.add(number)
    return own if place == len(wanted) else None


def _bare(line: str) -> str:
    return " ".join(LINK.sub(" ", line).split())


def head(read: Reading) -> list[tuple[str, list[str]]]:
    """The headers that tell who wrote to whom and when, as the sender says it; names and addresses as pieces.

    Each piece is shown by itself, so that a name written from right to left does not turn its address around.
    """
    said = ((name, ", ".join(read.headers.get(name, []))) for name in HEADERS)
    return [(name, [piece for piece in ADDRESS.split(value) if piece.strip()]) for name, value in said if value]
