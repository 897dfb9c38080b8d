"""Which promises have we made, and do we keep them? Each is looked at every night, and says so aloud."""

from . import controls, vetoes  # noqa: F401  (each file registers its controls, or what it forbids)
from .checking import check
from .control import CONTROLS, control, labels
from .finding import Finding, State
from .planting import packs, seed
from .promise import LAW, Promise, PromiseCheck
from .standing import Standing, broken_count, standings

__all__ = [
    "CONTROLS", "LAW", "Finding", "Promise", "PromiseCheck", "Standing", "State", "broken_count", "check", "control",
    "labels", "packs", "seed", "standings",
]  # fmt: skip
