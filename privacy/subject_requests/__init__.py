"""What has a person asked for, how far is it, and who must act? Every right is one kind of this case."""

from .asking import acknowledge, answered, ask, doubt, extend, not_our_error, open_questions, settle
from .case import CaseEvent, DataSubjectRequest
from .clocks import Forecast, clocks, forecast, history
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
    "CLOCK_EVENTS", "DOUBTS", "CaseEvent", "DataSubjectRequest", "Forecast", "FormUsed", "NotAllowed", "acknowledge",
    "answered", "approve", "ask", "carry_out", "clocks", "complete", "confirm_identity", "doubt", "extend", "forecast",
    "history", "move", "not_our_error", "note", "open_case", "open_doubt", "open_questions", "propose", "refuse",
    "send_back", "settle", "start", "withdraw",
]  # fmt: skip
