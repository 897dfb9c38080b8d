"""Which rows of a mailing list may be used? The same rows out, each with yes or no and why, streamed."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from django.utils.translation import gettext_lazy

from ..csv_files import Row, Table, WrongFile
from ..garbage import without_collector
from . import asking

NUMBER_COLUMNS = ("customer", "customer_number", "number")
EMAIL_COLUMNS = ("email", "email_address", "address")
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
}


@dataclass
class Counts:
    """How many rows there were, how many may be used, and how often each rule said no; several may refuse one row."""

    rows: int = 0
    allowed: int = 0
    refused_by: Counter[str] = field(default_factory=Counter)

    def add(self, told: asking.Told) -> None:
        """One row more."""
        self.rows += 1
        self.allowed += bool(told.answer.get("allowed"))
        if not told.answer.get("allowed"):
            for rule in told.refused_by:
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
    more: MoreColumns | None = None,
) -> Counts:
    """Writes every row with the columns `allowed` (true or false) and `reasons`; counts both, and why not."""
    added = [*ADDED, *(more.columns if more else ())]
    number, email = _columns(table, added)
    asked = {"channel": channel, "sender": sender, "content": content or sender, "at": at}
    writer = csv.writer(out, delimiter=table.delimiter, lineterminator="\n")
    writer.writerow(table.columns + added)
    counts = Counts()
    for rows, told in _answered(table, asked, number, email):
        beside = more.cells([_first(one) for one in told]) if more else [()] * len(rows)
        for row, one, cells in zip(rows, told, beside, strict=True):
            writer.writerow([*(row.values.get(name, "") for name in table.columns), *_said(one.answer), *cells])
            counts.add(one)
    return counts


def _first(told: asking.Told) -> Any | None:
    """Whose way out a row carries; an address that a household shares is shut for all by any of them."""
    return told.people[0] if told.people and told.answer.get("allowed") else None


def _said(answer: asking.Row) -> tuple[str, str]:
    reasons = "; ".join(answer.get("reasons") or [answer.get("error", "")])
    return ("true" if answer.get("allowed") else "false", reasons)


def _columns(table: Table, added: Sequence[str]) -> tuple[str, str]:
    names = {name.lower(): name for name in table.columns}
    number = next((names[name] for name in NUMBER_COLUMNS if name in names), "")
    email = next((names[name] for name in EMAIL_COLUMNS if name in names), "")
    if not (number or email):
        raise WrongFile("The file needs a column 'email' or 'customer'.")
    if taken := [name for name in added if name in table.columns]:
        raise WrongFile(f"The file already has a column {taken[0]!r}.")
    return number, email


def _answered(
    table: Iterable[Row], asked: dict[str, str], number: str, email: str
) -> Iterator[tuple[list[Row], list[asking.Told]]]:
    """A batch of rows at a time, each with the gate's answer and the people it means."""
    waiting = iter(table)
    while batch := list(islice(waiting, BATCH)):
        questions = [_question(row, asked, number, email) for row in batch]
        with without_collector():
            told = list(asking.contacts_told(questions, BATCH))
        yield batch, told


def _question(row: Row, asked: dict[str, str], number: str, email: str) -> asking.Row:
    if row.error:
        return {"error": f"line {row.line} {row.error}"}
    return {**asked, "customer": row.values.get(number, ""), "email": row.values.get(email, "")}
