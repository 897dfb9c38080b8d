"""In which order is a text read that is drawn in another? Right to left, or with signs that stand around each other.

On paper a value runs in the direction of its own first letter. For machines every piece of a line whose drawn order
says little carries its text with it (`ActualText`), or screen readers and searches would find something else.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pydyf  # type: ignore[import-untyped]
from django.utils.html import format_html
from weasyprint.pdf.stream import Stream

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")
# Marks that combine, the scripts of South and South-East Asia, Hangul in pieces, joined emoji.
REORDERED = re.compile(
    "[\u0300-\u036f\u0900-\u109f\u1100-\u11ff\u1700-\u18af\u1900-\u1cff\u1dc0-\u1dff\u200d\ua800-\uabff\ufe0f"
    "\ufe20-\ufe2f\U00011000-\U00011fff]"
)
_marked = Stream.marked


def directed(text: str) -> str:
    """The text for a template, told to run from right to left where its first letter does."""
    if not RIGHT_TO_LEFT.search(text):
        return text
    first = next(letter for letter in text if letter.isalpha())
    return format_html('<span class="leftwards">{}</span>', text) if RIGHT_TO_LEFT.match(first) else text


@contextmanager
def _read_out(self: Any, box: Any, tag: str) -> Iterator[None]:
    """As the renderer marks a piece of a line, with its text where that is needed."""
    with _marked(self, box, tag):
        if self._tags is not None and tag == "Span":
            _say(self, box)
        yield


def _say(stream: Any, box: Any) -> None:
    """From right to left the tree of tags says it, because programs that read the page turn such letters round."""
    if RIGHT_TO_LEFT.search(box.text):
        stream._tags[box]["tag"] += f"/ActualText {pydyf.String(box.text).data.decode()}"
    elif REORDERED.search(box.text):
        stream.stream[-2]["ActualText"] = pydyf.String(box.text)


Stream.marked = _read_out
