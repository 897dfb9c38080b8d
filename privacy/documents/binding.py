"""How do many parts become one tagged PDF, however long, in the memory of one part?

Each part is set and painted by the renderer alone; its objects are renumbered and written at once. What the parts share
is written last: the list of pages, the tree of tags, the bookmarks, the named places, the catalogue of the cover.
"""

import gc
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import pydyf  # type: ignore[import-untyped]

from .objects import ObjectWriter, Renumbering, as_bytes
from .rendering import VARIANT, Data, laid_out, name_both

# A link to a place in another part is written <a href="bound:place">.
ELSEWHERE = b"(bound:"
PartHTML = Callable[[int], str]
CoverHTML = Callable[[dict[str, int]], str]


@dataclass
class Bound:
    """What is still to be written of a part whose objects are written."""

    pages: list[bytes]
    element: bytes
    catalog: dict[str, bytes]
    bookmarks: list[tuple[int, bytes]] = field(default_factory=list)
    places: dict[bytes, bytes] = field(default_factory=dict)
    files: bytes = b""
    info: bytes = b""

    def pages_of_places(self, first: int) -> dict[str, int]:
        """The page of every place in this part, which begins on page `first`."""
        numbers = {page: first + index for index, page in enumerate(self.pages)}
        return {name[1:-1].decode(): numbers[place[1:].partition(b" /")[0]] for name, place in self.places.items()}


def bind(parts: Iterable[PartHTML], cover: CoverHTML, target: BinaryIO, *, attachments: Iterable[Data] = ()) -> int:
    """Writes cover and parts as one file and says how many pages.

    A part is asked for its HTML with the number of its first page. The cover is asked twice, first with no pages, then
    with the page of every place (the id of an element) in the parts; it must be as long both times.
    """
    binder = Binder(target)
    with only_young_garbage():
        places: dict[str, int] = {}
        page = 1 + len(laid_out(cover(places)).pages)
        for part in parts:
            bound = binder.add(part(page))
            places |= bound.pages_of_places(page)
            page += len(bound.pages)
        binder.add(cover(places), attachments)
    binder.close()
    return page - 1


@contextmanager
def only_young_garbage() -> Iterator[None]:
    """The collector looks at what a part left behind and at nothing older, between parts and at no other time."""
    was_on = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()


class Binder:
    """Writes one file, part by part; the part added last is the cover and stands first."""

    def __init__(self, target: BinaryIO) -> None:
        self.writer = ObjectWriter(target)
        self.pages_root, self.tree, self.document = (self.writer.new_number() for _ in range(3))
        self.bookmarks_root = self.writer.new_number()
        self.next_key = 0
        self.numbers: list[bytes] = []
        self.bound: list[Bound] = []

    def add(self, html: str, attachments: Iterable[Data] = ()) -> Bound:
        """Sets one part and writes it."""
        taken: list[pydyf.PDF] = []
        document = laid_out(html)
        document.write_pdf(
            io.BytesIO(), pdf_variant=VARIANT, pdf_tags=True, attachments=[data.attached() for data in attachments],
            finisher=lambda _, pdf: taken.append(_emptied(name_both(pdf))),
        )  # fmt: skip
        self.bound.append(self._take(taken.pop()))
        del document
        gc.collect()
        return self.bound[-1]

    def _take(self, pdf: pydyf.PDF) -> Bound:
        """Writes a part's objects under new numbers, all but those that the whole has once.

        What was the root of the part's tree of tags becomes the document that all parts belong to.
        """
        tree = _at(pdf, pdf.catalog["StructTreeRoot"])
        document, numbers = _at(pdf, tree["K"][0]), _at(pdf, tree["ParentTree"])
        bookmarks = _at(pdf, pdf.catalog["Outlines"]) if "Outlines" in pdf.catalog else pdf.catalog
        shared = {
            pdf.pages.number: self.pages_root, tree.number: self.document, numbers.number: 0, pdf.catalog.number: 0,
            bookmarks.number: self.bookmarks_root,
        }  # fmt: skip
        moved = Renumbering(self.writer.reserve(len(pdf.objects)), shared)
        document["S"] = "/Part"
        bound = Bound(
            [moved.reference(int(number)) for number in pdf.pages["Kids"][::3]],
            moved.reference(document.number),
            {key: moved.of(as_bytes(value)) for key, value in pdf.catalog.items()},
        )
        bound.places, bound.files, bound.info = _places(pdf, moved), _files(pdf, moved), moved.of(pdf.info.data)
        titles = {item.number for item in pdf.objects if _is_bookmark(item, bookmarks)}
        for item in pdf.objects[1:]:
            if item.number not in shared:
                self._adapt(item)
                if item.number in titles:
                    bound.bookmarks.append((moved.number(item.number), moved.of(_unlinked(item).data)))
                else:
                    self.writer.write(moved.number(item.number), item, moved)
        self.writer.flush()
        self._keep(numbers["Nums"], moved)
        return bound

    def _adapt(self, item: Any) -> None:
        """Keys of the tree of tags count through the whole file; a link to another part leads to its place."""
        if not isinstance(item, dict):
            return
        for key in ("StructParent", "StructParents"):
            if key in item:
                item[key] += self.next_key
        action = item.get("A")
        target = as_bytes(action.get("URI", b"")) if isinstance(action, dict) else b""
        if target.startswith(ELSEWHERE):
            del item["A"]
            item["Dest"] = b"(" + target.removeprefix(ELSEWHERE)

    def _keep(self, numbers: list[Any], moved: Renumbering) -> None:
        keys, values = numbers[::2], numbers[1::2]
        for key, value in zip(keys, values, strict=True):
            self.numbers += [as_bytes(key + self.next_key), moved.of(as_bytes(value))]
        self.next_key += max(keys, default=-1) + 1

    def close(self) -> None:
        """Writes what the parts share, the cover's first."""
        parts = [self.bound[-1], *self.bound[:-1]]
        pages = [page for part in parts for page in part.pages]
        kids = b" ".join(pages)
        self.writer.plain(self.pages_root, b"<</Type /Pages/Kids [%b]/Count %d>>" % (kids, len(pages)))
        self.writer.plain(
            self.tree,
            b"<</Type /StructTreeRoot/K [%d 0 R]/ParentTree <</Nums [%b]>>/ParentTreeNextKey %d>>"
            % (self.document, b" ".join(self.numbers), self.next_key),
        )
        elements = b" ".join(part.element for part in parts)
        self.writer.plain(self.document, b"<</Type /StructElem/S /Document/P %d 0 R/K [%b]>>" % (self.tree, elements))
        catalog = parts[0].catalog | {
            "Pages": b"%d 0 R" % self.pages_root,
            "StructTreeRoot": b"%d 0 R" % self.tree,
            "Outlines": b"%d 0 R" % self.bookmarks_root,
            "Names": self._names(parts),
        }
        self._write_bookmarks([bookmark for part in parts for bookmark in part.bookmarks])
        entries = b"".join(b"/%b %b" % (key.encode(), value) for key, value in catalog.items())
        self.writer.close(b"<<%b>>" % entries, parts[0].info)

    def _names(self, parts: list[Bound]) -> bytes:
        places = {name: place for part in parts for name, place in part.places.items()}
        dests = b" ".join(b"%b %b" % pair for pair in sorted(places.items()))
        return b"<</Dests <</Names [%b]>>%b>>" % (dests, parts[0].files)

    def _write_bookmarks(self, bookmarks: list[tuple[int, bytes]]) -> None:
        numbers = [number for number, _ in bookmarks]
        for index, (number, body) in enumerate(bookmarks):
            links = b"/Parent %d 0 R" % self.bookmarks_root
            links += b"/Prev %d 0 R" % numbers[index - 1] if index else b""
            links += b"/Next %d 0 R" % numbers[index + 1] if index + 1 < len(numbers) else b""
            self.writer.plain(number, body.removesuffix(b">>") + links + b">>")
        ends = b"/First %d 0 R/Last %d 0 R" % (numbers[0], numbers[-1]) if numbers else b""
        self.writer.plain(self.bookmarks_root, b"<</Type /Outlines/Count %d%b>>" % (len(numbers), ends))


def _emptied(pdf: pydyf.PDF) -> pydyf.PDF:
    """The painted part, taken from the renderer before it writes a file of its own."""
    taken = pydyf.PDF()
    taken.objects, pdf.objects = pdf.objects, taken.objects
    taken.pages, taken.catalog, taken.info = pdf.pages, pdf.catalog, pdf.info
    pdf.pages, pdf.catalog = pdf.objects[1], pdf.objects[2]
    pdf.info = pydyf.Dictionary({})
    return taken


def _at(pdf: pydyf.PDF, reference: Any) -> Any:
    return pdf.objects[int(as_bytes(reference).split()[0])]


def _is_bookmark(item: Any, root: Any) -> bool:
    return isinstance(item, dict) and "Title" in item and item.get("Parent") == root.reference


def _unlinked(item: Any) -> Any:
    for key in ("Parent", "Prev", "Next", "Count"):
        item.pop(key, None)
    return item


def _places(pdf: pydyf.PDF, moved: Renumbering) -> dict[bytes, bytes]:
    listed = pdf.catalog.get("Names", {}).get("Dests", {}).get("Names", [])
    return {as_bytes(name): moved.of(as_bytes(place)) for name, place in zip(listed[::2], listed[1::2], strict=True)}


def _files(pdf: pydyf.PDF, moved: Renumbering) -> bytes:
    files = pdf.catalog.get("Names", {}).get("EmbeddedFiles")
    return b"/EmbeddedFiles " + moved.of(as_bytes(files)) if files else b""
