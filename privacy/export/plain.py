"""How does staff hand out a copy on a disk? The same steps into a folder, all of them or none."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .. import audit
from .contents import collect
from .files import Sink, appearing
from .steps import build


class PlainShelf:
    """Plain files in a folder that is not there yet for anybody else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, dict[str, Any]] = {}

    @contextmanager
    def create(self, name: str) -> Iterator[Sink]:
        """One file."""
        with appearing(self.folder / name) as file:
            sink = Sink(file.write)
            yield sink
            file.write(sink.buffer)
        self.files[name] = sink.about()

    def read(self, name: str) -> bytes:
        """A file that is finished."""
        return (self.folder / name).read_bytes()

    def finished(self) -> dict[str, dict[str, Any]]:
        """What is finished."""
        return self.files


def export_to(data_subject: Any, folder: Path, *, actor: Any, only_provided: bool = False) -> dict[str, dict[str, Any]]:
    """Writes the files into the folder, readable by their owner alone, and says size and SHA-256 of each."""
    folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".export-", dir=folder))
    try:
        shelf = PlainShelf(work)
        build(collect(data_subject, only_provided), shelf, lambda _: None)
        for name in shelf.files:
            (work / name).chmod(0o600)
            (work / name).replace(folder / name)
        audit.record("export.written", actor=actor, subject=data_subject, files=sorted(shelf.files))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return shelf.files
