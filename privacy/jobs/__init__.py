"""What work waits, and who has it in hand? A row is a job; a message only says "look"."""

from .handing_over import concrete, dispatch, gathering, hint, sweep
from .rows import (
    FOLLOW_UPS,
    LONG,
    MAX_CLAIMS,
    QUICK,
    TRIES_OF_WHAT_PASSES,
    CannotSucceed,
    Job,
    JobQuerySet,
    LostClaim,
    when_done,
)
from .working import TooManyClaims, again, claim, claim_many, give_back, work

__all__ = [
    "FOLLOW_UPS", "LONG", "MAX_CLAIMS", "QUICK", "TRIES_OF_WHAT_PASSES", "CannotSucceed", "Job", "JobQuerySet",
    "LostClaim", "TooManyClaims", "again", "claim", "claim_many", "concrete", "dispatch", "gathering", "give_back",
    "hint", "sweep", "when_done", "work",
]  # fmt: skip
