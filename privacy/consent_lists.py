"""Which choices does a file bring, of people whom we know? A yes with its day and words; a no in any case.

Columns. `customer` (the number) or `email`; `decision` (yes, no). Known: `purpose` (marketing), `channel` (email, sms,
phone, post; needed for a yes to marketing, empty with a no: all of them), `sender` (own, third_party; with a yes own,
with a no both), `recipient` (its name, for sharing), `decided_on` (YYYY-MM-DD), `wording` (what she read or wrote),
`page` (where), `occasion` (sale, negotiation, contest, other, supplier: how we got the details), `basis` (consent,
soft_opt_in: she was offered to refuse our own email or sms when she bought, and `wording` is that offer). A yes needs
`decided_on` and `wording` (Art. 7(1)), is of one person alone, and does not outweigh a no.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from . import audit, csv_files, data_subjects
from .consent import Choice, ConsentEntry, covers
from .csv_files import Row, Table
from .purposes import Purpose
from .recipients import Recipient
from .vocabulary import Channel, Decision, LawfulBasis, Occasion, Sender, Source
from .vocabulary import Purpose as BuiltIn

BATCH = 1000
KNOWN = (
    "customer", "email", "decision", "purpose", "channel", "sender", "recipient", "decided_on", "wording", "page",
    "occasion", "basis",
)  # fmt: skip
CONSENT, SOFT_OPT_IN = "consent", "soft_opt_in"
DECISIONS = {"yes": Decision.GRANTED, "no": Decision.WITHDRAWN}
Report = Callable[[int, str], None]


@dataclass
class Counts:
    """What became of the rows."""

    rows: int = 0
    imported: int = 0
    entries: int = 0
    known: int = 0
    refused: int = 0


@dataclass
class Named:
    """The people, purposes and recipients that a batch speaks of, and what these people had decided already."""

    people: data_subjects.Named
    purposes: set[str]
    recipients: dict[str, Recipient]
    decided: dict[Any, dict[Choice, list[ConsentEntry]]] = field(default_factory=dict)

    def said(self, entry: ConsentEntry) -> list[ConsentEntry]:
        """What the person of this entry had decided about the very same, to be added to."""
        choice = Choice(entry.purpose, entry.channel, entry.sender, entry.recipient_id)
        return self.decided.setdefault(entry.data_subject_id, {}).setdefault(choice, [])


def bring_in(table: Table, *, actor: Any, report: Report, now: datetime) -> Counts:
    """Adds the entries of every good row to the ledger; one that is there already is not added twice."""
    table.require(("decision",), KNOWN)
    table.require_one("customer", "email")
    counts, waiting = Counts(), iter(table)
    while batch := list(islice(waiting, BATCH)):
        with transaction.atomic():
            new = list(_read(batch, counts, report, now=now, actor=audit.reference(actor)))
            ConsentEntry.objects.bulk_create(new)
            if new:
                audit.record("consents.imported", actor=actor, now=now, entries=len(new))
        counts.rows += len(batch)
        counts.entries += len(new)
    return counts


def _read(batch: list[Row], counts: Counts, report: Report, *, now: datetime, actor: str) -> Iterator[ConsentEntry]:
    named = _named(batch)
    for row in batch:
        try:
            if row.error:
                raise ValueError(row.error)
            entries = list(_entries(row.values, named, now))
        except ValueError as wrong:
            counts.refused += 1
            report(row.line, str(wrong))
            continue
        new = [entry for entry in entries if _is_new(entry, named)]
        if not new:
            counts.known += 1
            report(row.line, "we have this choice already")
            continue
        counts.imported += 1
        for entry in new:
            entry.actor = actor
            yield entry


def _is_new(entry: ConsentEntry, named: Named) -> bool:
    """Whether nobody has said it before, in the ledger or further up in the file; from now on it is known."""
    before = named.said(entry)
    if before and entry.decision == _last(before).decision == Decision.WITHDRAWN and _day(before) == _day([entry]):
        return False
    if any((one.decision, one.occurred_at) == (entry.decision, entry.occurred_at) for one in before):
        return False
    before.append(entry)
    return True


def _day(said: list[ConsentEntry]) -> date:
    return timezone.localdate(_last(said).occurred_at, settings.SHOP_TZ)


def _named(batch: list[Row]) -> Named:
    named = Named(
        data_subjects.Named.of([row.values for row in batch]),
        set(Purpose.objects.filter(can_be_refused=True).values_list("slug", flat=True)),
        {recipient.name.lower(): recipient for recipient in Recipient.objects.all()},
    )  # fmt: skip
    for entry in ConsentEntry.objects.filter(data_subject__in=named.people.everybody):
        named.said(entry).append(entry)
    return named


def _entries(values: dict[str, str], named: Named, now: datetime) -> Iterator[ConsentEntry]:
    """What one row adds; ValueError names the column that is wrong and not what stood there."""
    decision = DECISIONS.get(values["decision"].lower())
    if decision is None:
        raise ValueError("decision: write yes or no")
    people = named.people.whom(values)
    if not people:
        raise ValueError("we know nobody by this")
    is_yes = decision == Decision.GRANTED
    if is_yes and len(people) > 1:
        raise ValueError("email: several people have this address, and a yes is of one person; name the customer")
    occurred_at = _when(values.get("decided_on", ""), now, is_yes=is_yes)
    if is_yes and not (values.get("decided_on") and values.get("wording")):
        raise ValueError("a yes needs decided_on and wording")
    choices = _choices(values, named, is_yes=is_yes)
    ground = _ground(values, choices, is_yes=is_yes)
    for person in people:
        if person.erased_at is not None:
            raise ValueError("was deleted at the person's wish, and nothing new is kept")
        for choice in choices:
            entry = ConsentEntry(
                data_subject=person, purpose=choice.purpose, channel=choice.channel, sender=choice.sender,
                recipient_id=choice.recipient, decision=decision, source=Source.IMPORT,
                wording=values.get("wording", ""), page=values.get("page", "")[:200], occurred_at=occurred_at,
                recorded_at=now, **ground,
            )  # fmt: skip
            if is_yes and _stands_no(named, entry):
                raise ValueError("this person has said no to it, and takes that back herself alone")
            yield entry


def _when(written: str, now: datetime, *, is_yes: bool) -> datetime:
    """Of a day without its hour a yes is noon and a no its end: of two words of one day the no is the later."""
    if not written:
        return now
    if is_yes:
        return csv_files.past_noon(written, "decided_on", now)
    day = csv_files.past_day(written, "decided_on", today=timezone.localdate(now, settings.SHOP_TZ))
    return min(datetime.combine(day, time.max, tzinfo=settings.SHOP_TZ), now)


def _choices(values: dict[str, str], named: Named, *, is_yes: bool) -> list[Choice]:
    purpose = values.get("purpose", "").lower() or BuiltIn.MARKETING
    if purpose not in named.purposes:
        raise ValueError("purpose: there is none of this name to which a person could say yes or no")
    channel = csv_files.one_of("channel", values, Channel.values)
    sender = csv_files.one_of("sender", values, Sender.values)
    recipient = named.recipients.get(values.get("recipient", "").lower())
    if values.get("recipient") and recipient is None:
        raise ValueError("recipient: nobody of this name stands in the register")
    if purpose != BuiltIn.MARKETING:
        return [Choice(purpose, channel, sender, recipient.pk if recipient else None)]
    if is_yes and not channel:
        raise ValueError("channel: a yes to advertising is to one channel")
    senders = [sender] if sender else [Sender.OWN] if is_yes else list(Sender)
    return [Choice(purpose, road, whose) for whose in senders for road in ([channel] if channel else Channel)]


def _ground(values: dict[str, str], choices: list[Choice], *, is_yes: bool) -> dict[str, Any]:
    """On what it rests: her own yes, or a sale in which she was offered to refuse (PECR reg. 22(3))."""
    occasion = csv_files.one_of("occasion", values, Occasion.values) or None
    if csv_files.one_of("basis", values, (CONSENT, SOFT_OPT_IN)) != SOFT_OPT_IN:
        return {"occasion": occasion}
    allowed = {Choice(BuiltIn.MARKETING, channel, Sender.OWN) for channel in (Channel.EMAIL, Channel.SMS)}
    if not (is_yes and set(choices) <= allowed and occasion in (Occasion.SALE, Occasion.NEGOTIATION)):
        raise ValueError("basis: soft_opt_in is a yes to our own email or sms, with occasion sale or negotiation")
    return {"occasion": occasion, "lawful_basis": LawfulBasis.LEGITIMATE_INTERESTS}


def _stands_no(named: Named, yes: ConsentEntry) -> bool:
    """Whether her last word about this, or about what contains it, is a no."""
    last = map(_last, filter(None, named.decided.get(yes.data_subject_id, {}).values()))
    return any(one.decision == Decision.WITHDRAWN and covers(one, yes) for one in last)


def _last(said: list[ConsentEntry]) -> ConsentEntry:
    """At the same instant a no stands above a yes."""
    return max(said, key=lambda one: (one.occurred_at, one.decision))
