"""How does everybody's data go by age? Nightly, from the same declarations; too much at once waits for two people."""

from . import agreeing, brakes, coming, leftovers, passing, report, stopping, warnings
from .night import purge, resume
from .runs import A_NIGHT, NotAgreed, PurgeBatch, PurgeLine, PurgeRefused, PurgeRun, last_begun
from .stopping import PurgeStop
from .warnings import InactivityWarning

__all__ = [
    "A_NIGHT", "InactivityWarning", "NotAgreed", "PurgeBatch", "PurgeLine", "PurgeRefused", "PurgeRun", "PurgeStop",
    "agreeing", "brakes", "coming", "last_begun", "leftovers", "passing", "purge", "report", "resume", "stopping",
    "warnings",
]  # fmt: skip
