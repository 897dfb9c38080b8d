"""What must the privacy officer hear of before it is too late, or because it is? Each alarm once, until ticked off."""

from .alarm import DeadlineAlarm, Kind, tick_off
from .morning import send_purge_report
from .raising import raise_alarms

__all__ = ["DeadlineAlarm", "Kind", "raise_alarms", "send_purge_report", "tick_off"]
