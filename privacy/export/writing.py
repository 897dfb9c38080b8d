"""How is the copy written for computers? JSON of everything, CSV of each table, and a manifest; row by row."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from ..personal_data import declarations
from ..recipients import controllers
from . import article15
from .contents import Chapter, Copy, Row, Table, label

FORMAT = "privacy-export/1"
AT_ONCE = 200
ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)
Progress = Callable[[int], None]
# What a spreadsheet takes for a formula, behind blanks, quotes and full-width twins too.
FORMULA = re.compile(r"^[\s'\"\u00a0\u3000\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")

# The same in the middle of a text: a reader that takes another separator for ours begins a cell there.
FORMULA_INSIDE = re.compile(r"([;|\t\r\n][\s'\"\u00a0\u3000\ufeff]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


# Most texts hold nothing at which a cell could begin, and are not searched.
SPLITS = set(";|\t\r\n")


class Writable(Protocol):
    """Something that takes bytes."""

    def write(self, data: bytes) -> Any:
        """Some of them."""


def write_json(copy: Copy, out: Writable, progress: Progress) -> None:
    """Everything as one JSON object, streamed."""
    rows = 0
    for text in _together(_json(copy)):
        out.write(text.encode())
        rows += AT_ONCE
        progress(min(rows, copy.total))


def _together(pieces: Iterable[str]) -> Iterator[str]:
    waiting: list[str] = []
    for piece in pieces:
        waiting.append(piece)
        if len(waiting) >= AT_ONCE:
            yield "".join(waiting)
            waiting = []
    yield "".join(waiting)


def _json(copy: Copy) -> Iterator[str]:
    yield _open(_head(copy))
    yield ',\n"categories": ['
    for i, chapter in enumerate(copy.chapters()):
        yield f'{"," if i else ""}\n{_open(_about_chapter(chapter))},\n"tables": ['
        for j, table in enumerate(chapter.tables):
            yield f'{"," if j else ""}\n{_open(_about_table(table))},\n"rows": ['
            for k, row in enumerate(table.rows() if table.columns else ()):
                yield f"{',' if k else ''}\n{_dumps(_row(row))}"
            yield "]}"
        yield "]}"
    yield "]}\n"


def _dumps(value: Any) -> str:
    return ENCODER.encode(value)


def _open(value: dict[str, Any]) -> str:
    """An object whose brace is still open."""
    return _dumps(value).removesuffix("}")


def _row(row: Row) -> dict[str, Any]:
    """The values as stored; beside them, in words, those that read differently."""
    words = {name: text for name, text in row.words.items() if text != row.exact[name]}
    return row.exact | {"in_words": words} if words else row.exact


def _head(copy: Copy) -> dict[str, Any]:
    shop = settings.SHOP
    head = {
        "format": FORMAT,
        "kind": "portability" if copy.only_provided else "access",
        "created_at": copy.now.isoformat(),
        "shop": {name: shop[name] for name in ("name", "legal_name", "postal_address", "email", "phone", "phone_hours")}
        | {"controllers": controllers(), "data_protection_officer": shop["data_protection_officer"]},
        "person": {"number": copy.data_subject.number, "name": copy.data_subject.display_name},
    }
    return head if copy.only_provided else head | _told(copy)


def _told(copy: Copy) -> dict[str, Any]:
    """What Art. 15 wants told beside the data."""
    recipients = article15.recipients(copy)
    return {
        "recipients": recipients,
        "choices": choices(copy),
        "rights": article15.rights(),
        "complaint": article15.complaint(),
        "source": article15.source(copy),
        "automated_decisions": article15.automated_decisions(copy),
        "transfers": article15.transfers(recipients),
        "card_numbers": _("Long numbers that look like card numbers show their last four digits only."),
    }


def choices(copy: Copy) -> list[dict[str, Any]]:
    """What is in force of all that the person decided; the ledger orders its rows so that the first one counts."""
    ledger = next((d.model for d in declarations() if d.label == "privacy.ConsentEntry"), None)
    names = ("purpose", "channel", "sender", "recipient__name", "decision", "occurred_at")
    in_force: dict[tuple[Any, ...], dict[str, Any]] = {}
    for values in ledger.objects.of(copy.data_subject).values(*names) if ledger else ():  # type: ignore[attr-defined]
        key = tuple(values[name] for name in names[:4])
        in_force.setdefault(key, values | {"occurred_at": values["occurred_at"].isoformat()})
    return list(in_force.values())


def _about_chapter(chapter: Any) -> dict[str, Any]:
    tables = chapter.tables
    return {
        "category": chapter.category,
        "label": chapter.title,
        "why": _distinct(article15.why(table) for table in tables),
        "basis": _distinct(article15.basis(table) for table in tables),
        "retention": _distinct(article15.retention(table) for table in tables),
    }


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def _about_table(table: Table) -> dict[str, Any]:
    said = table.declaration
    return {
        "table": table.name,
        "label": table.title,
        "why": article15.why(table),
        "purpose": str(said.purpose),
        "basis": article15.basis(table),
        "lawful_basis": str(said.lawful_basis),
        "retention": article15.retention(table),
        "kept_in_spite_of_erasure": article15.kept_because(table),
        "columns": [
            {
                "name": c.name,
                "label": label(c),
                "from_you": c.name in said.provided,
                "sensitive": c.name in said.special_category,
            }
            for c in table.columns
        ],
        "held_but_not_shown": [{"name": c.name, "label": label(c)} for c in table.secrets],
    }


def write_csv(table: Table, out: Writable, progress: Progress) -> None:
    """One table for a spreadsheet; what would become a formula is made text by an apostrophe."""
    names = [column.name for column in table.columns]
    _write_csv(out, names, ([row.exact[name] for name in names] for row in table.rows(worded=False)), progress)


def write_category_csv(chapter: Chapter, out: Writable, progress: Progress) -> None:
    """All tables of one category for a spreadsheet; the first column names the table, the others are all theirs."""
    tables = [table for table in chapter.tables if table.columns]
    names = list(dict.fromkeys(column.name for table in tables for column in table.columns))
    rows = (
        [table.name, *(row.exact.get(name) for name in names)] for table in tables for row in table.rows(worded=False)
    )
    _write_csv(out, ["table", *names], rows, progress)


def _write_csv(out: Writable, head: list[str], rows: Iterator[list[Any]], progress: Progress) -> None:
    """In UTF-8 with the mark by which spreadsheets know it, lines ended as RFC 4180 has it, many lines at a time."""
    out.write(b"\xef\xbb\xbf" + _lines([head]))
    count = 0
    while some := list(islice(rows, AT_ONCE)):
        out.write(_lines([[inert(cell) for cell in row] for row in some]))
        count += len(some)
        progress(count)


def _lines(rows: list[list[Any]]) -> bytes:
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines.getvalue().encode()


def inert(value: Any) -> Any:
    """A cell that no spreadsheet calculates, not even one that splits lines at semicolons or tabs."""
    if isinstance(value, dict | list):
        value = _dumps(value)
    if not isinstance(value, str):
        return value
    if FORMULA.match(value):
        value = f"'{value}"
    return FORMULA_INSIDE.sub(r"\1'", value) if not SPLITS.isdisjoint(value) else value


def write_manifest(copy: Copy, out: Writable, files: dict[str, dict[str, Any]]) -> None:
    """Which files there are, with the SHA-256 of each, so that anybody can check that nothing was changed."""
    manifest = {
        "format": FORMAT,
        "created_at": copy.now.isoformat(),
        "controller": settings.SHOP["legal_name"],
        "person": copy.data_subject.number,
        "files": [{"name": name, **{key: about[key] for key in ("size", "sha256")}} for name, about in files.items()],
    }
    out.write((json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode())
