"""What must the privacy officer hear of before it is too late, or because it is? Each alarm once, until ticked off."""

from .alarm import DeadlineAlarm, Kind, tick_off
from .raising import raise_alarms

__all__ = ["DeadlineAlarm", "Kind", "raise_alarms", "tick_off"]
