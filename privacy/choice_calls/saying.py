"""What may a recipient's machine be told of these choices? What stands now, of whom, by which of her details.

A yes is told where the gate would give the recipient her details now. A no is told there too, and to whoever got her
details before, whatever has changed since, but then by nothing that it did not get.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from .. import data_subjects
from ..consent import Choice, ConsentEntry
from ..gate import Share, leaves, share_answers
from ..recipients import KNOWN_BY, Disclosure, Recipient
from ..suppression import Suppression, address_hash
from ..vocabulary import Channel, Decision, Purpose, Source
from .line import ChoiceLine

By = list[dict[str, str]]
SUPPRESSED, LIFTED = "suppressed", "lifted"
# Under which field of a recipient's list the address of each road stands.
FIELD_OF = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.PHONE: "phone"}


@dataclass(frozen=True)
class Said:
    """The changes as they leave, and which fields of whom are handed over with them."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    handed: list[tuple[Any, tuple[str, ...]]] = field(default_factory=list)


def reference(person: Any, fields: Iterable[str]) -> str:
    """By what the recipient finds her, for the log of what it got."""
    return str(person.number) if "customer_number" in fields else ""


def gather(to: Recipient, lines: Sequence[ChoiceLine], now: datetime, *, as_of: datetime) -> Said:
    """Of the lines those that may leave, in their order: of each the choice that stands as of that moment."""
    known = Known(to, lines, now, as_of)
    said, handed = [], {}
    for line in lines:
        if line.data_subject is None:
            said += [change for change in [_of_a_stranger(line, known)] if change]
        elif (what := _what_stands(line, known)) and (by := known.by_what(line.data_subject, what, line)):
            said.append(what | {"person": by})
            if fields := known.may_get.get(line.data_subject_id):
                handed[line.data_subject_id] = (line.data_subject, fields)
    return Said(said, list(handed.values()))


def _what_stands(line: ChoiceLine, known: "Known") -> dict[str, Any] | None:
    return known.choice(line) if line.purpose else known.listing(line)


def _of_a_stranger(line: ChoiceLine, known: "Known") -> dict[str, Any] | None:
    """A no of somebody whose address is all that anybody has of her, to a mailing tool that may get addresses."""
    name = FIELD_OF.get(Channel(line.channel), "")
    if name not in known.to.fields or not known.to.may_get_data(timezone.localdate(known.now)):
        return None
    return known.listing(line) | {"person": [{"is": name, "value": bytes(line.address).decode()}]}


class Known:
    """What there is to know of the people of one call, each kind of thing asked for at once."""

    def __init__(self, to: Recipient, lines: Sequence[ChoiceLine], now: datetime, as_of: datetime) -> None:
        self.to, self.now, self.as_of = to, now, as_of
        named = (line.data_subject for line in lines if line.data_subject is not None)
        self.people = {
            one.pk: one for one in named
            if one.erased_at is None and not str(one.number).startswith(settings.CANARY_NUMBERS_BEGIN)
        }  # fmt: skip
        self.emails = {pk: sorted(found) for pk, found in data_subjects.emails_of(list(self.people)).items()}
        self.may_get = dict(self._may_get())
        self.given = self._given()
        self.standing = self._standing()
        self.leaves = leaves(list(self.people.values()), {line.purpose for line in lines if line.purpose}, as_of)
        self.listed = _listed({line.suppression_hash for line in lines} - {""})

    def _may_get(self) -> Iterator[tuple[Any, tuple[str, ...]]]:
        """Which of the fields by which she is known the gate would give it now."""
        asked = []
        for person in self.people.values():
            fields = [
                name for name in KNOWN_BY if name in self.to.fields and (name != "email" or person.pk in self.emails)
            ]
            asked.append(Share(data_subject=person, recipient=self.to, fields=fields, at=self.now))
        for share, answer in zip(asked, share_answers(asked), strict=True):
            if answer.allowed:
                yield share.data_subject.pk, tuple(share.fields)

    def _given(self) -> dict[Any, list[Disclosure]]:
        """What it really got of each and may still have."""
        found: dict[Any, list[Disclosure]] = defaultdict(list)
        expired = Disclosure.personal_data.expired(timezone.localdate(self.now)).values("pk")
        rows = Disclosure.objects.filter(recipient=self.to, data_subject__in=list(self.people)).exclude(pk__in=expired)
        for row in rows.order_by("occurred_at", "pk"):
            found[row.data_subject_id].append(row)
        return found

    def _standing(self) -> dict[tuple[Any, Choice], ConsentEntry]:
        """Of each choice of each person the entry in force, as `consent.choices` says it of one."""
        found: dict[tuple[Any, Choice], ConsentEntry] = {}
        entries = ConsentEntry.objects.filter(data_subject__in=list(self.people), occurred_at__lte=self.as_of)
        for entry in entries.order_by("-occurred_at", "-decision", "-pk"):
            choice = Choice(entry.purpose, entry.channel, entry.sender, entry.recipient_id)
            found.setdefault((entry.data_subject_id, choice), entry)
        return found

    # --- what stands ---------------------------------------------------------------------------------------

    def choice(self, line: ChoiceLine) -> dict[str, Any] | None:
        """The entry in force; None where it is neither a yes nor a no, as when somebody accepts a policy.

        A yes that hangs on something else (a child's on a guardian, a soft opt-in on its sale) is one while that
        stands, and a no before and after.
        """
        entry = self._in_force(line)
        if entry is None or (entry.decision == Decision.GRANTED and entry.source == Source.POLICY_ACCEPTANCE):
            return None
        what = Choice(entry.purpose, entry.channel, entry.sender, entry.recipient_id)
        if leave := self.leaves.get((entry.data_subject_id, what)):
            return _change("choice", line, Decision.GRANTED if leave.stands else Decision.WITHDRAWN, leave.since)
        return _change("choice", line, entry.decision, entry.occurred_at)

    def _in_force(self, line: ChoiceLine) -> ConsentEntry | None:
        """Of sharing the later one of the choice about this recipient and a no to all that are not needed."""
        about = self.to.pk if line.names_recipient else None
        own = self.standing.get((line.data_subject_id, Choice(line.purpose, line.channel, line.sender, about)))
        if line.purpose != Purpose.SHARING or self.to.is_necessary:
            return own
        own = self.standing.get((line.data_subject_id, Choice(Purpose.SHARING, recipient=self.to.pk)))
        to_all = self.standing.get((line.data_subject_id, Choice(Purpose.SHARING)))
        if to_all is None or to_all.decision == Decision.GRANTED:
            return own
        return to_all if own is None or own.occurred_at <= to_all.occurred_at else own

    def listing(self, line: ChoiceLine) -> dict[str, Any]:
        """Whether the address is on the list, and since when it counts."""
        since = self.listed.get((line.suppression_hash, line.channel, line.sender))
        return _change("suppression", line, SUPPRESSED if since else LIFTED, since or line.created_at)

    # --- of whom -------------------------------------------------------------------------------------------

    def by_what(self, person: Any, change: dict[str, Any], line: ChoiceLine) -> By:
        """By what the recipient finds her; nothing where it may not be told."""
        if person.pk not in self.people:
            return []
        is_no = change["decision"] in (Decision.WITHDRAWN, SUPPRESSED)
        given = self.given.get(person.pk, [])
        may = set(self.may_get.get(person.pk, ()))
        if is_no and not may:
            may = {name for row in given for name in row.fields} & set(self.to.fields)
        if not may and not (is_no and given):
            return []
        references = [row.reference for row in given if row.reference]
        references += [person.number] if "customer_number" in may else []
        named = [("reference", value) for value in dict.fromkeys(references)]
        named += [("email", value) for value in self._emails(person, line, is_no) if "email" in may]
        return [{"is": name, "value": value} for name, value in named or self._as_a_last_resort(person, may)]

    def _emails(self, person: Any, line: ChoiceLine, is_no: bool) -> list[str]:
        """Of a suppressed one that very one; a no is of all of them, a yes of the one that she goes by."""
        found = self.emails.get(person.pk, [])
        if line.suppression_hash and line.channel == Channel.EMAIL:
            return [one for one in found if address_hash(one, line.channel) == line.suppression_hash]
        return found if is_no else [one for one in [person.contact_email] if one]

    def _as_a_last_resort(self, person: Any, may: set[str]) -> list[tuple[str, str]]:
        known = {"phone": person.phone, "name": person.display_name}
        return [(name, value) for name, value in known.items() if name in may and value][:1]


def _listed(hashes: set[str]) -> dict[tuple[str, str, str], datetime]:
    """Since when each counts, on whosever list it is."""
    rows = Suppression.objects.filter(hash__in=hashes).order_by("-since")
    return {(row.hash, row.channel, row.sender): row.since for row in rows}


def _change(kind: str, line: ChoiceLine, decision: str, at: datetime) -> dict[str, Any]:
    what = {"purpose": line.purpose} if line.purpose else {}
    where = {"channel": line.channel, "sender": line.sender}
    said = {name: value for name, value in where.items() if value}
    return {"type": kind, **what, **said, "decision": str(decision), "occurred_at": _instant(at)}


def _instant(at: datetime) -> str:
    return timezone.localtime(at, settings.SHOP_TZ).isoformat(timespec="seconds")
