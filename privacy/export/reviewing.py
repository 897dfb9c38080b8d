"""Which texts of a copy may speak of somebody else? Read from the declarations, for a colleague who looks at them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..encryption import keyed_hash
from .contents import Table, capital, collect, label
from .redactions import Place, of_person


@dataclass(frozen=True)
class Text:
    """One value that stands in the copy, as it would leave if nothing were left out."""

    place: Place
    title: str
    label: str
    text: str
    is_provided: bool
    is_known: bool


def texts(data_subject: Any, *, only_provided: bool = False) -> Iterator[Text]:
    """All of them, what we wrote before what she gave us; newest first in each table."""
    copy = collect(data_subject, only_provided)
    copy.guard = None
    tables = [Table(t.declaration, copy, t.count, t.declaration.third_party) for t in copy.tables if t.marked]
    for given in (False, True):
        for table in tables:
            names = [name for name in table.marked if (name in table.declaration.provided) == given]
            yield from _texts(table, names) if names else ()


def _texts(table: Table, names: list[str]) -> Iterator[Text]:
    labels = {column.name: label(column) for column in table.columns}
    title = capital(str(table.declaration.model._meta.verbose_name))
    for row in table.rows():
        for name in names:
            text = row.exact[name]
            if isinstance(text, str) and text.strip():
                place = (table.name, str(row.pk), name)
                provided = name in table.declaration.provided
                yield Text(place, title, labels[name], text, provided, table.is_known(row, name))


def unread(data_subject: Any, *, only_provided: bool = False) -> int:
    """How many texts a copy that nobody has looked through must hold back."""
    return sum(not one.is_known for one in texts(data_subject, only_provided=only_provided))


def text_at(data_subject: Any, place: Place, *, only_provided: bool = False) -> Text | None:
    """The text at this place, if it is hers and stands in the copy."""
    return next((one for one in texts(data_subject, only_provided=only_provided) if one.place == place), None)


def fingerprint(data_subject: Any, *, only_provided: bool = False) -> str:
    """Changes as soon as a text, or what is left out of one, is another than what was looked at."""
    seen = [repr((one.place, one.text)) for one in texts(data_subject, only_provided=only_provided)]
    left_out = [repr((row.pk, row.place, row.words)) for row in of_person(data_subject)]
    return keyed_hash("\n".join([*sorted(seen), *left_out]), use="export-review")
