"""Which files make up an export, in which order are they made? A step can be done again; finished ones are kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from django.utils import translation

from .contents import Copy
from .files import Shelf
from .paper import write_pdf
from .writing import Progress, Writable, write_category_csv, write_csv, write_json, write_manifest

JSON, PDF, MANIFEST = "export.json", "export.pdf", "manifest.json"
# A larger JSON lies beside the PDF only, not inside it too.
LARGEST_INSIDE = 5 * 1024 * 1024
Make = Callable[[Writable, Progress], None]


@dataclass(frozen=True)
class Step:
    """One file, and the share of all the work that lies behind when it is done, in percent."""

    name: str
    make: Make
    until: int
    rows: int


def build(copy: Copy, shelf: Shelf, progress: Progress) -> None:
    """Makes the files that are not there yet; `progress` is told percents, often."""
    begin = 0
    with translation.override(copy.data_subject.language):
        for step in _steps(copy, shelf):
            if step.name not in shelf.finished():
                with shelf.create(step.name) as out:
                    step.make(out, _share(progress, begin, step.until, step.rows))
            begin = step.until
            progress(begin)


def _share(progress: Progress, begin: int, end: int, total: int) -> Progress:
    """Rows done into percent of the whole."""
    return lambda rows: progress(begin + (end - begin) * min(rows, total) // max(total, 1))


def _steps(copy: Copy, shelf: Shelf) -> Iterator[Step]:
    yield Step(JSON, partial(write_json, copy), 30, copy.total)
    if copy.only_provided:
        parts = [(table.name, partial(write_csv, table), table.count) for table in copy.tables if table.columns]
    else:
        parts = [
            (chapter.category, partial(write_category_csv, chapter), sum(table.count for table in chapter.tables))
            for chapter in copy.chapters()
            if any(table.columns for table in chapter.tables)
        ]
    done = 0
    for name, make, rows in parts:
        done += rows
        until = 30 + (60 if copy.only_provided else 20) * done // max(copy.total, 1)
        yield Step(f"{name}.csv", make, until, rows)
    if not copy.only_provided:
        yield Step(PDF, lambda out, progress: write_pdf(copy, out, progress, inside=_inside(shelf)), 95, copy.total)
    yield Step(MANIFEST, lambda out, _: write_manifest(copy, out, shelf.finished()), 99, copy.total)


def _inside(shelf: Shelf) -> bytes | None:
    small = shelf.finished()[JSON]["size"] <= LARGEST_INSIDE
    return shelf.read(JSON) if small else None
