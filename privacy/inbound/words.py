"""The lists of phrases beside this file: read once, and made into regular expressions."""

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any


@cache
def of(name: str) -> dict[str, Any]:
    """The table of phrases of this name."""
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text())


def any_of(phrases: Iterable[str]) -> str:
    """One regular expression that fits where any of the phrases does."""
    return "|".join(f"(?:{phrase})" for phrase in phrases)
