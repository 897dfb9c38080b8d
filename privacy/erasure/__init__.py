"""How does data go: one person at her wish, everybody's by age? The same declarations, the same rules."""

from . import resuming
from .certificate import ErasureCertificate
from .job import Erasure, NotErased, erase, start
from .night import brakes, purge, resume
from .outlook import Outlook, outlook
from .paper import pdf_of
from .plan import Line, preview
from .replayed import ReplayedErasure
from .replaying import NotAllReplayed, Replay, accept_lost, forecast_replay, replay
from .runs import PurgeBatch, PurgeLine, PurgeRefused, PurgeRun

__all__ = [
    "Erasure", "ErasureCertificate", "Line", "NotAllReplayed", "NotErased", "Outlook", "PurgeBatch", "PurgeLine",
    "PurgeRefused", "PurgeRun", "Replay", "ReplayedErasure", "accept_lost", "brakes", "erase", "forecast_replay",
    "outlook", "pdf_of", "preview", "purge", "replay", "resume", "resuming", "start",
]  # fmt: skip
