"""Who may fetch a copy? The person it is about, signed in, within its days, and only if not a bit of it was changed."""

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from .. import audit, data_subjects
from ..encryption import CannotDecrypt, keyed_hash
from ..fields import normalise_email
from . import files
from .job import Export, path_of


class CannotOpen(Exception):
    """No bytes for this caller; `reason` is one of not_yours, not_ready, expired, unknown, damaged."""

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


def open_for(account: Any, export: Export, name: str, *, now: datetime | None = None) -> Opened:
    """The one door to a finished file; every try is written down, every doubt refuses (CannotOpen)."""
    reason = _refusal(account, export, name, now or timezone.now())
    known: dict[str, Any] = {"file": name} if name in export.files else {}
    event = "export.refused" if reason else "export.opened"
    known |= {"reason": reason} if reason else {}
    actor = account if getattr(account, "pk", None) else "anonymous"
    audit.record(event, actor=actor, subject=export.data_subject, target=export, **known)
    if reason:
        raise CannotOpen(reason)
    about, path = export.files[name], path_of(export, name)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Opened(name, kind, about["size"], about["sha256"], files.unsealed(path, export.place(name)))


def _refusal(account: Any, export: Export, name: str, now: datetime) -> str:
    """Why not; empty where nothing stands against it."""
    if data_subjects.of_account(account) != export.data_subject:
        return "not_yours"
    if export.job_state != Export.State.DONE or export.released_at is None:
        return "not_ready"
    if export.expires_at is None or export.expires_at <= now:
        return "expired"
    if keyed_hash(normalise_email(account.email), use="export") not in export.addressees:
        return "not_yours"
    if name not in export.files:
        return "unknown"
    return "" if _is_whole(export, name) else "damaged"


def _is_whole(export: Export, name: str) -> bool:
    """Whether the file is still what its SHA-256 says (CNX-32)."""
    try:
        return files.sha256_of(path_of(export, name), export.place(name)) == export.files[name]["sha256"]
    except (CannotDecrypt, OSError):
        return False
