"""Which rows of a mailing list may be used? The same rows out, each with yes or no and why, streamed."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol, Self

from django.utils.translation import gettext_lazy

from ..csv_files import Row, Table, WrongFile
from ..garbage import without_collector
from . import asking
from .facts import Answer
from .handing_over import MAY_NOT_SHARE, ListFor

NUMBER_COLUMNS = ("customer", "customer_number", "number")
EMAIL_COLUMNS = ("email", "email_address", "address")
PHONE_COLUMNS = ("phone", "phone_number", "mobile", "telephone")
ADDED = ["allowed", "reasons"]
# Nobody waits for the first row of a list; what a batch costs whatever its size is then little for each of its rows.
BATCH = 5_000


# What a rule says no for, for a count over many rows; `contact.RULES` by name.
WHY: dict[str, Any] = {
    asking.NOBODY: gettext_lazy("we know nobody by this"),
    asking.WRONG_ROW: gettext_lazy("the row cannot be read"),
    "not_erased": gettext_lazy("erased at their own wish"),
    "not_restricted": gettext_lazy("data that may be kept and not used"),
    "not_resting_on_what_is_restricted": gettext_lazy("rests on a record that may be kept and not used"),
    "not_suppressed": gettext_lazy("on a list of those who must not be written to"),
    "yes_of_age": gettext_lazy("too young for a yes of their own"),
    "yes_to_channel_and_sender": gettext_lazy("no yes to this channel and sender"),
    "yes_to_content_of_others": gettext_lazy("no yes to offers of other companies"),
    "not_too_often": gettext_lazy("got enough already"),
    "not_under_twelve": gettext_lazy("children under 12"),
    "only_what_suits_children": gettext_lazy("children of 12 to 16"),
    "guardian_agreed": gettext_lazy("children without a guardian's consent"),
    "yes_and_sale": gettext_lazy("no sale together with a yes"),
    MAY_NOT_SHARE: gettext_lazy("may not go to this recipient"),
}


@dataclass
class Counts:
    """How many rows there were, how many may be used, and how often each rule said no; several may refuse one row."""

    rows: int = 0
    allowed: int = 0
    refused_by: Counter[str] = field(default_factory=Counter)

    def add(self, answer: Answer) -> None:
        """One row more."""
        self.rows += 1
        self.allowed += answer.allowed
        for rule in answer.refused_by:
            self.refused_by[rule] += 1


def in_words(refused_by: Mapping[str, int]) -> list[tuple[str, int]]:
    """Each reason with its count, the most frequent first."""
    return [(str(WHY[rule]), count) for rule, count in Counter(refused_by).most_common()]


class Writable(Protocol):
    """Whatever takes text."""

    def write(self, text: str, /) -> Any:
        """Takes it."""


class MoreColumns(Protocol):
    """What a higher room writes beside each row that may be used."""

    @property
    def columns(self) -> Sequence[str]:
        """Their names."""

    def cells(self, people: Sequence[Any | None], /) -> Sequence[Sequence[str]]:
        """The cells for each row's person, a batch at a time; for a row that may not be used None stands there."""


def scrub(
    table: Table,
    out: Writable,
    *,
    channel: str,
    sender: str,
    content: str = "",
    at: str = "",
    is_for_children: bool = False,
    is_similar: bool = True,
    more: MoreColumns | None = None,
    to: ListFor | None = None,
) -> Counts:
    """Writes every row with the columns `allowed` (true or false) and `reasons`; counts both, and why not.

    Of a list that goes `to` somebody each row must pass that gate too, and is written down as a hand-over.
    """
    added = [*ADDED, *(more.columns if more else ())]
    columns = Columns.of(table, added)
    asked = {
        "channel": channel, "sender": sender, "content": content or sender, "at": at,
        "is_for_children": is_for_children, "is_similar": is_similar,
    }  # fmt: skip
    writer = csv.writer(out, delimiter=table.delimiter, lineterminator="\n")
    writer.writerow(table.columns + added)
    counts = Counts()
    blank = [""] * len(table.columns)
    for rows, told in _answered(table, asked, columns):
        answers = to.hand_over(told, columns.fields) if to else [answer for _asked, answer in told]
        people = [_first(one, answer) for (one, _answer), answer in zip(told, answers, strict=True)] if more else []
        beside = more.cells(people) if more else [()] * len(rows)
        for row, answer, cells in zip(rows, answers, beside, strict=True):
            allowed = "true" if answer.allowed else "false"
            writer.writerow([*(row.values.values() or blank), allowed, "; ".join(answer.reasons), *cells])
            counts.add(answer)
    return counts


def _first(asked: asking.Asked, answer: Answer) -> Any | None:
    """Whose way out a row carries; an address that a household shares is shut for all by any of them."""
    return asked.questions[0].data_subject if answer.allowed else None


@dataclass(frozen=True)
class Columns:
    """Where a list names whom it means, and how we call what stands in each of its columns."""

    number: str
    email: str
    phone: str
    fields: list[str]

    @classmethod
    def of(cls, table: Table, added: Sequence[str]) -> Self:
        """WrongFile for a list that names nobody, or in which there is no room for the answer."""
        names = {name.lower(): name for name in table.columns}
        ways = (NUMBER_COLUMNS, EMAIL_COLUMNS, PHONE_COLUMNS)
        number, email, phone = (next((names[name] for name in way if name in names), "") for way in ways)
        if not (number or email):
            raise WrongFile("The file needs a column 'email' or 'customer'.")
        if taken := [name for name in added if name in table.columns]:
            raise WrongFile(f"The file already has a column {taken[0]!r}.")
        called = {number: "customer_number", email: "email", phone: "phone"}
        return cls(number, email, phone, [called.get(name, name.lower().replace(" ", "_")) for name in table.columns])


def _answered(
    table: Iterable[Row], asked: dict[str, Any], columns: Columns
) -> Iterator[tuple[list[Row], list[tuple[asking.Asked, Answer]]]]:
    """A batch of rows at a time, each with the gate's answer and the people it means."""
    waiting = iter(table)
    while batch := list(islice(waiting, BATCH)):
        questions = [_question(row, asked, columns) for row in batch]
        with without_collector():
            told = list(asking.contacts_answered(questions, BATCH))
        yield batch, told


def _question(row: Row, asked: dict[str, Any], columns: Columns) -> asking.Row:
    if row.error:
        return {"error": f"line {row.line} {row.error}"}
    found = row.values.get
    return {
        **asked,
        "customer": found(columns.number, ""),
        "email": found(columns.email, ""),
        "phone": found(columns.phone, ""),
    }
