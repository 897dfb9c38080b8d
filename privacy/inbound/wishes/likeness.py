"""Which of our own texts is a mail most like? A second opinion, learnt from `text/`; it never decides alone.

Kernel ridge regression: every text votes for its labels as strongly as the mail resembles it, and how much each vote
weighs was learnt once from all texts of its language and is kept beside them (`manage.py learn_wishes`).
"""

import json
import math
from array import array
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from operator import mul
from pathlib import Path

from .lexicon import is_mark, plain, tokens

FOLDER = Path(__file__).with_name("text")
GRAMS = range(2, 6)
RIDGE = 0.5
TEXT_LIMIT = 3_000
Vector = dict[str, float]


def texts(language: str) -> list[tuple[frozenset[str], str]]:
    """The texts of a language (such as "en") with their labels."""
    lines = (FOLDER / f"{language}.tsv").read_text().splitlines()
    pairs = (line.partition("\t") for line in lines if line)
    return [(frozenset(labels.split("+")), text) for labels, _, text in pairs]


def _words(text: str) -> list[str]:
    return [word for word in tokens(plain(text[:TEXT_LIMIT])) if not is_mark(word)]


def _is_chinese(word: str) -> bool:
    return "\u3400" <= word[0] <= "\u9fff"


def _features(text: str) -> tuple[Counter[str], Counter[str]]:
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


@dataclass
class Texts:
    """One language's texts, ready to be compared with: how rare each feature is, and which texts have it."""

    labels: list[frozenset[str]]
    rarity: Vector = field(default_factory=dict)
    # Which texts, and how weighty in each: arrays, because eleven languages have a million and a half of these.
    having: "dict[str, tuple[array[int], array[float]]]" = field(default_factory=dict)

    def vector(self, features: tuple[Counter[str], ...]) -> Vector:
        """Weights of the features, each kind of feature of length 1."""
        weights: Vector = {}
        for kind in features:
            some = {f: (1 + math.log(n)) * self.rarity[f] for f, n in kind.items() if f in self.rarity}
            length = math.sqrt(sum(w * w for w in some.values())) or 1.0
            weights.update((f, w / length) for f, w in some.items())
        return weights

    def likeness(self, vector: Vector) -> list[float]:
        """How much a vector resembles each text, from 0 to 2."""
        found = [0.0] * len(self.labels)
        for feature, weight in vector.items():
            for number, other in zip(*self.having.get(feature, ((), ())), strict=True):
                found[number] += weight * other
        return found


def gathered(given: list[tuple[frozenset[str], str]]) -> Texts:
    """Texts made comparable."""
    features = [_features(text) for _, text in given]
    spread = Counter(f for kinds in features for kind in kinds for f in kind)
    total = len(given)
    found = Texts([labels for labels, _ in given])
    found.rarity = {f: math.log((1 + total) / (1 + n)) + 1 for f, n in spread.items()}
    for number, kinds in enumerate(features):
        for feature, weight in found.vector(kinds).items():
            numbers, weights = found.having.setdefault(feature, (array("H"), array("d")))
            numbers.append(number)
            weights.append(weight)
    return found


@dataclass
class Votes:
    """What every feature of a language's texts says for and against each label."""

    own: Texts
    labels: list[str]
    by_text: list[tuple[float, ...]]
    by_feature: "dict[str, array[float]]" = field(default_factory=dict)

    def of(self, feature: str) -> "array[float]":
        """One feature's weight for each label, added up when it is first met."""
        if feature not in self.by_feature:
            total = [0.0] * len(self.labels)
            for number, weight in zip(*self.own.having[feature], strict=True):
                total = [so_far + weight * vote for so_far, vote in zip(total, self.by_text[number], strict=True)]
            self.by_feature[feature] = array("d", total)
        return self.by_feature[feature]


@cache
def votes(language: str) -> Votes:
    """The texts of a language with what was learnt from them."""
    learnt: dict[str, list[float]] = json.loads((FOLDER / f"{language}.json").read_text())
    return Votes(gathered(texts(language)), list(learnt), list(zip(*learnt.values(), strict=True)))


def opinions(language: str, text: str) -> dict[str, float]:
    """For each label, how much the text is like those that bear it: about 1 for "just so", about 0 for "not at all"."""
    if language not in learnt():
        return {}
    known = votes(language)
    vector = known.own.vector(_features(text))
    columns = zip(*(known.of(feature) for feature in vector), strict=True)
    return {label: sum(map(mul, vector.values(), column)) for label, column in zip(known.labels, columns, strict=False)}


def relearn(language: str) -> Path:
    """Learns from the texts of a language anew and writes what was learnt beside them; the file."""
    learnt = learn(texts(language))
    path = FOLDER / f"{language}.json"
    path.write_text("{\n" + ",\n".join(f'"{label}": {json.dumps(v)}' for label, v in learnt.items()) + "\n}\n")
    return path


@cache
def learnt() -> frozenset[str]:
    """The languages of which something was learnt."""
    return frozenset(path.stem for path in FOLDER.glob("*.json"))


def languages() -> list[str]:
    """Every language that has texts."""
    return sorted(path.stem for path in FOLDER.glob("*.tsv"))


def learn(given: list[tuple[frozenset[str], str]]) -> dict[str, list[float]]:
    """The weight of each text's vote for each label: solves (K + ridge) a = y by Cholesky; always the same result."""
    own = gathered(given)
    rows = [own.likeness(own.vector(_features(text))) for _, text in given]
    lower = _cholesky(rows)
    return {
        label: [round(a, 4) for a in _solved(lower, [float(label in labels) for labels, _ in given])]
        for label in sorted({label for labels, _ in given for label in labels})
    }


def _cholesky(rows: list[list[float]]) -> list[list[float]]:
    lower: list[list[float]] = []
    for i, row in enumerate(rows):
        mine: list[float] = []
        for j in range(i):
            other = lower[j]
            mine.append((row[j] - sum(map(mul, mine, other))) / other[j])
        mine.append(math.sqrt(row[i] + RIDGE - sum(map(mul, mine, mine))))
        lower.append(mine)
    return lower


def _solved(lower: list[list[float]], y: list[float]) -> list[float]:
    z: list[float] = []
    for row, value in zip(lower, y, strict=True):
        z.append((value - sum(a * b for a, b in zip(row, z, strict=False))) / row[-1])
    for i in range(len(z) - 1, -1, -1):
        z[i] /= lower[i][i]
        for j in range(i):
            z[j] -= lower[i][j] * z[i]
    return z
