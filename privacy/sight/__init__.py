"""May this colleague see this person now, and why did she look? With a reason, for minutes, each time written down."""

from .alarm import ViewingAlarm, officer_address
from .opening import (
    Ground,
    NotOpened,
    Opening,
    mask_again,
    open_case_of,
    open_details,
    opened,
    person_of,
    viewed,
)
from .report import LOOKS, Day, Told, days, in_plain_words, openings, send_daily, told

__all__ = [
    "LOOKS", "Day", "Ground", "NotOpened", "Opening", "Told", "ViewingAlarm", "days", "in_plain_words", "mask_again",
    "officer_address", "open_case_of", "open_details", "opened", "openings", "person_of", "send_daily", "told",
    "viewed",
]  # fmt: skip
