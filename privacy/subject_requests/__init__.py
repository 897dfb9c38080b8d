"""What has a person asked for, how far is it, and who must act? Every right is one kind of this case."""

from . import call_backs, complaints, fees, promises, rectification, redacting, releasing, searching
from .asking import acknowledge, answered, ask, extend, open_questions, reply
from .call_backs import CallBack, doubt, not_the_person, settle, tried
from .case import CaseEvent, DataSubjectRequest
from .clocks import CLOCK_EVENTS, clocks, history, label, missed, reckoned
from .complaint import Complaint
from .converting import convert, may_be_converted
from .denying import approve_refusal, denial_of, propose_refusal, proposed_letter, refuse
from .fee import Fee
from .forecasts import Forecast, forecast
from .handling import (
    approve,
    carry_out,
    complete,
    confirm_identity,
    propose,
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
from .releasing import ReleaseCheck
from .representing import Representative
from .timeline import DOUBTS, move, note, open_doubt

__all__ = [
    "ASKED", "CLOCK_EVENTS", "DOUBTS", "CallBack", "CaseEvent", "CasePaper", "Complaint", "DataSubjectRequest", "Fee",
    "Forecast", "FormUsed", "NotAPaper", "NotAllowed", "OnBehalf", "Rectification", "ReleaseCheck", "Representative",
    "Rung", "acknowledge", "answered", "approve", "approve_refusal", "ask", "call_backs", "carry_out", "clocks",
    "complaints", "complete", "confirm_identity", "convert", "denial_of", "doubt", "extend", "facts", "fees",
    "forecast", "history", "label", "may_be_converted", "merge", "missed", "move", "not_the_person",
    "note", "open_case", "open_doubt", "open_questions", "promises", "propose", "propose_refusal", "proposed_letter",
    "reckoned", "rectification", "redacting", "refuse", "releasing", "reply", "rung", "rungs", "searching",
    "send_back", "settle", "start", "tried", "twins", "withdraw",
]  # fmt: skip
