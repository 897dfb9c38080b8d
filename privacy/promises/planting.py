"""Which promises came with the software? Read from a file for each pack; what staff changed since stays."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from .promise import Promise

FOLDER = Path(__file__).parent / "texts"


@cache
def _files() -> dict[str, dict[str, Any]]:
    """Each pack's file, by the pack."""
    return {path.stem: tomllib.loads(path.read_text()) for path in sorted(FOLDER.glob("*.toml"))}


def packs() -> dict[str, str]:
    """Each pack with the name by which people know it."""
    return {pack: said["name"] for pack, said in _files().items()}


def planted() -> Iterator[dict[str, Any]]:
    """Every promise of every file."""
    for pack, file in _files().items():
        for said in file["promise"]:
            yield {"pack": pack, **said}


def seed() -> None:
    """Adds the promises that are missing, in one statement."""
    known = set(Promise.objects.values_list("code", flat=True))
    Promise.objects.bulk_create(Promise(**said) for said in planted() if said["code"] not in known)
