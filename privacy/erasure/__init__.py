"""How does data go: one person at her wish, everybody's by age? The same declarations, the same rules."""

from . import resuming
from .job import Erasure, NotErased, erase, start
from .night import brakes, purge, resume
from .plan import Line, preview
from .runs import PurgeBatch, PurgeLine, PurgeRefused, PurgeRun

__all__ = [
    "Erasure", "Line", "NotErased", "PurgeBatch", "PurgeLine", "PurgeRefused", "PurgeRun", "brakes", "erase", "preview",
    "purge", "resume", "resuming", "start",
]  # fmt: skip
