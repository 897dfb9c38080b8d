"""Which rows of a mailing list may be used? The same rows out, each with yes or no and why, streamed."""

import csv
from collections.abc import Iterable, Iterator
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


def scrub(table: Table, out: Writable, *, channel: str, sender: str, content: str = "", at: str = "") -> dict[str, int]:
    """Writes every row with the columns `allowed` (true or false) and `reasons`; counts rows and allowed rows."""
    number, email = _columns(table)
    asked = {"channel": channel, "sender": sender, "content": content or sender, "at": at}
    writer = csv.writer(out, delimiter=table.delimiter, lineterminator="\n")
    writer.writerow(table.columns + ADDED)
    counts = {"rows": 0, "allowed": 0}
    for row, answer in _answered(table, asked, number, email):
        allowed = bool(answer.get("allowed"))
        reasons = "; ".join(answer.get("reasons") or [answer.get("error", "")])
        cells = [row.values.get(name, "") for name in table.columns]
        writer.writerow([*cells, "true" if allowed else "false", reasons])
        counts["rows"] += 1
        counts["allowed"] += allowed
    return counts


def _columns(table: Table) -> tuple[str, str]:
    names = {name.lower(): name for name in table.columns}
    number = next((names[name] for name in NUMBER_COLUMNS if name in names), "")
    email = next((names[name] for name in EMAIL_COLUMNS if name in names), "")
    if not (number or email):
        raise WrongFile("The file needs a column 'email' or 'customer'.")
    if taken := [name for name in ADDED if name in table.columns]:
        raise WrongFile(f"The file already has a column {taken[0]!r}.")
    return number, email


def _answered(
    table: Iterable[Row], asked: dict[str, str], number: str, email: str
) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Each row with the gate's answer, a thousand rows at a time."""
    waiting = iter(table)
    while batch := list(islice(waiting, asking.BATCH)):
        questions = [_question(row, asked, number, email) for row in batch]
        yield from zip(batch, asking.contacts(questions), strict=True)


def _question(row: Row, asked: dict[str, str], number: str, email: str) -> asking.Row:
    if row.error:
        return {"error": f"line {row.line} {row.error}"}
    return {**asked, "customer": row.values.get(number, ""), "email": row.values.get(email, "")}
