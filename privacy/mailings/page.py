"""What does a reader see of a page of HTML? Its words, and the links that can be seen and clicked."""

import re
from html.parser import HTMLParser

VOID = set("br hr img input meta link wbr col area base source embed param track".split())
UNSEEN = set("script style head title template noscript".split())
HIDDEN = re.compile(
    r"display:none|visibility:(hidden|collapse)|font-size:[01](px|pt|em|rem|%)?(;|!|$)|opacity:0(\.0+)?(;|!|$)"
    r"|(max-)?height:0(px)?(;|!|$)|mso-hide:all"
)


class Page(HTMLParser):
    """Reads a page once; `words` and `links` are what can be seen."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.links: set[str] = set()
        self._open: list[tuple[str, bool, str]] = []  # name, hidden by this tag, link
        self.feed(page)
        self.close()

    @property
    def text(self) -> str:
        """All words that can be seen."""
        return " ".join(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remembers what is hidden and where a link leads; a picture counts by its text."""
        given = {name: value or "" for name, value in attrs}
        style = re.sub(r"\s", "", given.get("style", "").lower())
        hidden = tag in UNSEEN or "hidden" in given or bool(HIDDEN.search(style))
        if tag not in VOID:
            self._open.append((tag, hidden, given.get("href", "") if tag == "a" else ""))
        elif tag == "img" and not hidden:
            self.handle_data(given.get("alt", ""))

    def handle_endtag(self, tag: str) -> None:
        """Closes the innermost such tag and everything that was left open in it."""
        places = [place for place, (name, _, _) in enumerate(self._open) if name == tag]
        if places:
            del self._open[places[-1] :]

    def handle_data(self, data: str) -> None:
        """Words, unless something around them hides them."""
        if data.strip() and not any(hidden for _, hidden, _ in self._open):
            self.words.append(data)
            self.links.update(link for _, _, link in self._open if link)
