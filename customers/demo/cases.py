"""What did they ask of us? Open, overdue, finished and refused requests; a lock, a hold, a second person to come."""

import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.utils import timezone

from customers.models import Account, Customer
from privacy import audit, consent, restrictions, rights, roles
from privacy.cases import ALPHABET, TRANSITIONS, State
from privacy.deadlines import Event, deadline, local_date
from privacy.restrictions import Restriction
from privacy.subject_requests import CLOCK_EVENTS, CaseEvent, Complaint, DataSubjectRequest, Rectification
from privacy.subject_requests.denials import NEEDS_TWO
from privacy.vocabulary import Source

from . import handed_on
from .people import PLAIN_LIVES, Person

TALES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "cases.toml").read_text())["tale"]
SYSTEM = "system:demo"
SEARCHED = "In our records: everything. Also searched: the mailbox of customer care. Paper is not kept."
AT_ONCE = timedelta(seconds=20)
Team = dict[str, list[Account]]
Story = tuple[DataSubjectRequest, list[CaseEvent]]


def reference(index: int) -> str:
    """As real ones look, scattered, never twice."""
    place, letters = (index * 7_654_321_987 + 123_456_789) % len(ALPHABET) ** 8, ""
    for _ in range(8):
        place, letter = divmod(place, len(ALPHABET))
        letters += ALPHABET[letter]
    return f"{settings.CASE_PREFIX}-{letters[:4]}-{letters[4:]}"


def who(index: int, customers: int) -> int:
    """Whose tale it is: the last people first, so that the first keep their plain lives."""
    plain = min(PLAIN_LIVES, customers // 2)
    return customers - 1 - index % (customers - plain)


def tell(first: int, count: int, customers: int, team: Team, now: datetime) -> int:
    """Writes the requests from `first` on; the early ones by hand, with what they did to the person; how many."""
    today = timezone.localdate(now)
    people = {i: Person(who(i, customers), today) for i in range(first, first + count)}
    found = {one.number: one for one in Customer.objects.filter(number__in={p.number for p in people.values()})}
    told = [(i, found[p.number]) for i, p in people.items() if p.number in found]
    stories = [_story(i, customer, _tale(i), team, now) for i, customer in told]
    DataSubjectRequest.objects.bulk_create([case for case, _ in stories])
    CaseEvent.objects.bulk_create([event for _, events in stories for event in events])
    _tell_particulars([(case, _tale(i), now) for (i, _), (case, _events) in zip(told, stories, strict=True)])
    for (i, _), story in zip(told, stories, strict=True):
        if i < len(TALES):
            _leave_traces(*story, team)
    return len(stories)


def _tell_particulars(told: list[tuple[DataSubjectRequest, dict[str, Any], datetime]]) -> None:
    """What complaints and corrections have besides words."""
    Complaint.objects.bulk_create([_complaint(*line) for line in told if line[0].kind == "complaint"])
    Rectification.objects.bulk_create([
        Rectification(case=case, **{name: tale.get(name, "").encode() for name in ("field", "current", "proposed")})
        for case, tale, _now in told
        if case.kind == "rectification"
    ])  # fmt: skip


def _complaint(case: DataSubjectRequest, tale: dict[str, Any], now: datetime) -> Complaint:
    row = Complaint(case=case, subject=tale.get("subject", "other"), transaction_number=tale.get("number", ""))
    if row.transaction_number:
        row.transaction_on = timezone.localdate(case.received_at) - timedelta(days=20)
    if tale.get("is_mediated") and case.closed_at is None:
        row.stage = "mediation"
        row.mediation_opened_on = timezone.localdate(min(case.received_at + timedelta(days=4), now))
    if case.closed_at:
        row.stage, row.outcome = "closed", tale["outcome"]
    return row


def _tale(index: int) -> dict[str, Any]:
    """The tales in turn; those of the crowd at other times."""
    tale = TALES[index % len(TALES)]
    if index < len(TALES):
        return tale
    luck = Random(index)  # noqa: S311
    is_closed = tale["state"] not in TRANSITIONS
    return tale | {"days": luck.randrange(30, 900) if is_closed else luck.randrange(0, 34)}


def _story(index: int, customer: Customer, tale: dict[str, Any], team: Team, now: datetime) -> Story:
    """The request as it stands today, and how it came there."""
    received_at = now - timedelta(days=tale["days"], minutes=(index * 37) % 400)
    events = list(_events(tale, received_at, now))
    zone = settings.SHOP_TZ
    clock = [Event(kind, timezone.localdate(at, zone)) for kind, at in events if kind in CLOCK_EVENTS]
    law = settings.SHOP["jurisdiction"]
    due = deadline(law, tale["kind"], local_date(law, received_at, time_zone=zone), clock, time_zone=zone)
    case = DataSubjectRequest(
        data_subject=customer, kind=tale["kind"], source=tale["source"], jurisdiction=law, reference=reference(index),
        details=tale["text"].encode(), received_at=received_at, due_on=due.due_on, due_reasons=list(due.reasons),
        state=tale["state"], idempotency_key=f"demo-{index}", outcome=tale.get("answer", "").encode(),
        denial_reason=tale.get("denial", ""),
        **_progress(tale, team, events),
    )  # fmt: skip
    return case, [_event(case, kind, at, tale, team) for kind, at in events]


def _progress(tale: dict[str, Any], team: Team, events: list[tuple[str, datetime]]) -> dict[str, Any]:
    """Who has it in hand, whether we know who asks, who has agreed, when it ended."""
    state, at = tale["state"], dict(events)
    values: dict[str, Any] = {}
    if state not in (State.RECEIVED, State.VERIFYING):
        values["identity_confirmed_at"] = at.get("identity_confirmed")
        values["assignee"] = team[roles.AGENT][0] if tale["kind"] != "complaint" else team[roles.OFFICER][0]
    if tale["kind"] == "erasure":
        values["execute_after"] = at["received"] + timedelta(hours=settings.ERASURE_COOLING_OFF_HOURS)
    if tale["kind"] in rights.SEARCHED and state in (State.EXECUTING, State.COMPLETED):
        values["search_note"] = SEARCHED.encode()
    if state == State.AWAITING_APPROVAL:
        values["proposed_by"] = team[roles.OFFICER][0]
    if tale.get("denial") in NEEDS_TWO:
        values |= {"proposed_by": team[roles.AGENT][0], "approved_by": team[roles.OFFICER][0]}
    if state not in TRANSITIONS:
        values["closed_at"] = events[-1][1]
    return values


def _events(tale: dict[str, Any], received_at: datetime, now: datetime) -> Iterator[tuple[str, datetime]]:
    """What happened and when, one step after another, nothing in the future."""
    steps = ["received"]
    if tale["state"] not in (State.RECEIVED, State.VERIFYING, State.WITHDRAWN):
        steps += ["identity_confirmed", "in_progress"] if tale["state"] != State.REFUSED else ["in_progress"]
    steps += [tale["event"]] if "event" in tale else []
    steps += [tale["state"]] if tale["state"] not in steps else []
    end = (
        received_at + timedelta(days=tale["closed"]) if "closed" in tale else min(received_at + timedelta(days=4), now)
    )
    end = max(end, received_at + timedelta(minutes=len(steps)))
    pace = (end - received_at) / max(len(steps) - 1, 1)
    yield "received", received_at
    yield "acknowledged", received_at + AT_ONCE
    yield from ((step, received_at + pace * place) for place, step in enumerate(steps) if place)


def _event(case: DataSubjectRequest, kind: str, at: datetime, tale: dict[str, Any], team: Team) -> CaseEvent:
    actor = SYSTEM if kind in ("received", "acknowledged") else audit.reference(team[roles.OFFICER][0])
    note = tale.get("answer", "") if kind == case.state else ""
    if kind == "identity_confirmed":
        note = "Signed in and confirmed the password again."
    return CaseEvent(
        case=case, kind=kind, occurred_at=at, actor=actor, note=note.encode(), is_internal=kind == "identity_confirmed"
    )


def _leave_traces(case: DataSubjectRequest, events: list[CaseEvent], team: Team) -> None:
    """The audit entries of a tale, and what it did to the person: advertising off, data locked, data held."""
    audit.record(
        "case.received", actor=SYSTEM, subject=case.data_subject, target=case, now=events[0].occurred_at, kind=case.kind
    )
    for before, event in pairwise(events):
        details = {"was": before.kind} if event.kind in State.values else {}
        audit.record(
            f"case.{event.kind}",
            actor=event.actor,
            subject=case.data_subject,
            target=case,
            now=event.occurred_at,
            **details,
        )
    officer = team[roles.OFFICER][0]
    handed_on.hand_over(case)
    if case.kind == "objection":
        consent.withdraw_marketing(
            case.data_subject,
            source=Source(case.source),
            actor=officer,
            wording=case.text,
            occurred_at=case.received_at,
        )
    if case.kind == "restriction":
        reason = f"{case.reference}: {case.text}"
        restrictions.impose(case.data_subject, Restriction.Kind.ARTICLE_18, reason, actor=officer, case=case)
        handed_on.answer(case, officer)
    if case.kind == "rectification" and case.closed_at:
        handed_on.correct(case, officer)
        handed_on.answer(case, officer)
    if case.kind == "erasure" and case.state == State.IN_PROGRESS:
        order = case.data_subject.orders.order_by("-placed_on", "-pk").first()
        restrictions.impose(
            case.data_subject, Restriction.Kind.DEBT, "The invoice is unpaid and with the collectors.", actor=officer,
            scope=restrictions.name_of(order) if order else "", evidence="collectors' file 26-118",
            review_on=timezone.localdate() + timedelta(days=150),
        )  # fmt: skip
