"""What has a person asked for, how far is it, and who must act? Every right is one kind of this case."""

from . import complaints, rectification
from .asking import answered, ask, doubt, extend, forecast, open_questions, settle
from .case import CaseEvent, DataSubjectRequest
from .complaint import Complaint
from .converting import convert, may_be_converted
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
from .particulars import ASKED, facts
from .rectification import Rectification
from .timeline import CLOCK_EVENTS, DOUBTS, move, note, open_doubt

__all__ = [
    "ASKED", "CLOCK_EVENTS", "DOUBTS", "CaseEvent", "Complaint", "DataSubjectRequest", "FormUsed", "NotAllowed",
    "Rectification", "answered", "approve", "ask", "carry_out", "complaints", "complete", "confirm_identity", "convert",
    "doubt", "extend", "facts", "forecast", "may_be_converted", "move", "note", "open_case", "open_doubt",
    "open_questions", "propose", "rectification", "refuse", "send_back", "settle", "start", "withdraw",
]  # fmt: skip
