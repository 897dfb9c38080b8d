"""What does a page of HTML say to whoever reads it? Our own small reader: one pass, and nothing that can grow."""

import html
import re

LIMIT = 64 * 1024
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^>]*(?:>|\Z)", re.DOTALL)
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})([^<>]{0,1000})>")
ATTRIBUTE = re.compile(r"([a-zA-Z-]{1,30})(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
INVISIBLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?![.\d])|mso-hide|max-height\s*:\s*0",
    re.IGNORECASE,
)
VOID = set("br hr img input meta link wbr col area base source".split())
BLOCK = set("p div br hr li tr table ul ol h1 h2 h3 h4 blockquote pre section article footer header".split())
UNREAD = set("script style head title template blockquote svg object noscript select".split())
QUOTATIONS = set("gmail_quote yahoo_quoted moz-cite-prefix divrplyfwdmsg protonmail_quote quote quoted".split())


def text_of(page: str) -> str:
    """The words that the writer wrote: no scripts, nothing hidden, no quotations, no words of links."""
    page = COMMENT.sub(" ", page[:LIMIT])
    pieces: list[str] = []
    silent: list[str] = []
    position = 0
    for tag in TAG.finditer(page):
        if not silent:
            pieces.append(" ".join(page[position : tag.start()].split("\n")))
        position = tag.end()
        _hush(silent, bool(tag[1]), tag[2].lower(), tag[3])
        pieces.append("\n" if tag[2].lower() in BLOCK else "")
    if not silent:
        pieces.append(page[position:])
    return html.unescape("".join(pieces)).replace("\0", " ")


def _hush(silent: list[str], is_end: bool, name: str, attributes: str) -> None:
    """Keeps the list of open tags inside which nothing is read."""
    if is_end and name in silent[-50:]:
        while silent.pop() != name:
            continue
    elif not is_end and name not in VOID and not attributes.endswith("/") and (silent or _is_unread(name, attributes)):
        silent.append(name)


def _is_unread(name: str, attributes: str) -> bool:
    given = {key.lower(): double or single or bare for key, double, single, bare in ATTRIBUTE.findall(attributes)}
    marks = set(f"{given.get('class', '')} {given.get('id', '')}".lower().split())
    is_link = name == "a" and given.get("href", "").lower().startswith(("http", "//", "mailto"))
    is_hidden = "hidden" in given or bool(INVISIBLE.search(given.get("style", "")))
    return name in UNREAD or is_link or is_hidden or bool(marks & QUOTATIONS)
