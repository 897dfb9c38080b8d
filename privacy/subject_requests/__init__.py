"""What has a person asked for, how far is it, and who must act? Every right is one kind of this case."""

from .case import CaseEvent, DataSubjectRequest
from .handling import (
    NotAllowed,
    approve,
    carry_out,
    complete,
    confirm_identity,
    propose,
    refuse,
    start,
    withdraw,
)
from .intake import open_case
from .timeline import CLOCK_EVENTS, move, note

__all__ = [
    "CLOCK_EVENTS", "CaseEvent", "DataSubjectRequest", "NotAllowed", "approve", "carry_out", "complete",
    "confirm_identity", "move", "note", "open_case", "propose", "refuse", "start", "withdraw",
]  # fmt: skip
