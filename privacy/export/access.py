"""Who may fetch a copy? The person it is about, signed in, within its days, and only if not a bit of it was changed."""

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from .. import audit, data_subjects
from ..encryption import CannotDecrypt
from . import files
from .job import Export, addressees_of, path_of


class CannotOpen(Exception):
    """No bytes for this caller.

    `reason` is one of not_yours, not_ready, expired, address_changed, not_proven, part, unknown, damaged.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Opened:
    """A file on its way to its owner."""

    name: str
    content_type: str
    size: int
    sha256: str
    chunks: Iterator[bytes]


def open_for(
    account: Any, export: Export | None, name: str, *, is_proven: bool = True, how: str = "whole",
    now: datetime | None = None,
) -> Opened:  # fmt: skip
    """The one door to a finished file; every try is written down, every doubt refuses (CannotOpen).

    `is_proven`: she has proved within the last minutes who she is. `how`: the "whole" file, its "head" alone (nothing
    is read then), or a "part", which nobody gets, because only a whole file can be checked.
    """
    reason = next(_doubts(account, export, name, is_proven, how, now or timezone.now()), "")
    event = "export.refused" if reason else ("export.asked" if how == "head" else "export.opened")
    known: dict[str, Any] = {"file": name} if export and name in export.files else {}
    known |= {"reason": reason} if reason else {}
    actor = account if getattr(account, "pk", None) else "anonymous"
    audit.record(event, actor=actor, subject=export and export.data_subject, target=export, **known)
    if reason or export is None:
        raise CannotOpen(reason)
    about, path = export.files[name], path_of(export, name)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Opened(name, kind, about["size"], about["sha256"], files.unsealed(path, export.place(name)))


def why_over(export: Export, now: datetime) -> str:
    """Why nobody gets it any more: "expired" or "address_changed"; empty while it lies ready.

    A copy is dead as soon as one of the addresses is gone that its owner had when she was told of it (FAULTS 41).
    """
    if export.expires_at is None or export.expires_at <= now or not export.files:
        return "expired"
    return "" if set(export.addressees) <= set(addressees_of(export.data_subject)) else "address_changed"


def _doubts(account: Any, export: Export | None, name: str, is_proven: bool, how: str, now: datetime) -> Iterator[str]:
    """What stands against it, the first thing first; the file itself is read last of all."""
    if export is None:
        yield "unknown"
        return
    if data_subjects.of_account(account) != export.data_subject:
        yield "not_yours"
    if export.job_state != Export.State.DONE or export.released_at is None:
        yield "not_ready"
    if over := why_over(export, now):
        yield over
    if not is_proven:
        yield "not_proven"
    if how == "part":
        yield "part"
    if name not in export.files:
        yield "unknown"
    if how != "head" and not _is_whole(export, name):
        yield "damaged"


def _is_whole(export: Export, name: str) -> bool:
    """Whether the file is still what its SHA-256 says (CNX-32)."""
    try:
        return files.sha256_of(path_of(export, name), export.place(name)) == export.files[name]["sha256"]
    except (CannotDecrypt, OSError):
        return False
