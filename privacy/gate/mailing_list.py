"""Which rows of a mailing list may be used? The same rows out, each with yes or no and why, streamed."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

from ..csv_files import Row, Table, WrongFile
from . import asking

NUMBER_COLUMNS = ("customer", "customer_number", "number")
EMAIL_COLUMNS = ("email", "email_address", "address")
ADDED = ["allowed", "reasons"]


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
) -> dict[str, int]:
    """Writes every row with the columns `allowed` (true or false) and `reasons`; counts rows and allowed rows."""
    added = [*ADDED, *(more.columns if more else ())]
    number, email = _columns(table, added)
    asked = {"channel": channel, "sender": sender, "content": content or sender, "at": at}
    writer = csv.writer(out, delimiter=table.delimiter, lineterminator="\n")
    writer.writerow(table.columns + added)
    counts = {"rows": 0, "allowed": 0}
    for rows, answers in _answered(table, asked, number, email):
        beside = more.cells([_first(*one) for one in answers]) if more else [()] * len(rows)
        for row, (_people, answer), cells in zip(rows, answers, beside, strict=True):
            writer.writerow([*(row.values.get(name, "") for name in table.columns), *_said(answer), *cells])
            counts["rows"] += 1
            counts["allowed"] += bool(answer.get("allowed"))
    return counts


def _first(people: list[Any], answer: asking.Row) -> Any | None:
    """Whose way out a row carries; an address that a household shares is shut for all by any of them."""
    return people[0] if people and answer.get("allowed") else None


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
) -> Iterator[tuple[list[Row], list[tuple[list[Any], asking.Row]]]]:
    """A thousand rows at a time, each with the gate's answer and the people it means."""
    waiting = iter(table)
    while batch := list(islice(waiting, asking.BATCH)):
        questions = [_question(row, asked, number, email) for row in batch]
        yield batch, list(asking.contacts_with_people(questions))


def _question(row: Row, asked: dict[str, str], number: str, email: str) -> asking.Row:
    if row.error:
        return {"error": f"line {row.line} {row.error}"}
    return {**asked, "customer": row.values.get(number, ""), "email": row.values.get(email, "")}
