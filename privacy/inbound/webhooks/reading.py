"""What does a call say? Mail to us, and what became of mail that we sent. Read by a worker, changing nothing."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from anymail.exceptions import AnymailConfigurationError
from anymail.signals import AnymailInboundEvent, AnymailTrackingEvent, EventType
from django.utils import timezone

from .. import addresses, mime
from .. import reading as mails
from . import meanings, raw_mail, rebuilt_mail
from .doubts import Doubt, LeftToPerson
from .mailing_services import INBOUND, Door
from .raw_mail import Posted
from .replica import Replica

NAMED = ("to", "cc", "delivered-to", "x-original-to", "x-forwarded-to")
SOFT, NO_SPAM = "soft_bounce", "no_spam"


@dataclass(frozen=True)
class Told:
    """One thing that a service says about one address."""

    what: str
    address: str
    at: datetime | None


@dataclass
class Found:
    """What was read: mails, things told that change something, and how many of each kind there were."""

    mails: list[Posted] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def read(door: Door, request: Replica, mark: str) -> Found:
    """Reads the whole call; LeftToPerson where a person must look, anything else where it is broken."""
    try:
        return _read(door, request, mark)
    except AnymailConfigurationError as error:
        raise LeftToPerson(Doubt.WRONG_ADDRESS) from error


def _read(door: Door, request: Replica, mark: str) -> Found:
    _look_at_notice(door, request)
    found = Found(mails=_mails(door, request, mark))
    if not found.mails:
        for event in door.make_reader().parse_events(request):
            _sort(event, found, door)
    found.counts.update([EventType.INBOUND] * len(found.mails))
    return found


def _mails(door: Door, request: Replica, mark: str) -> list[Posted]:
    """As they came, or put together; Anymail takes none apart, for it does so without limits."""
    if door.kind != INBOUND and door.service != "mandrill":  # which has one address for both
        return []
    return raw_mail.find(door.service, request) or rebuilt_mail.find(door.service, request, mark)


def _look_at_notice(door: Door, request: Replica) -> None:
    """What Amazon says about the subscription itself; no address in it is ever opened (F66)."""
    kind = json.loads(request.body).get("Type") if door.service == "amazon_ses" else ""
    if kind == "SubscriptionConfirmation":
        raise LeftToPerson(Doubt.SUBSCRIPTION)
    if kind == "UnsubscribeConfirmation":
        raise LeftToPerson(Doubt.CANCELLED)


def _sort(event: Any, found: Found, door: Door) -> None:
    if isinstance(event, AnymailInboundEvent):
        raise LeftToPerson(Doubt.ELSEWHERE)
    if isinstance(event, AnymailTrackingEvent):
        what = _meant(door, event)
        found.counts[what] += 1
        if what in (EventType.UNSUBSCRIBED, EventType.COMPLAINED, EventType.BOUNCED):
            found.told.append(Told(what, _address(event), _aware(event.timestamp)))


def _meant(door: Door, event: AnymailTrackingEvent) -> str:
    """Anymail's word for it, or a weaker one of ours."""
    if event.event_type == EventType.BOUNCED and not meanings.is_hard(door.service, event):
        return SOFT
    if event.event_type == EventType.COMPLAINED and not meanings.is_objection(door.service, event):
        return NO_SPAM
    return str(event.event_type)


def _address(event: AnymailTrackingEvent) -> str:
    """Whom it is about. A "no" of nobody is a "no" that would be lost, so a person looks."""
    found = mails.addresses_in(event.recipient) if isinstance(event.recipient, str) else []
    if len(found) != 1:
        raise LeftToPerson(Doubt.UNREADABLE)
    return found[0]


def _aware(moment: datetime | None) -> datetime | None:
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment


def recipients(mail: Posted) -> list[str]:
    """To which of our addresses it came: by the envelope, else by its head; the envelope's where none is ours."""
    for named in (list(mail.recipients), _named_in(mail.raw)):
        ours = [address for address in dict.fromkeys(named) if addresses.recipient(address).is_ours]
        if ours:
            return ours
    return list(mail.recipients[:1]) or [""]


def _named_in(raw: bytes) -> list[str]:
    try:
        head, _ = mime.cut(raw, mails.HEAD_LIMIT)
        lines = mime.headers(head, count=mails.HEADERS_LIMIT, length=mails.HEADER_LIMIT)
    except mime.TooMuch:
        return []
    return [one for name, value in lines if name in NAMED for one in mails.addresses_in(mails.decoded(value))]


def sender(mail: Posted) -> str:
    """Of the envelope, as the store keeps it: "<>" when it is empty, "" when it is not told."""
    if mail.sender is None:
        return ""
    return mail.sender.strip().strip("<>").strip() or "<>"


def divided(request: Replica) -> list[tuple[str, bytes]]:
    """The single events of a call that tells many, each as a call of its own, so that a bad one spoils no other."""
    try:
        return _divided(request)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return []


def _divided(request: Replica) -> list[tuple[str, bytes]]:
    if "mandrill_events" in request.POST:
        events = json.loads(str(request.POST["mandrill_events"]))
        form = "application/x-www-form-urlencoded"
        return [(form, urlencode({"mandrill_events": json.dumps([one])}).encode()) for one in events]
    said = json.loads(request.body)
    parts: list[Any] = []
    if isinstance(said, list):
        parts = [[one] for one in said]
    elif isinstance(said.get("events"), list):
        parts = [said | {"events": [one]} for one in said["events"]]
    elif "events_by_user" in said:
        user = said["events_by_user"][0]
        parts = [{"events_by_user": [user | {"events": [one]}]} for one in user["events"]]
    return [("application/json", json.dumps(part).encode()) for part in parts]
