"""How is a line drawn without a question for every letter? A plain one at once; any other as the renderer does it.

The renderer shapes each line twice, when it is set and when it is drawn, and asks five things of every letter. Here a
line is kept as it was shaped, and its letters are read as one piece of memory. A quarter of the time of long papers.
"""

from typing import Any

from weasyprint.draw import text as drawing
from weasyprint.svg import text as drawing_in_pictures
from weasyprint.text.ffi import FROM_UNITS, ffi, pango
from weasyprint.text.line_break import Layout

Piece = tuple[Any, float, str]
# Of one letter: its number in the font, its width, where it stands beside its place (two numbers), and flags.
NUMBERS = ffi.sizeof("PangoGlyphInfo") // ffi.sizeof("int")
NO_LETTER = 0x0FFFFFFF
ENDS_A_LINE = set("\n\r\t\u2028\u2029")
_deactivate, _reactivate = Layout.deactivate, Layout.reactivate
_draw_first_line = drawing.draw_first_line


def _put_by(self: Any) -> None:
    """The first time it is only put by; the second time it has been drawn and may go."""
    if vars(self).pop("is_put_by", False):
        _deactivate(self)
    else:
        self.is_put_by = True


def _take_up(self: Any, style: Any) -> None:
    """To draw it: as it was put by, where nothing has changed since that drawing would have to know."""
    self.is_as_shaped = (
        vars(self).get("is_put_by", False)
        and self.style is style
        and not self.justification_spacing
        and not style["word_spacing"]
        and ENDS_A_LINE.isdisjoint(self.text)
    )
    if not self.is_as_shaped:
        _shape_again(self, style)


def _shape_again(layout: Any, style: Any) -> None:
    layout.is_put_by, layout.is_as_shaped = True, False
    _reactivate(layout, style)


def _draw(stream: Any, textbox: Any, text_overflow: str, block_ellipsis: str, matrix: Any) -> Any:
    """As the renderer's own, which gives back pictures to be drawn in the line: of a plain line there are none."""
    layout = textbox.pango_layout
    if vars(layout).get("is_as_shaped"):
        is_whole = text_overflow != "ellipsis" and block_ellipsis == "none"
        pieces = _pieces(stream, layout, textbox.style["font_size"]) if is_whole and layout.text.strip() else []
        if pieces:
            stream.set_text_matrix(*matrix.values)
            for font, size, text in pieces:
                stream.set_font_size(font.hash, size)
                stream.show_text(text)
            return []
        _shape_again(layout, textbox.style)
    return _draw_first_line(stream, textbox, text_overflow, block_ellipsis, matrix)


def _pieces(stream: Any, layout: Any, font_size: float) -> list[Piece]:
    """The line's letters by font, as they are written into a page; none where one of them is out of the ordinary."""
    line, rest = layout.get_first_line()
    found: list[Piece] = []
    run = line.runs[0] if rest is None and font_size >= 1 else ffi.NULL
    while run != ffi.NULL:
        font, size = stream.add_font(run.data.item.analysis.font)
        size = font_size if pango.pango_version() < 14802 else size  # see the renderer: an old mistake of Pango's
        letters = _letters(font, size, run.data.glyphs)
        if letters is None:
            return []
        found.append((font, size, letters))
        run = run.next
    return found


def _letters(font: Any, size: float, glyphs: Any) -> str | None:
    numbers = memoryview(ffi.buffer(glyphs.glyphs, glyphs.num_glyphs * NUMBERS * 4)).cast("i").tolist()
    names, widths = numbers[::NUMBERS], numbers[1::NUMBERS]
    is_plain = not (font.bitmap or font.svg or font.png or font.colr)
    if not is_plain or any(numbers[2::NUMBERS]) or any(numbers[3::NUMBERS]):
        return None
    known: dict[tuple[int, int], str] = vars(font).setdefault("letters_drawn", {}).setdefault(size, {})
    try:
        return (
            f"<{''.join([known.get(one) or _note(known, one, font, size) for one in zip(names, widths, strict=True)])}>"
        )
    except KeyError:  # a letter that this font has not drawn yet, which the renderer introduces
        return None


def _note(known: dict[tuple[int, int], str], letter: tuple[int, int], font: Any, size: float) -> str:
    """A letter and how far the next one is moved nearer, in thousandths; KeyError for one that is not introduced."""
    name, width = letter
    if not 0 <= name < NO_LETTER or name not in font.to_unicode:
        raise KeyError(name)
    nearer = int(font.widths[name] - width * 1000 * FROM_UNITS / size)
    known[letter] = f"{name:04x}>{nearer}<" if nearer else f"{name:04x}"
    return known[letter]


Layout.deactivate, Layout.reactivate = _put_by, _take_up
drawing.draw_first_line = drawing_in_pictures.draw_first_line = _draw
