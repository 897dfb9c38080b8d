"""What has a person asked for, how far is it, and who must act? Every right is one kind of this case."""

from . import call_backs, complaints, rectification
from .asking import acknowledge, answered, ask, extend, not_our_error, open_questions, reply
from .call_backs import CallBack, doubt, not_the_person, settle, tried
from .case import CaseEvent, DataSubjectRequest
from .clocks import Forecast, clocks, forecast, history
from .complaint import Complaint
from .converting import convert, may_be_converted
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
from .identity import Rung, rung, rungs
from .intake import FormUsed, open_case
from .merging import merge, twins
from .on_behalf import OnBehalf
from .papers import CasePaper, NotAPaper
from .particulars import ASKED, facts
from .rectification import Rectification
from .refusing import NotAllowed
from .representing import Representative
from .timeline import CLOCK_EVENTS, DOUBTS, move, note, open_doubt

__all__ = [
    "ASKED", "CLOCK_EVENTS", "DOUBTS", "CallBack", "CaseEvent", "CasePaper", "Complaint", "DataSubjectRequest",
    "Forecast", "FormUsed", "NotAPaper", "NotAllowed", "OnBehalf", "Rectification", "Representative", "Rung",
    "acknowledge", "answered", "approve", "ask", "call_backs", "carry_out", "clocks", "complaints", "complete",
    "confirm_identity", "convert", "doubt", "extend", "facts", "forecast", "history", "may_be_converted", "merge",
    "move", "not_our_error", "not_the_person", "note", "open_case", "open_doubt", "open_questions", "propose",
    "rectification", "refuse", "reply", "rung", "rungs", "send_back", "settle", "start", "tried", "twins",
    "withdraw",
]  # fmt: skip
