"""How is a CSV file read that other people made, and one written that a spreadsheet only shows?

Row by row in constant memory; one bad row spoils no other, and no cell computes.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils import timezone

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
# A cell that a spreadsheet would compute: an export gone wrong, or somebody who hopes that a colleague opens it.
COMPUTES = re.compile(r"[=＝@＠]|[+\-＋－].*\|")
MAY_COMPUTE = re.compile(r"[=＝＠|]|(?:^|[,;\"'])@")
LONG_AGO = date(1900, 1, 1)
MAX_LINE = 64 * 1024
MAX_LINES = 50
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


class WrongFile(Exception):
    """Nothing can be read from this file; the text is one clear line."""


@dataclass(slots=True)
class Row:
    """One row with the number of the line on which it begins, its values by column, or what is wrong with it."""

    line: int
    values: dict[str, str] = field(default_factory=dict)
    error: str = ""


class Table:
    """A CSV file in UTF-8 with a header, separated by commas or semicolons."""

    refuses_formulas = False

    def __init__(self, file: IO[bytes]) -> None:
        self._records = _records(file)
        _, text, error = next(self._records, (1, "", "The file is empty."))
        if error or not text.strip():
            raise WrongFile(error or "The file has no header.")
        if wrong := _not_text(text):
            raise WrongFile(f"The header {wrong}: save the file as UTF-8.")
        text = text.removeprefix("\ufeff")
        self.delimiter = ";" if text.count(";") > text.count(",") else ","
        self.columns = [name.strip() for name in _cells(text, self.delimiter)]
        _refuse_duplicates(self.columns)

    def require(self, needed: Iterable[str], known: Iterable[str]) -> None:
        """Refuses a file without a needed column, or with one that would be silently ignored.

        Whoever knows its columns brings their values in: a row with a formula is then wrong.
        """
        self.refuses_formulas = True
        if missing := [name for name in needed if name not in self.columns]:
            raise WrongFile(f"The file lacks the column {', '.join(missing)}.")
        if unknown := [name for name in self.columns if name not in known]:
            raise WrongFile(f"The file has columns that we do not know: {', '.join(unknown)}.")

    def require_one(self, *names: str) -> None:
        """Refuses a file that has none of these columns."""
        if not set(names) & set(self.columns):
            raise WrongFile(f"The file lacks the column {', or the column '.join(names)}.")

    def __iter__(self) -> Iterator[Row]:
        """The rows after the header; empty lines are passed over."""
        for line, text, error in self._records:
            if error:
                yield Row(line, error=error)
            elif text.strip():
                yield self._row(line, text)

    def _row(self, line: int, text: str) -> Row:
        if wrong := _not_text(text):
            return Row(line, error=wrong)
        try:
            cells = _cells(text, self.delimiter)
        except csv.Error as wrong:
            return Row(line, error=f"cannot be read: {wrong}")
        if len(cells) != len(self.columns):
            return Row(line, error=f"has {len(cells)} cells, the header {len(self.columns)}")
        values = dict(zip(self.columns, map(str.strip, cells), strict=True))
        if self.refuses_formulas and MAY_COMPUTE.search(text):
            for column, cell in values.items():
                if COMPUTES.match(cell.lstrip("'\"")):
                    return Row(line, error=f"{column}: this is a formula and no value")
        return Row(line, values)


def one_of(column: str, values: dict[str, str], allowed: Iterable[str]) -> str:
    """A word of a column, or nothing; ValueError names the column and not what stood there."""
    written, words = values.get(column, "").lower(), list(allowed)
    if written and written not in words:
        raise ValueError(f"{column}: write one of {', '.join(words)}")
    return written


def day(written: str, column: str) -> date:
    """A day as 2026-01-31; ValueError for anything else."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise ValueError(f"{column}: write the day as 2026-01-31") from None


def past_day(written: str, column: str, *, today: date, earliest: date = LONG_AGO) -> date:
    """The same; ValueError too for a day that has not come."""
    found = day(written, column)
    if not earliest <= found <= today:
        raise ValueError(f"{column}: this day has not come, or is long gone")
    return found


def past_noon(written: str, column: str, now: datetime) -> datetime:
    """Noon of that day in the shop, or now where noon has not come; ValueError for a day that has not."""
    found = past_day(written, column, today=timezone.localdate(now, settings.SHOP_TZ))
    return min(datetime.combine(found, time(12), tzinfo=settings.SHOP_TZ), now)


@contextmanager
def opened(path: str) -> Iterator[Table]:
    """The table in this file; WrongFile when there is none."""
    try:
        with Path(path).open("rb") as file:
            yield Table(file)
    except OSError as error:
        raise WrongFile(f"{path}: {error.strerror}") from error


def _not_text(text: str) -> str:
    """What is wrong with its letters; nothing where they can be read."""
    if "\0" in text:
        return "contains a NUL character"
    if not text.isascii() and any("\udc80" <= letter <= "\udcff" for letter in text):
        return "is not UTF-8 text"
    return ""


def _cells(text: str, delimiter: str) -> list[str]:
    if '"' not in text and "\r" not in text and "\n" not in text:
        return text.split(delimiter)
    return next(csv.reader([text], delimiter=delimiter, strict=True), [])


def _refuse_duplicates(columns: list[str]) -> None:
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise WrongFile(f"The file has two columns of the name {', '.join(twice)}.")


def _records(file: IO[bytes]) -> Iterator[tuple[int, str, str]]:
    """(line, text, error) of each record; a quote that nobody closes spoils its own line only."""
    waiting: list[tuple[int, str]] = []
    for number, raw in _lines(file):
        if number == 1 and raw.startswith(BYTE_ORDER_MARKS):
            raise WrongFile("The file is UTF-16: save it as UTF-8.")
        if len(raw) > MAX_LINE:
            yield number, "", "is longer than 64 KB"
        elif not waiting and b'"' not in raw:
            yield number, _decoded(raw).rstrip("\r\n"), ""
        else:
            waiting.append((number, _decoded(raw)))
            yield from _whole(waiting, is_last=False)
    yield from _whole(waiting, is_last=True)


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", errors="surrogateescape")


def _whole(waiting: list[tuple[int, str]], *, is_last: bool) -> Iterator[tuple[int, str, str]]:
    """Takes the whole records out of the lines that wait; a record is whole when its quotes are even."""
    while waiting:
        number, text = waiting[0][0], ""
        for count, (_number, line) in enumerate(waiting, 1):
            text += line
            if text.count('"') % 2 == 0:
                del waiting[:count]
                yield number, text.rstrip("\r\n"), ""
                break
        else:
            if not is_last and len(waiting) < MAX_LINES and len(text) < MAX_LINE:
                return
            del waiting[0]
            yield number, "", "has a quotation mark that is not closed"


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Numbered lines; of one that is too long only the beginning, so that it cannot fill the memory."""
    read = partial(file.readline, MAX_LINE + 1)
    for number, raw in enumerate(iter(read, b""), 1):
        rest = raw
        while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
            rest = read()
        yield number, raw


class _Echo:
    """What the csv module writes to; it gives the line back."""

    def write(self, line: str) -> str:
        return line


def inert(cell: Any) -> str:
    """The cell as text that no spreadsheet takes for a formula (F39)."""
    text = str("" if cell is None else cell)
    return f"'{text}" if text.lstrip(" \"'").startswith(FORMULA) else text


def lines(rows: Iterable[list[Any]]) -> Iterator[str]:
    """The file, line by line."""
    writer = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow([inert(cell) for cell in row])
