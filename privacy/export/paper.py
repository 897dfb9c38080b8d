"""How does the copy read on paper? A cover, the nine answers, then the data; long ones bound from parts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from .. import documents
from . import article15
from .contents import Chapter, Copy, Row, Table, label
from .writing import Progress, Writable

# Up to so many rows it is set in one piece; above, in parts of so many.
IN_ONE_PIECE = 300
PART = 250
# A table of more rows is shown by its newest ones; the file for computers has all.
SHOWN = 20_000
AS_CARDS = 3


@dataclass
class Sheet:
    """Some rows of one table, the first of its sheets with the table's heading, the last one with what is left out."""

    table: Table
    rows: list[Row]
    is_first: bool = True
    left_out: int = 0

    @property
    def cards(self) -> list[list[tuple[str, str]]]:
        """Few records are shown label by label."""
        names = self.table.labels
        return (
            [[(names[name], text) for name, text in row.words.items()] for row in self.rows] if self._is_short else []
        )

    @property
    def lines(self) -> list[str]:
        """Many records are shown one after the other."""
        if self._is_short:
            return []
        names = self.table.labels
        return [" · ".join(f"{names[name]}: {text}" for name, text in row.words.items()) for row in self.rows]

    @property
    def _is_short(self) -> bool:
        return self.table.count <= AS_CARDS

    @property
    def facts(self) -> dict[str, Any]:
        """Why, on which basis and how long, in words."""
        table = self.table
        return {
            "why": article15.why(table),
            "basis": article15.basis(table),
            "retention": article15.retention(table),
            "kept": article15.kept_because(table),
            "secrets": [label(column) for column in table.secrets],
        }


@dataclass
class Section:
    """What one part holds: sheets of one chapter."""

    chapter: Chapter
    sheets: list[Sheet] = field(default_factory=list)
    is_first: bool = True


def write_pdf(copy: Copy, out: Writable, progress: Progress, *, inside: bytes | None = None) -> None:
    """The PDF, with the JSON inside where it is not too large."""
    name = _("All of this as a file for computers")
    attachments = [documents.Data("export.json", inside, name)] if inside else []
    if copy.total <= IN_ONE_PIECE:
        sections = [Section(chapter, [_whole(table) for table in chapter.tables]) for chapter in copy.chapters()]
        out.write(documents.pdf_of(_html(copy, {"sections": sections, "is_cover": True}), attachments=attachments))
    else:
        _write_long(copy, attachments, out, progress)


def _whole(table: Table) -> Sheet:
    return Sheet(table, list(islice(table.rows(), SHOWN)) if table.columns else [])


def _write_long(copy: Copy, attachments: Any, out: Writable, progress: Progress) -> None:
    chapters = copy.chapters()
    parts: list[tuple[Chapter, Callable[[], Section]]] = [
        (chapter, part) for chapter in chapters for part in _parts(chapter, progress)
    ]

    def cover(first_pages: list[int]) -> str:
        begins: dict[str, int] = {}
        for (chapter, _part), page in zip(parts, first_pages, strict=True):
            begins.setdefault(chapter.category, page)
        contents = [(chapter, begins[chapter.category]) for chapter in chapters]
        return _html(copy, {"contents": contents, "is_cover": True, "page_before": 0})

    def html_of(part: Callable[[], Section]) -> Callable[[int], str]:
        return lambda page: _html(copy, {"sections": [part()], "page_before": page - 1})

    documents.bind([html_of(part) for _chapter, part in parts], cover, out, attachments=attachments)  # type: ignore[arg-type]


def _parts(chapter: Chapter, progress: Progress) -> Iterator[Callable[[], Section]]:
    """The parts of one chapter, each read only when its turn comes."""
    slices: list[list[tuple[Table, int, int]]] = [[]]
    for table in chapter.tables:
        for start in range(0, max(min(table.count, SHOWN), 1), PART):
            if sum(length for _table, _start, length in slices[-1]) >= PART:
                slices.append([])
            slices[-1].append((table, start, min(PART, table.count - start)))
    running: dict[Table, Iterator[Row]] = {}

    def section(index: int) -> Section:
        made = Section(chapter, is_first=index == 0)
        for table, start, length in slices[index]:
            rows = running.setdefault(table, table.rows() if table.columns else iter(()))
            last = start + PART >= min(table.count, SHOWN)
            made.sheets.append(
                Sheet(table, list(islice(rows, length)), start == 0, max(0, table.count - SHOWN) if last else 0)
            )
            progress(start + length)
        return made

    for index in range(len(slices)):
        yield lambda index=index: section(index)  # type: ignore[misc]


def _html(copy: Copy, context: dict[str, Any]) -> str:
    answers = article15.answers(copy) if context.get("is_cover") else []
    given = {"copy": copy, "person": copy.data_subject, "answers": answers, "now": copy.now} | context
    return documents.html_of("export.html", given, language=copy.data_subject.language)
