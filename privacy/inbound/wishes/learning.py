"""What do our own texts teach about likeness? Kernel ridge regression, solved exactly: always the same result.

Run after a change of the texts (`manage.py learn_wishes`), never while mail is read.
"""

import hashlib
import math
from array import array
from collections import Counter
from operator import mul
from pathlib import Path

from .likeness import FOLDER, Vector, Votes, features, file_of, rarity, vector

RIDGE = 0.5
# What only one text has says nothing about others.
SPREAD = 2
STEPS = 127
Labelled = tuple[frozenset[str], str]


def languages() -> list[str]:
    """Every language that has texts."""
    return sorted(path.stem for path in FOLDER.glob("*.tsv"))


def texts(language: str) -> list[Labelled]:
    """The texts of a language (such as "en") with their labels."""
    lines = _file(language).read_text().splitlines()
    pairs = (line.partition("\t") for line in lines if line)
    return [(frozenset(labels.split("+")), text) for labels, _, text in pairs]


def fingerprint(language: str) -> str:
    """Of the texts as they are now, to tell whether they were learnt from."""
    return hashlib.sha256(_file(language).read_bytes()).hexdigest()


def _file(language: str) -> Path:
    return FOLDER / f"{language}.tsv"


def relearn(language: str) -> Path:
    """Learns from the texts of a language anew and writes what was learnt beside them; the file."""
    path = file_of(language)
    path.write_bytes(learn(texts(language), fingerprint(language)).packed())
    return path


def learn(given: list[Labelled], mark: str = "") -> Votes:
    """What each feature says for each label: solves (K + ridge) a = y by Cholesky, and adds up each feature's votes."""
    counted = [features(text) for _, text in given]
    spread = Counter(f for kinds in counted for kind in kinds for f in kind)
    known = sorted(f for f, n in spread.items() if n >= SPREAD)
    rare = {f: rarity(spread[f], len(given)) for f in known}
    vectors = [vector(kinds, rare) for kinds in counted]
    lower = _cholesky(_alike(vectors))
    labels = sorted({label for bears, _ in given for label in bears})
    by_text = list(zip(*(_solved(lower, [float(x in bears) for bears, _ in given]) for x in labels), strict=True))
    return _rounded(labels, known, _by_feature(vectors, by_text), [spread[f] for f in known], len(given), mark)


def _alike(vectors: list[Vector]) -> list[list[float]]:
    """How much each text resembles each before it and itself."""
    having: dict[str, list[tuple[int, float]]] = {}
    rows = []
    for number, found in enumerate(vectors):
        row = [0.0] * (number + 1)
        for feature, weight in found.items():
            having.setdefault(feature, []).append((number, weight))
            for other, its_weight in having[feature]:
                row[other] += weight * its_weight
        rows.append(row)
    return rows


def _by_feature(vectors: list[Vector], by_text: list[tuple[float, ...]]) -> dict[str, list[float]]:
    total: dict[str, list[float]] = {}
    for found, votes in zip(vectors, by_text, strict=True):
        for feature, weight in found.items():
            before = total.get(feature) or [0.0] * len(votes)
            total[feature] = [so_far + weight * vote for so_far, vote in zip(before, votes, strict=True)]
    return total


def _rounded(
    labels: list[str], known: list[str], by_feature: dict[str, list[float]], spread: list[int], count: int, mark: str
) -> Votes:
    """A byte for each number is exact enough."""
    step = max(abs(vote) for votes in by_feature.values() for vote in votes) / STEPS
    rows = array("b", (round(vote / step) for feature in known for vote in by_feature[feature]))
    return Votes(labels, known, spread, rows, step, count, mark)


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
        z.append((value - sum(map(mul, row, z))) / row[-1])
    for i in range(len(z) - 1, -1, -1):
        z[i] /= lower[i][i]
        times = z[i]
        row = lower[i]
        for j in range(i):
            z[j] -= row[j] * times
    return z
