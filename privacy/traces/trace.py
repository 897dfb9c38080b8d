"""One place that still holds the text, and how a room is asked for such places."""

from collections.abc import Callable
from dataclasses import dataclass

Search = Callable[[bytes], int]


@dataclass(frozen=True)
class Trace:
    """One place, and how many rows, files or messages there hold the text."""

    where: str
    column: str
    count: int
