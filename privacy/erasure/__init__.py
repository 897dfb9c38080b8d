"""How does data go: one person at her wish, everybody's by age? The same declarations, the same rules."""

from .job import Erasure, NotErased, erase, start
from .night import brakes, purge, resume
from .plan import Line, preview
from .replayed import ReplayedErasure
from .replaying import NotAllReplayed, Replay, accept_lost, forecast_replay, replay
from .runs import PurgeBatch, PurgeLine, PurgeRefused, PurgeRun

__all__ = [
    "Erasure", "Line", "NotAllReplayed", "NotErased", "PurgeBatch", "PurgeLine", "PurgeRefused", "PurgeRun", "Replay",
    "ReplayedErasure", "accept_lost", "brakes", "erase", "forecast_replay", "preview", "purge", "replay", "resume",
    "start",
]  # fmt: skip
