"""Which words of a language mean what? Concepts as lists of words, one file a language, looked up in one pass."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

LETTERS = str.maketrans("łøđı’‘´`“”„«»「」『』", "lodi" + "'" * 4 + '"' * 9)
FULL_WIDTH = str.maketrans({"！": "! ", "？": "? ", "，": ", ", "；": "; ", "：": ": "})
TOKEN = re.compile(
    r"[\u3400-\u9fff\uf900-\ufaff]"  # each Chinese character is a word
    r"|[^\W\d_\u3400-\u9fff]+(?:'[^\W\d_]+|')?|\d+"
    r"|[.!?…]+(?=[\s\"')]|$)|[。！？]|[,;:()，；：、]|\s[-–—]+\s|\n"
)
CONTRACTED = {"t", "s", "re", "ve", "ll", "d", "m"}
ENDS = frozenset(".!?…。！？")
GAP = ".."
CONCEPTS = "[concepts]\n"
# Marks a term that has a negation of its own, which then denies nothing: "ne gardez rien sur moi".
OWN_NO = "own_no"
GAP_WORDS = 4
TYPO_LETTERS = 7
MET_LIMIT = 5_000
MISTYPED = frozenset({"leave", "mails"})


def plain(text: str) -> str:
    """Small letters without accents and typographic quotes, so that a word need be written once."""
    # Full-width marks end a sentence without a blank behind them; folded, they would need one.
    marked = text.translate(FULL_WIDTH)
    folded = unicodedata.normalize("NFKD", marked.casefold()).translate(LETTERS)
    return unicodedata.normalize("NFC", "".join(c for c in folded if not unicodedata.combining(c)))


def tokens(text: str) -> list[str]:
    """Words and marks in order; "l'email" is two words, "don't" one, "e-mail" is "email"; text must be plain."""
    found: list[str] = []
    for word in TOKEN.findall(re.sub(r"\be-(?=[a-z])", "e", text)):
        head, apostrophe, tail = word.partition("'")
        if apostrophe and tail and tail not in CONTRACTED:
            found += [head + apostrophe, tail]
        else:
            found.append(word if word == "\n" else word.strip())
    return found


def is_mark(word: str) -> bool:
    """Whether it is punctuation or the end of a line."""
    return not word[:1].isalnum()


@dataclass(frozen=True)
class Term:
    """One entry of a concept: words in their order; `word*` and `*word` stand for any ending or beginning."""

    concept: str
    words: tuple[str, ...]

    @cached_property
    def second(self) -> str | None:
        """The word that must follow the first; "" where there is none, None where several may."""
        word = self.words[1] if len(self.words) > 1 else ""
        return None if word == GAP or "*" in word else word

    def ends_at(self, text: list[str], start: int, position: int = 1) -> int | None:
        """Where the term ends that begins at `start`; None when the text goes on otherwise."""
        for at in range(position, len(self.words)):
            if self.words[at] == GAP:
                return self._after_gap(text, start, at)
            if start >= len(text) or not fits(self.words[at], text[start]):
                return None
            start += 1
        return start

    def _after_gap(self, text: list[str], start: int, at: int) -> int | None:
        for skipped in range(GAP_WORDS + 1):
            end = self.ends_at(text, start + skipped, at + 1)
            if end is not None:
                return end
            if start + skipped >= len(text) or is_mark(text[start + skipped]):
                return None
        return None


def fits(pattern: str, word: str) -> bool:
    """Whether a word is what one word of a term stands for."""
    if pattern.endswith("*"):
        return word.startswith(pattern[:-1])
    return word.endswith(pattern[1:]) if pattern.startswith("*") else word == pattern


@dataclass(eq=False)
class Index:
    """The terms of a language by their first word."""

    exact: dict[str, list[Term]] = field(default_factory=dict)
    beginnings: dict[str, list[Term]] = field(default_factory=dict)
    endings: dict[str, list[Term]] = field(default_factory=dict)
    typos: dict[str, list[Term]] = field(default_factory=dict)
    with_a_no: set[Term] = field(default_factory=set)
    met: dict[str, list[Term]] = field(default_factory=dict)

    def add(self, term: Term) -> None:
        """Takes in a term; the words for advertising mail and leaving it also with a slip of the pen."""
        first = term.words[0]
        index = self.beginnings if first.endswith("*") else self.endings if first.startswith("*") else self.exact
        stem = first.strip("*")
        index.setdefault(stem, []).append(term)
        if len(term.words) == 1 and len(stem) >= TYPO_LETTERS and term.concept in MISTYPED:
            for variant in (stem, *_less_a_letter(stem)):
                self.typos.setdefault(variant, []).append(term)

    def beginning_at(self, word: str) -> list[Term]:
        """The terms that may begin with a word; people use the same words again and again."""
        if word not in self.met:
            if len(self.met) >= MET_LIMIT:
                self.met.clear()
            self.met[word] = self._beginning_with(word) or self._nearly(word)
        return self.met[word]

    def _beginning_with(self, word: str) -> list[Term]:
        found = list(self.exact.get(word, ()))
        for length in range(1, len(word) + 1):
            found += self.beginnings.get(word[:length], ())
            found += self.endings.get(word[-length:], ())
        return found

    def _nearly(self, word: str) -> list[Term]:
        """Terms from which an unknown word differs by one letter: left out, doubled, exchanged or swapped."""
        if len(word) < TYPO_LETTERS - 1:
            return []
        found = [term for variant in (word, *_less_a_letter(word)) for term in self.typos.get(variant, ())]
        return [term for term in dict.fromkeys(found) if term.words[0][0] == word[0]]


@dataclass(eq=False)
class Lexicon:
    """One language: the little words it is known by, and its terms, which are read when they are first needed."""

    language: str
    code: str
    common: frozenset[str]
    not_may_follow: bool
    concepts: str = field(repr=False)

    @cached_property
    def index(self) -> Index:
        """Its terms, ready to be looked up."""
        listed = tomllib.loads(self.concepts)["concepts"]
        terms = [Term(concept, words) for concept, text in listed.items() for words in _listed(text)]
        index = Index()
        for term in terms:
            index.add(term)
        no = {term.words[0] for term in terms if term.concept == "not" and len(term.words) == 1}
        index.with_a_no = {term for term in terms if no.intersection(term.words[1:])}
        return index

    def find(self, text: list[str]) -> Iterator[tuple[str, int, int]]:
        """Every concept in the text with the tokens it spans: (concept, first, one past the last)."""
        for start, word in enumerate(text):
            if not is_mark(word):
                yield from self._at(text, start)

    def _at(self, text: list[str], start: int) -> Iterator[tuple[str, int, int]]:
        following = text[start + 1] if start + 1 < len(text) else ""
        for term in self.index.beginning_at(text[start]):
            if term.second == "":
                yield term.concept, start, start + 1
            elif term.second is None or term.second == following:
                end = term.ends_at(text, start + 1)
                if end is not None:
                    yield term.concept, start, end
                    if term in self.index.with_a_no:
                        yield OWN_NO, start, end


def _less_a_letter(word: str) -> list[str]:
    return [word[:at] + word[at + 1 :] for at in range(len(word))]


@cache
def lexicons() -> tuple[Lexicon, ...]:
    """Every language, from the files beside this one."""
    return tuple(_load(path) for path in sorted(Path(__file__).parent.glob("*.toml")))


def _load(path: Path) -> Lexicon:
    """What tells the language is read at once; its thousands of terms are left for later."""
    head, mark, concepts = path.read_text().partition(CONCEPTS)
    said = tomllib.loads(head)
    common = frozenset(tokens(plain(said["common"])))
    return Lexicon(said["language"], path.stem, common, said.get("not_may_follow", False), mark + concepts)


def _listed(terms: str) -> list[tuple[str, ...]]:
    return [tuple(_words(term)) for term in re.split(r"[,，\n]", plain(terms)) if term.strip()]


def _words(term: str) -> list[str]:
    """The words of a term, taken apart as texts are, the stars kept."""
    words: list[str] = []
    for piece in term.split():
        if piece == GAP:
            words.append(GAP)
            continue
        bare = piece.strip("*")
        # Taking apart is slow, and most words are one.
        apart = [bare] if bare.isascii() and bare.isalpha() else tokens(bare)
        if piece.startswith("*"):
            apart[0] = "*" + apart[0]
        if piece.endswith("*"):
            apart[-1] += "*"
        words += apart
    return words
