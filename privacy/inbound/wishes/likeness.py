"""Which of our own texts is a mail most like? A second opinion, learnt from `text/`; it never decides alone.

Every word, pair of words and piece of a word votes for and against each label; how strongly, was learnt once from all
texts of its language and is kept beside them (`learning.py`, `manage.py learn_wishes`).
"""

import json
import math
import zlib
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from operator import mul
from pathlib import Path

from .lexicon import is_mark, plain, tokens

FOLDER = Path(__file__).with_name("text")
GRAMS = range(2, 6)
TEXT_LIMIT = 3_000
HEAD = ("labels", "known", "having", "step", "texts", "fingerprint")
Vector = dict[str, float]


def _words(text: str) -> list[str]:
    return [word for word in tokens(plain(text[:TEXT_LIMIT])) if not is_mark(word)]


def _is_chinese(word: str) -> bool:
    return "\u3400" <= word[0] <= "\u9fff"


def features(text: str) -> tuple[Counter[str], Counter[str]]:
    """What is counted: words and pairs of words; and pieces of words, which forgive endings and slips of the pen."""
    words = _words(text)
    whole = Counter(words)
    whole.update(f"{one} {other}" for one, other in pairwise(words))
    pieces: Counter[str] = Counter()
    for word in words:
        padded = f" {word} "
        if not _is_chinese(word):
            pieces.update(padded[at : at + n] for n in GRAMS for at in range(max(1, len(padded) - n + 1)))
    pieces.update("".join(words[at : at + 3]) for at in range(len(words) - 2) if _is_chinese(words[at]))
    return whole, pieces


def rarity(having: int, texts: int) -> float:
    """How much a feature says that so many of the texts have."""
    return math.log((1 + texts) / (1 + having)) + 1


def vector(counted: Sequence[Counter[str]], rare: Vector) -> Vector:
    """The weight of each feature that is known, each kind of feature of length 1."""
    weights: Vector = {}
    for kind in counted:
        some = {f: (1 + math.log(n)) * rare[f] for f, n in kind.items() if f in rare}
        length = math.sqrt(sum(w * w for w in some.values())) or 1.0
        weights.update((f, w / length) for f, w in some.items())
    return weights


@dataclass(frozen=True)
class Votes:
    """What each feature of one language says for and against each label: `step` times a row of whole numbers."""

    labels: list[str]
    known: list[str]
    # How many of the texts have each feature; and the rows, one after the other, in the order of the labels.
    having: list[int]
    rows: "array[int]"
    step: float
    texts: int
    fingerprint: str

    @cached_property
    def rare(self) -> Vector:
        """How much each feature says."""
        return {f: rarity(count, self.texts) for f, count in zip(self.known, self.having, strict=True)}

    @cached_property
    def places(self) -> dict[str, int]:
        """Where the row of each feature begins."""
        return {feature: number * len(self.labels) for number, feature in enumerate(self.known)}

    def opinions(self, text: str) -> Vector:
        """For each label, how much the text is like those that bear it."""
        found = vector(features(text), self.rare)
        starts = map(self.places.__getitem__, found)
        columns = zip(*(self.rows[start : start + len(self.labels)] for start in starts), strict=True)
        steps = (sum(map(mul, found.values(), column)) for column in columns)
        return {label: count * self.step for label, count in zip(self.labels, steps, strict=False)}

    def packed(self) -> bytes:
        """As the bytes of a file; `unpacked` reads them."""
        said = {name: value for name, value in vars(self).items() if name in HEAD}
        return zlib.compress(json.dumps(said, ensure_ascii=False).encode() + b"\n" + self.rows.tobytes(), 9)


def unpacked(data: bytes) -> Votes:
    """What `packed` wrote."""
    head, _, rows = zlib.decompress(data).partition(b"\n")
    return Votes(rows=array("b", rows), **json.loads(head))


def file_of(language: str) -> Path:
    """Where the votes of a language (such as "en") are kept."""
    return FOLDER / f"{language}.votes"


@cache
def votes(language: str) -> Votes:
    """What was learnt of a language."""
    return unpacked(file_of(language).read_bytes())


@cache
def learnt() -> frozenset[str]:
    """The languages of which something was learnt."""
    return frozenset(path.stem for path in FOLDER.glob("*.votes"))


def opinions(language: str, text: str) -> Vector:
    """For each label, how much the text is like those that bear it: about 1 for "just so", about 0 for "not at all"."""
    return votes(language).opinions(text) if language in learnt() else {}
