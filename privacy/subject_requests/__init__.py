"""What has a person asked for, how far is it, and who must act? Every right is one kind of this case."""

from . import complaints, fees, rectification
from .asking import acknowledge, answered, ask, doubt, extend, open_questions, settle
from .case import CaseEvent, DataSubjectRequest
from .clocks import Forecast, clocks, forecast, history
from .complaint import Complaint
from .converting import convert, may_be_converted
from .denying import approve_refusal, denial_of, propose_refusal, proposed_letter, refuse
from .fee import Fee
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
from .intake import FormUsed, open_case
from .merging import merge, twins
from .papers import CasePaper, NotAPaper
from .particulars import ASKED, facts
from .rectification import Rectification
from .refusing import NotAllowed
from .representing import Representative
from .timeline import CLOCK_EVENTS, DOUBTS, move, note, open_doubt

__all__ = [
    "ASKED", "CLOCK_EVENTS", "DOUBTS", "CaseEvent", "CasePaper", "Complaint", "DataSubjectRequest", "Fee",
    "Forecast", "FormUsed", "NotAPaper", "NotAllowed", "Rectification", "Representative", "acknowledge", "answered",
    "approve", "approve_refusal", "ask", "carry_out", "clocks", "complaints", "complete", "confirm_identity",
    "convert", "denial_of", "doubt", "extend", "facts", "fees", "forecast", "history", "may_be_converted", "merge",
    "move", "note", "open_case", "open_doubt", "open_questions", "propose", "propose_refusal", "proposed_letter",
    "rectification", "refuse", "send_back", "settle", "start", "twins", "withdraw",
]  # fmt: skip
