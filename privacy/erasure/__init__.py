"""How does data go: one person at her wish, everybody's by age? The same declarations, the same rules."""

from . import agreeing, brakes, coming, leftovers, report, stopping, warnings
from .job import Erasure, NotErased, erase, start
from .night import purge, resume
from .plan import Line, preview
from .runs import A_NIGHT, NotAgreed, PurgeBatch, PurgeLine, PurgeRefused, PurgeRun, last_begun
from .stopping import PurgeStop
from .warnings import InactivityWarning

__all__ = [
    "A_NIGHT", "Erasure", "InactivityWarning", "Line", "NotAgreed", "NotErased", "PurgeBatch", "PurgeLine",
    "PurgeRefused", "PurgeRun", "PurgeStop", "agreeing", "brakes", "coming", "erase", "last_begun", "leftovers",
    "preview", "purge", "report", "resume", "start", "stopping", "warnings",
]  # fmt: skip
