"""Where does one thought end and the next begin? Text cut into sentences and clauses, each with its concepts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from .lexicon import ENDS, Lexicon, is_mark, plain, tokens

SENTENCES_LIMIT = 150
# A line that ends before this column was ended by the writer, not by a mail program that folds.
SHORT_LINE = 45
# What makes a thought of its own on either side of an "and".
DEEDS = (
    "leave", "stop", "remove", "no_more", "give", "correct", "freeze", "asks_access", "asks_erasure",
    "asks_rectification", "asks_restriction", "asks_portability",
)  # fmt: skip
CITED = re.compile(r'"[^"\n]{0,200}"')


@dataclass
class Clause:
    """A piece of a sentence between two marks: its concepts and where they stand, in words of the text."""

    start: int
    end: int
    spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def has(self, *concepts: str) -> bool:
        """Whether one of these is in it."""
        return any(concept in self.spans for concept in concepts)

    def has_all(self, *concepts: str) -> bool:
        """Whether all of these are in it."""
        return all(concept in self.spans for concept in concepts)

    @property
    def length(self) -> int:
        """In words."""
        return self.end - self.start

    def add(self, concept: str, start: int, end: int) -> None:
        """Notes where a concept stands."""
        self.spans.setdefault(concept, []).append((start, end))

    def part(self, start: int, end: int) -> "Clause":
        """A piece of it, with the concepts that begin there."""
        spans = {name: [span for span in found if start <= span[0] < end] for name, found in self.spans.items()}
        return Clause(start, end, {name: found for name, found in spans.items() if found})

    def is_near(self, one: str, other: str, within: int) -> bool:
        """Whether two concepts stand at most `within` words apart, without overlapping."""
        return any(
            0 <= b[0] - a[1] <= within or 0 <= a[0] - b[1] <= within
            for a in self.spans.get(one, ())
            for b in self.spans.get(other, ())
        )


@dataclass
class Sentence(Clause):
    """From one full stop to the next, and its clauses in order."""

    clauses: list[Clause] = field(default_factory=list)
    is_question: bool = False


def lines_joined(text: str) -> str:
    """Blank lines and lists end a sentence, short lines a clause; a folded line goes on."""
    text = re.sub(r"\n\s*\n|\n\s*(?=[-*•‣]\s|\d+[.)])", " \n\n ", text.strip())
    return "".join(line + _end_of(line) for line in text.split("\n"))


def _end_of(line: str) -> str:
    if not line.strip():
        return "\n"
    return " , " if len(line.strip()) < SHORT_LINE else " "


def sentences(lexicon: Lexicon, text: str) -> list[Sentence]:
    """The text taken apart, each piece with its concepts; what stands in quotation marks is somebody else's."""
    words = tokens(CITED.sub(" ", plain(lines_joined(text))))
    found = _cut(words)
    _fill(found, lexicon.find(words), len(words))
    for sentence in found:
        sentence.clauses = [part for clause in sentence.clauses for part in _divided(clause)]
    return found


def _divided(clause: Clause) -> list[Clause]:
    """ "Take me off the list and delete my account" is two thoughts; "no emails and calls" is one."""
    for at, after in clause.spans.get("and", ()):
        parts = [clause.part(clause.start, at), clause.part(after, clause.end)]
        if all(part.has(*DEEDS) for part in parts):
            return [parts[0], *_divided(parts[1])]
    return [clause]


def _cut(words: list[str]) -> list[Sentence]:
    found: list[Sentence] = []
    sentence, start = Sentence(0, 0), 0
    for at, word in enumerate([*words, "."]):
        if not is_mark(word):
            continue
        if at > start:
            sentence.clauses.append(Clause(start, at))
        start = at + 1
        if word == "\n" or word[0] in ENDS:
            sentence.end, sentence.is_question = at, "?" in word or "？" in word
            if sentence.clauses:
                found.append(sentence)
            sentence = Sentence(start, start)
    return found[:SENTENCES_LIMIT]


def _fill(found: list[Sentence], hits: Iterable[tuple[str, int, int]], length: int) -> None:
    places: list[tuple[Sentence, Clause] | None] = [None] * (length + 1)
    for sentence in found:
        for clause in sentence.clauses:
            places[clause.start : clause.end] = [(sentence, clause)] * clause.length
    for concept, start, end in hits:
        if place := places[start]:
            for piece in place:
                piece.add(concept, start, end)
