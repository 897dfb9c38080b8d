"""How does data go: one person at her wish, everybody's by age? The same declarations, the same rules."""

from . import agreeing, brakes, coming, leftovers, report, resuming, stopping, warnings
from .certificate import ErasureCertificate
from .job import Erasure, NotErased, erase, start
from .night import purge, resume
from .outlook import Outlook, outlook
from .paper import pdf_of
from .plan import Line, preview
from .replayed import ReplayedErasure
from .replaying import NotAllReplayed, Replay, accept_lost, forecast_replay, replay
from .runs import A_NIGHT, NotAgreed, PurgeBatch, PurgeLine, PurgeRefused, PurgeRun, last_begun
from .stopping import PurgeStop
from .warnings import InactivityWarning

__all__ = [
    "A_NIGHT", "Erasure", "ErasureCertificate", "InactivityWarning", "Line", "NotAgreed", "NotAllReplayed",
    "NotErased", "Outlook", "PurgeBatch", "PurgeLine", "PurgeRefused", "PurgeRun", "PurgeStop", "Replay",
    "ReplayedErasure", "accept_lost", "agreeing", "brakes", "coming", "erase", "forecast_replay", "last_begun",
    "leftovers", "outlook", "pdf_of", "preview", "purge", "replay", "report", "resume", "resuming", "start",
    "stopping", "warnings",
]  # fmt: skip
