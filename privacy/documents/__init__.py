"""How does a page become a PDF that everybody can read and keep, without fetching anything from anywhere?

The renderer takes a third of the time in which a command starts, so it is loaded when the first page is set; what it
offers is typed in the stub beside this file.
"""

from importlib import import_module
from typing import Any

ROOMS = {
    "Data": "rendering",
    "RefusingFetcher": "safety",
    "bind": "binding",
    "directed": "reading",
    "html_of": "rendering",
    "pdf_of": "rendering",
    "policy_pdf": "policy",
    "printable": "coverage",
    "warm_up": "rendering",
}


def load() -> None:
    """Loads the renderer at once, for a process that will set pages."""
    for room in set(ROOMS.values()):
        import_module(f"{__name__}.{room}")


def __getattr__(name: str) -> Any:
    if name not in ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{ROOMS[name]}"), name)
