"""What happens to a case on its way: something is asked for, it arrives, the time is extended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from operator import attrgetter

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .words import in_full

EVENTS = {
    "id_asked": gettext_lazy("Proof of identity asked for"),
    "id_received": gettext_lazy("Proof of identity received"),
    "clarification_asked": gettext_lazy("Explanation asked for"),
    "clarification_received": gettext_lazy("Explanation received"),
    "extended": gettext_lazy("Notice of more time sent"),
    "fee_asked": gettext_lazy("Fee asked for"),
    "fee_paid": gettext_lazy("Fee paid"),
    "fee_withdrawn": gettext_lazy("Fee taken back"),
    "acknowledged": gettext_lazy("Receipt confirmed"),
    "not_our_error": gettext_lazy("The mistake was not ours"),
    "mediation_opened": gettext_lazy("Mediation opened"),
    "mediation_closed": gettext_lazy("Mediation ended"),
    "answered": gettext_lazy("Answered"),
}
WAITS = {
    "identity": ("id_asked", "id_received"),
    "clarification": ("clarification_asked", "clarification_received"),
    "fee": ("fee_asked", "fee_paid"),
}


class UnlawfulEvent(ValueError):
    """Something is said to have happened that the law or the calendar does not allow."""


@dataclass(frozen=True)
class Event:
    """One thing that happened to a case, and its day."""

    type: str
    on: date

    def __post_init__(self) -> None:
        if self.type not in EVENTS:
            raise UnlawfulEvent(f"unknown event {self.type!r}; known are {', '.join(EVENTS)}")


@dataclass(frozen=True)
class Wait:
    """The time from asking a person for something to getting it; open while it has not come."""

    thing: str
    asked: date
    received: date | None = None


def waits(events: Iterable[Event]) -> list[Wait]:
    """Pair every asking with its answer, the first with the first, in the order of asking."""
    days: dict[str, list[date]] = {}
    for event in events:
        days.setdefault(event.type, []).append(event.on)
    for taken_back in sorted(days.get("fee_withdrawn", ())):
        _never_asked(days, taken_back)
    found = [wait for thing, (asking, answer) in WAITS.items() if asking in days or answer in days
             for wait in _pairs(thing, sorted(days.get(asking, ())), sorted(days.get(answer, ())))]  # fmt: skip
    return sorted(found, key=attrgetter("asked")) if len(found) > 1 else found


def extension(events: Iterable[Event]) -> date | None:
    """Find the day of the one notice of extension that the law allows (Art. 12(3))."""
    notices = [event.on for event in events if event.type == "extended"]
    if len(notices) > 1:
        raise UnlawfulEvent(_("the time can be extended only once"))
    return notices[0] if notices else None


def day_of(events: Iterable[Event], *types: str, since: date = date.min) -> date | None:
    """Find the first day, not before `since`, on which one of these happened."""
    return min((event.on for event in events if event.type in types and event.on >= since), default=None)


def refuse_earlier_than(received_on: date, events: Iterable[Event]) -> None:
    """Refuse what is said to have happened before the case arrived."""
    for event in events:
        if event.on < received_on:
            raise UnlawfulEvent(
                _("“%(event)s” on %(day)s lies before the day of receipt, %(received)s")
                % {"event": EVENTS[event.type], "day": in_full(event.on), "received": in_full(received_on)}
            )


def _never_asked(days: dict[str, list[date]], taken_back: date) -> None:
    """Drop the fee that was taken back: whoever need not pay must not wait longer because we asked."""
    asked = [day for day in days.get("fee_asked", ()) if day <= taken_back]
    if not asked:
        raise UnlawfulEvent(_("“%(event)s”, but nothing was asked for before") % {"event": EVENTS["fee_withdrawn"]})
    days["fee_asked"].remove(max(asked))


def _pairs(thing: str, asked: list[date], received: list[date]) -> list[Wait]:
    found = [Wait(thing, question, answer) for question, answer in zip_longest(asked, received)]
    if len(received) > len(asked) or any(wait.received and wait.received < wait.asked for wait in found):
        raise UnlawfulEvent(_("“%(event)s”, but nothing was asked for before") % {"event": EVENTS[WAITS[thing][1]]})
    return found
