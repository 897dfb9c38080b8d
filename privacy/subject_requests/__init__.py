"""What has a person asked for, how far is it, and who must act? Every right is one kind of this case."""

from .asking import answered, ask, doubt, extend, forecast, open_questions, settle
from .case import CaseEvent, DataSubjectRequest
from .handling import (
    NotAllowed,
    approve,
    carry_out,
    complete,
    confirm_identity,
    propose,
    refuse,
    send_back,
    start,
    withdraw,
)
from .intake import FormUsed, open_case
from .timeline import CLOCK_EVENTS, DOUBTS, move, note, open_doubt

__all__ = [
    "CLOCK_EVENTS", "DOUBTS", "CaseEvent", "DataSubjectRequest", "FormUsed", "NotAllowed", "answered", "approve",
    "ask",    "carry_out", "complete", "confirm_identity", "doubt", "extend", "forecast", "move", "note", "open_case",
    "open_doubt", "open_questions", "propose", "refuse", "send_back", "settle", "start", "withdraw",
]  # fmt: skip
