"""How is the gate asked from outside? Rows of JSON or of a mailing list in, answers out, in batches."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

from .. import data_subjects
from ..fields import normalise_email
from ..phone_numbers import normalise_phone
from ..purposes import Purpose
from ..recipients import Recipient
from ..restrictions import NotLawful, find, name_of
from ..suppression import postal_of
from ..vocabulary import Channel, Sender
from .contact import answers
from .facts import Answer, instant
from .question import Contact
from .sharing import Share, share_answers
from .using import Use, use_answers
from .words import translated as _

BATCH = 1000
# Beside the names of rules: nobody is known by this, and the row itself cannot be read.
NOBODY, WRONG_ROW = "nobody", "wrong_row"
Row = dict[str, Any]


@dataclass(slots=True)
class Asked:
    """One row with the questions it stands for, one for each owner of a shared address, or what is wrong with it."""

    row: Row
    questions: list[Any] = field(default_factory=list)
    error: str = ""


def rows(lines: Iterable[bytes]) -> Iterator[Row]:
    """One JSON object a line; a line that is none becomes a row that says what is wrong with it."""
    for line in lines:
        if line.strip():
            try:
                row = json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError) as wrong:
                row = {"error": str(wrong)}
            yield _plain(row) if isinstance(row, dict) else {"error": f"not a JSON object: {row!r}"}


def _plain(row: Row) -> Row:
    """A customer number may come as a number."""
    is_number = isinstance(row.get("customer"), int) and not isinstance(row["customer"], bool)
    return row | {"customer": str(row["customer"])} if is_number else row


def contacts(rows: Iterable[Row]) -> Iterator[Row]:
    """`{"id", "customer" or "email", "channel", "sender", "content", "at"}` in, `{"id", "allowed", "reasons"}` out."""
    return (_line(asked, answer) for asked, answer in contacts_answered(rows))


def contacts_answered(rows: Iterable[Row], batch_of: int = BATCH) -> Iterator[tuple[Asked, Answer]]:
    """The same: each row with the questions about the people whom it means, and one answer to it."""
    return _answered(_batches(rows, batch_of), _contacts_asked, answers)


def shares(rows: Iterable[Row]) -> Iterator[Row]:
    """`{"id", "customer", "recipient", "fields", "records", "at"}` in, `{"id", "allowed", "reasons"}` out."""
    return (_line(asked, answer) for asked, answer in _answered(_batches(rows), _shares_asked, share_answers))


def uses(rows: Iterable[Row]) -> Iterator[Row]:
    """`{"id", "customer", "purpose", "at"}` in, `{"id", "allowed", "reasons"}` out."""
    return (_line(asked, answer) for asked, answer in _answered(_batches(rows), _uses_asked, use_answers))


def asked_shares(rows: Iterable[Row]) -> Iterator[Asked]:
    """What each row asks, for whoever does more with it than answer."""
    for batch in _batches(rows):
        yield from _shares_asked(batch)


def _batches(rows: Iterable[Row], batch_of: int = BATCH) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, batch_of)):
        yield batch


def _contacts_asked(batch: list[Row]) -> list[Asked]:
    found = Found.of(batch, briefly=True)
    return [_asked(row, found, _contact_of) for row in batch]


def _shares_asked(batch: list[Row]) -> list[Asked]:
    found = Found.of(batch)
    found.recipients = {name: one for one in Recipient.objects.all() for name in (one.name, one.pk)}
    return [_asked(row, found, _share_of) for row in batch]


def _uses_asked(batch: list[Row]) -> list[Asked]:
    found = Found.of(batch)
    found.purposes = {purpose.slug: purpose for purpose in Purpose.objects.all()}
    return [_asked(row, found, _use_of) for row in batch]


@dataclass
class Found:
    """The people, recipients and purposes that a batch speaks of."""

    named: data_subjects.Named
    emails: dict[Any, list[str]]
    postal: dict[Any, list[str]]
    recipients: dict[Any, Recipient] = field(default_factory=dict)
    purposes: dict[Any, Purpose] = field(default_factory=dict)
    moments: dict[str, datetime] = field(default_factory=dict)
    hows: dict[tuple[Any, ...], tuple[Channel, Sender, Sender, datetime]] = field(default_factory=dict)

    @classmethod
    def of(cls, batch: list[Row], *, briefly: bool = False) -> "Found":
        """Looked up together."""
        named = data_subjects.Named.of(batch, briefly=briefly)
        emails = data_subjects.emails_of({person.pk for person in named.by_number.values()})
        is_by_post = any(row.get("channel") == Channel.POST for row in batch)
        return cls(named, emails, postal_of(named.everybody.values()) if is_by_post else {})

    def moment(self, row: Row) -> datetime:
        """What the row says under `at`; the same words, and saying nothing, mean one moment for the whole batch."""
        written = row.get("at") or ""
        if not isinstance(written, str) or written not in self.moments:
            at = moment(written)
            self.moments[written] = at
        return self.moments[written]

    def how(self, row: Row) -> tuple[Channel, Sender, Sender, datetime]:
        """By which road, for whom, with whose offers, when; read once for all rows that say the same."""
        words = row["channel"], row["sender"], row["content"], row.get("at")
        try:
            known = self.hows.get(words)
        except TypeError:  # a list or an object stands where a word belongs: what it is asked for says so below
            known = None
        if known is None:
            known = Channel(words[0]), Sender(words[1]), Sender(words[2]), self.moment(row)
            self.hows[words] = known
        return known


def unknown() -> str:
    """What is said of somebody whom we do not know."""
    return _("We know nobody by this.")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _asked(row: Row, found: Found, make: Callable[[Row, Any, Found], Any]) -> Asked:
    try:
        if wrong := row.get("error"):
            raise ValueError(wrong)
        if not (_is_text(row.get("customer")) or _is_text(row.get("email"))):
            raise ValueError("customer or email is missing")
        whom = found.named.whom(row)
        return Asked(row, [make(row, person, found) for person in whom])
    except KeyError as missing:
        return Asked(row, error=f"missing: {missing.args[0]}")
    except (ValueError, TypeError, OverflowError) as wrong:
        return Asked(row, error=str(wrong))


def _contact_of(row: Row, person: Any, found: Found) -> Contact:
    channel, sender, content, at = found.how(row)
    email = row.get("email")
    if email and row.get("customer") and normalise_email(email) not in found.emails.get(person.pk, []):
        raise ValueError("this email address is not this customer's")
    addresses: list[str] | None = None
    if channel == Channel.EMAIL:
        addresses = [email] if email else found.emails.get(person.pk, [])
    elif channel == Channel.POST:
        addresses = found.postal.get(person.pk, [])
    elif (phone := row.get("phone")) and normalise_phone(phone) != normalise_phone(person.phone):
        raise ValueError("this phone number is not this customer's")
    is_for_children, is_similar = _flag(row, "is_for_children", usual=False), _flag(row, "is_similar", usual=True)
    return Contact(person, channel, at, sender, content, addresses, is_for_children, is_similar)


def _flag(row: Row, name: str, *, usual: bool) -> bool:
    if (said := row.get(name)) is None:
        return usual
    if not isinstance(said, bool):
        raise ValueError(f"{name} must be true or false")  # noqa: TRY004
    return said


def _share_of(row: Row, person: Any, found: Found) -> Share:
    fields = row["fields"]
    if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
        raise ValueError("fields must be a list of names")
    if row["recipient"] not in found.recipients:
        raise ValueError(f"no recipient is called {row['recipient']!r}")
    to, records = found.recipients[row["recipient"]], _records(row, person)
    return Share(data_subject=person, recipient=to, fields=fields, at=found.moment(row), records=records)


def _records(row: Row, person: Any) -> list[str]:
    """Names of this person's own records, such as customers.order:12."""
    named = row.get("records") or []
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise ValueError("records must be a list of names")
    try:
        return [name_of(find(person, name)) for name in named]
    except NotLawful as wrong:
        raise ValueError(f"records: {wrong}") from wrong


def _use_of(row: Row, person: Any, found: Found) -> Use:
    if row["purpose"] not in found.purposes:
        raise ValueError(f"no purpose is called {row['purpose']!r}")
    return Use(data_subject=person, purpose=found.purposes[row["purpose"]], at=found.moment(row))


def moment(written: Any) -> datetime:
    """A date, an instant, or now."""
    if not written:
        return instant(None)
    if not isinstance(written, str):
        raise ValueError(f"at must be a date or an instant, not {written!r}")  # noqa: TRY004
    is_date = len(written) == len("2026-01-31")
    at = date.fromisoformat(written) if is_date else datetime.fromisoformat(written)
    if not 1900 <= at.year < 3000:
        raise ValueError(f"at must be a date of these centuries, not {written}")
    return instant(at)


def _answered(
    batches: Iterable[list[Row]],
    ask: Callable[[list[Row]], list[Asked]],
    answer: Callable[[Sequence[Any]], list[Answer]],
) -> Iterator[tuple[Asked, Answer]]:
    """A batch at a time."""
    for batch in batches:
        rows = ask(batch)
        given = answer([question for asked in rows for question in asked.questions])
        end = 0
        for asked in rows:
            begin, end = end, end + len(asked.questions)
            yield asked, _together(asked, given[begin:end])


def _together(asked: Asked, mine: Sequence[Answer]) -> Answer:
    """One answer to a row; a shared address is free only if it is for each of its owners."""
    if len(mine) == 1:
        return mine[0]
    if asked.error:
        return Answer(False, [asked.error], (WRONG_ROW,))
    if not mine:
        return Answer(False, [unknown()], (NOBODY,))
    allowed = all(one.allowed for one in mine)
    reasons = dict.fromkeys(reason for one in mine if one.allowed == allowed for reason in one.reasons)
    return Answer(allowed, list(reasons), tuple(dict.fromkeys(rule for one in mine for rule in one.refused_by)))


def _line(asked: Asked, answer: Answer) -> Row:
    """The answer to a row of JSON."""
    row = asked.row.get("id")
    if asked.error:
        return {"id": row, "error": asked.error}
    return {"id": row, "allowed": answer.allowed, "reasons": answer.reasons}
