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
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return _into(folder, data_subject, actor, only_provided)
    except BaseException:
        if is_new:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _into(folder: Path, data_subject: Any, actor: Any, only_provided: bool) -> dict[str, dict[str, Any]]:
    """All files or none, by way of a folder beside them."""
    with tempfile.TemporaryDirectory(prefix=".export-", dir=folder, ignore_cleanup_errors=True) as work:
        shelf = PlainShelf(Path(work))
        build(collect(data_subject, only_provided), shelf, lambda _: None)
        for name in shelf.files:
            (shelf.folder / name).chmod(0o600)
            (shelf.folder / name).replace(folder / name)
    audit.record("export.written", actor=actor, subject=data_subject, files=sorted(shelf.files))
    return shelf.files
