"""Does tonight's software still keep its promises, shown on a person who is nobody?"""

from . import choosing, records, going  # noqa: F401, I001  (their order is the order of the steps)
from .lamp import Colour, Lamp, lamp
from .nights import NOT_YET, nights
from .run import CanaryRun, CanaryStep
from .starting import start, start_if_due
from .step import STEPS

__all__ = [
    "NOT_YET", "STEPS", "CanaryRun", "CanaryStep", "Colour", "Lamp", "lamp", "nights", "start", "start_if_due",
]  # fmt: skip
