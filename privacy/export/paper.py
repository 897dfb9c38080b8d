"""How does the copy read on paper? A cover, the nine answers, then the data; long ones bound from parts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, cast

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .. import documents
from . import article15
from .contents import Chapter, Copy, Row, Table, label
from .writing import Progress, Writable

# Up to so many rows it is set in one piece; above, in parts of so many.
IN_ONE_PIECE = 300
PART = 500
# A table of more rows is shown by its newest ones; the file for computers has all.
SHOWN = 20_000
AS_CARDS = 3
WITH_LABELS = 30


@dataclass
class Sheet:
    """Some rows of one table, the first of its sheets with the table's heading, the last one with what is left out."""

    table: Table
    rows: list[Row]
    is_first: bool = True
    left_out: int = 0

    @property
    def cards(self) -> list[list[tuple[str, str]]]:
        """A few records are shown label by label."""
        labels = self.table.labels
        rows = self.rows if self.table.count <= AS_CARDS else []
        return [[(labels[name], documents.directed(text)) for name, text in row.words.items()] for row in rows]

    @property
    def legend(self) -> list[str]:
        """Of many records the labels stand once, above them."""
        return list(self.table.labels.values()) if self.table.count > WITH_LABELS else []

    @property
    def lines(self) -> list[str]:
        """More records are shown one after the other, each in one paragraph."""
        labels = self.table.labels
        if self.table.count <= AS_CARDS:
            return []
        if self.legend:
            return [_line([("", row.words.get(name, "–")) for name in labels]) for row in self.rows]
        return [_line([(f"{labels[name]}: ", text) for name, text in row.words.items()]) for row in self.rows]

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


def _line(pieces: list[tuple[str, str]]) -> str:
    """Labels and values one after the other; a value from right to left keeps to its own place."""
    directed = [(label, documents.directed(text)) for label, text in pieces]
    if any(isinstance(text, SafeString) for _label, text in directed):
        return format_html_join(" · ", "{}{}", directed)
    return " · ".join(label + text for label, text in directed)


@dataclass
class Section:
    """Sheets of one chapter that stand together in one part."""

    chapter: Chapter
    sheets: list[Sheet] = field(default_factory=list)
    is_first: bool = True


@dataclass(frozen=True)
class Slice:
    """Which rows of which table a part is to hold, before they are read."""

    chapter: Chapter
    table: Table
    start: int
    length: int

    @property
    def opens_chapter(self) -> bool:
        """Whether the chapter begins here."""
        return self.start == 0 and self.table is self.chapter.tables[0]

    @property
    def left_out(self) -> int:
        """How many rows the paper does not show, told where the table ends."""
        ends = self.start + self.length >= min(self.table.count, SHOWN)
        return max(0, self.table.count - SHOWN) if ends else 0


def write_pdf(copy: Copy, out: Writable, progress: Progress, *, inside: bytes | None = None) -> None:
    """The PDF, with the JSON inside where it is not too large."""
    name = _("All of this as a file for computers")
    attachments = [documents.Data("export.json", inside, name)] if inside else []
    reader = Reader(progress)
    if copy.total <= IN_ONE_PIECE:
        sections = reader.sections([piece for part in parts_of(copy) for piece in part])
        out.write(documents.pdf_of(_html(copy, sections=sections, is_cover=True), attachments=attachments))
        return

    def cover(pages: dict[str, int]) -> str:
        contents = [(chapter, pages.get(chapter.category, 0)) for chapter in copy.chapters()]
        return _html(copy, contents=contents, is_cover=True)

    def html_of(part: list[Slice]) -> Callable[[int], str]:
        return lambda page: _html(copy, sections=reader.sections(part), first_page=page)

    documents.bind(map(html_of, parts_of(copy)), cover, cast(BinaryIO, out), attachments=attachments)


def parts_of(copy: Copy) -> list[list[Slice]]:
    """All tables cut so that no part holds many more rows than `PART`."""
    parts: list[list[Slice]] = [[]]
    for chapter in copy.chapters():
        for table in chapter.tables:
            shown = min(table.count, SHOWN)
            for start in range(0, shown, PART):
                if sum(piece.length for piece in parts[-1]) >= PART:
                    parts.append([])
                parts[-1].append(Slice(chapter, table, start, min(PART, shown - start)))
    return parts


class Reader:
    """Reads the rows of each part when its turn comes, every table once from its first row to its last."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.read = progress, 0
        self.running: dict[str, Iterator[Row]] = {}

    def sections(self, part: list[Slice]) -> list[Section]:
        """The part, read."""
        found: dict[str, Section] = {}
        for piece in part:
            section = found.setdefault(piece.chapter.category, Section(piece.chapter, is_first=piece.opens_chapter))
            section.sheets.append(Sheet(piece.table, self._rows(piece), piece.start == 0, piece.left_out))
            self.read += piece.length
            self.progress(self.read)
        return list(found.values())

    def _rows(self, piece: Slice) -> list[Row]:
        table = piece.table
        rows = self.running.setdefault(table.name, table.rows() if table.columns else iter(()))
        return list(islice(rows, piece.length))


def _html(copy: Copy, **context: Any) -> str:
    answers = article15.answers(copy) if context.get("is_cover") else []
    given = {"copy": copy, "person": copy.data_subject, "answers": answers, "now": copy.now} | context
    given |= {"name": documents.directed(copy.data_subject.display_name)}
    return documents.html_of("export.html", given, language=copy.data_subject.language)
