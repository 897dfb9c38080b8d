"""How does one person's data go, at her wish? What goes, what stays and why, and the proof of it."""

from . import resuming
from .certificate import ErasureCertificate
from .job import Erasure, NotErased, erase, start
from .outlook import Outlook, outlook
from .paper import pdf_of
from .plan import Line, preview
from .replayed import ReplayedErasure
from .replaying import NotAllReplayed, Replay, accept_lost, forecast_replay, replay

__all__ = [
    "Erasure", "ErasureCertificate", "Line", "NotAllReplayed", "NotErased", "Outlook", "Replay", "ReplayedErasure",
    "accept_lost", "erase", "forecast_replay", "outlook", "pdf_of", "preview", "replay", "resuming", "start",
]  # fmt: skip
