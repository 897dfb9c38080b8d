"""What has a person asked for, how far is it, and who must act? Every right is one kind of this case."""

from . import complaints, promises, rectification, redacting, releasing, searching
from .asking import acknowledge, answered, ask, doubt, extend, not_our_error, open_questions, settle
from .case import CaseEvent, DataSubjectRequest
from .clocks import CLOCK_EVENTS, clocks, history, label, missed, reckoned
from .complaint import Complaint
from .converting import convert, may_be_converted
from .forecasts import Forecast, forecast
from .handling import (
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
from .merging import merge, twins
from .papers import CasePaper, NotAPaper
from .particulars import ASKED, facts
from .rectification import Rectification
from .refusing import NotAllowed
from .releasing import ReleaseCheck
from .representing import Representative
from .timeline import DOUBTS, move, note, open_doubt

__all__ = [
    "ASKED", "CLOCK_EVENTS", "DOUBTS", "CaseEvent", "CasePaper", "Complaint", "DataSubjectRequest", "Forecast",
    "FormUsed", "NotAPaper", "NotAllowed", "Rectification", "ReleaseCheck", "Representative", "acknowledge",
    "answered", "approve", "ask", "carry_out", "clocks", "complaints", "complete", "confirm_identity", "convert",
    "doubt", "extend", "facts", "forecast", "history", "label", "may_be_converted", "merge", "missed", "move",
    "not_our_error", "note", "open_case", "open_doubt", "open_questions", "promises", "propose", "reckoned",
    "rectification", "redacting", "refuse", "releasing", "searching", "send_back", "settle", "start", "twins",
    "withdraw",
]  # fmt: skip
