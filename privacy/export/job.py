"""How is an export made, whatever dies on the way? A job in steps, each file named in the row once it is whole."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from .. import audit, jobs, notices
from ..encryption import keyed_hash
from ..fields import normalise_email
from ..jobs import Job
from ..personal_data import Delete, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose
from . import files
from .contents import collect
from .redactions import Guard
from .reviewing import unread
from .steps import build

SYSTEM = "system:export"


def new_folder() -> str:
    """A name that nobody can guess."""
    return secrets.token_hex(16)


class Export(Job):
    """One export of one person (Art. 15, 20)."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="expires_at", days=1),
        erase=Delete(),
        fields=("created_at", "finished_at", "expires_at"),
        not_personal=(
            "only_provided", "case", "requested_by", "progress", "folder", "files", "addressees", "holds_back",
            "held_back", "released_at",
            *(f for f in Job.JOB_FIELDS if f not in ("created_at", "finished_at")),
        ),
    )  # fmt: skip

    # A million rows on a slow machine; what is finished by then stays, and the next try goes on behind it.
    queue, most_seconds = jobs.LONG, 2 * 60 * 60

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.CASCADE, related_name="exports")
    case = models.OneToOneField("privacy.DataSubjectRequest", models.SET_NULL, null=True, related_name="export")
    requested_by = models.CharField(max_length=100)
    only_provided = models.BooleanField(default=False)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Percent.")
    expires_at = models.DateTimeField(null=True)
    folder = models.CharField(max_length=32, default=new_folder, editable=False)
    files = models.JSONField(
        default=dict, editable=False, help_text="Name, path, size and SHA-256 of each finished file."
    )
    addressees = models.JSONField(
        default=list, editable=False, help_text="Keyed hashes of the addresses it was made for."
    )

    holds_back = models.BooleanField(default=False, help_text="Nobody has looked through it for what others said.")
    held_back = models.PositiveIntegerField(default=0, help_text="How many texts are not in it for that reason.")
    released_at = models.DateTimeField(null=True, help_text="Since then the person may fetch it.")

    def __str__(self) -> str:
        return f"export {self.pk}"

    def perform(self) -> None:
        """Makes the files that are missing; one that no request waits for may be fetched at once."""
        shelf = SealedShelf(self)
        guard = Guard.of(self.data_subject, holds_back=self.holds_back)
        build(collect(self.data_subject, self.only_provided, now=self.created_at, guard=guard), shelf, shelf.progress)
        held = unread(self.data_subject, only_provided=self.only_provided) if self.holds_back else 0
        with self.settling():
            self.write(progress=100, held_back=held)
            audit.record("export.done", actor=SYSTEM, subject=self.data_subject, target=self, files=sorted(self.files))
            if self.case_id is None:
                release(self)
        shelf.tidy()

    def place(self, name: str) -> str:
        """What binds an encrypted file to this export and this name."""
        return f"privacy_export.files:{self.folder}:{name}"


def addressees_of(data_subject: Any) -> list[str]:
    """The addresses she is reached and signs in by, unreadable; a copy is dead when one of them is gone (FAULTS 41)."""
    account = getattr(data_subject, "account", None)
    reached = [keyed_hash(address, use="export") for address in data_subject.email_addresses()]
    signs_in = [keyed_hash(normalise_email(account.email), use="export-login")] if account else []
    return sorted({*reached, *signs_in})


class SealedShelf:
    """The encrypted files of one claim of one export; a worker that lost its claim cannot name a file in the row."""

    def __init__(self, export: Export) -> None:
        self.export = export
        export.renew()
        self.folder = files.folder(export.folder) / str(export.claims)
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            export.renew()
        except jobs.LostClaim:
            files.remove(f"{export.folder}/{export.claims}")
            raise

    @contextmanager
    def create(self, name: str) -> Iterator[files.Sink]:
        """A file that is named in the row once it is whole."""
        with files.sealed(self.folder / name, self.export.place(name)) as sink:
            yield sink
        about = sink.about() | {"path": f"{self.export.folder}/{self.export.claims}/{name}"}
        try:
            self.export.write(files=self.export.files | {name: about})
        except jobs.LostClaim:  # an erasure that swept the folder a moment ago has not seen this file
            (self.folder / name).unlink(missing_ok=True)
            raise

    def read(self, name: str) -> bytes:
        """A finished file, plain."""
        return b"".join(files.unsealed(path_of(self.export, name), self.export.place(name)))

    def finished(self) -> dict[str, dict[str, Any]]:
        """What this claim or one before it finished and is still there."""
        return {name: about for name, about in self.export.files.items() if path_of(self.export, name).is_file()}

    def progress(self, percent: int) -> None:
        """Says how far it is and that the work goes on, at most once a second."""
        self.export.go_on(progress=percent)

    def tidy(self) -> None:
        """Takes away what claims that died had begun."""
        named = {path_of(self.export, name) for name in self.export.files}
        for path in files.folder(self.export.folder).rglob("*"):
            if path.is_file() and path not in named:
                path.unlink(missing_ok=True)


def path_of(export: Export, name: str) -> Any:
    """Where a file of an export lies."""
    return files.folder(export.files[name]["path"])


def release(export: Export, *, now: datetime | None = None) -> None:
    """From now on the person may fetch it, from the addresses that she has now; she is told, once."""
    now, person = now or timezone.now(), export.data_subject
    values: dict[str, Any] = {"released_at": now, "expires_at": now + timedelta(days=settings.EXPORT_DAYS)}
    values |= {"addressees": addressees_of(person)}
    Export._base_manager.filter(pk=export.pk).update(**values)
    for name, value in values.items():
        setattr(export, name, value)
    if address := person.contact_email:
        context, key = {"export": export, "case": export.case}, f"export-ready-{export.pk}"
        notices.send("export_ready", address, key=key, data_subject=person, context=context)


def of_case(case: Any) -> Export | None:
    """The copy of a case, locked until the transaction ends; asked for before the case is, as a worker does it."""
    found: Export | None = Export._base_manager.select_for_update().filter(case=case).first()
    return found


def remake(export: Export, *, holds_back: bool = False, now: datetime | None = None) -> Export:
    """Another one in its place, of the data and of what is left out of it as they stand now; the old files go.

    A worker that is at the old one loses its claim with the row, so that nothing of what it has read gets out.
    """
    values = {"requested_by": export.requested_by, "only_provided": export.only_provided, "holds_back": holds_back}
    folder = export.folder
    with transaction.atomic():
        Export._base_manager.filter(pk=export.pk).delete()
        new: Export = Export.objects.create(
            case_id=export.case_id, data_subject=export.data_subject, created_at=now or timezone.now(), **values
        )
        transaction.on_commit(lambda: files.remove(folder))
        jobs.dispatch(new)
    return new


def start(
    data_subject: Any, *, actor: Any, case: Any = None, only_provided: bool = False, holds_back: bool = False,
    now: datetime | None = None,
) -> Export:  # fmt: skip
    """Queues an export of everything, or of what the person provided (Art. 20); a finished one is made anew.

    `holds_back` leaves out texts of ours that may speak of somebody else, because nobody has read them for that.
    """
    now = now or timezone.now()
    values: dict[str, Any] = {"only_provided": only_provided, "holds_back": holds_back}
    values |= {"requested_by": audit.reference(actor)}
    row, is_new = Export.objects.get_or_create(
        case=case, data_subject=data_subject, defaults=values | {"created_at": now}
    )
    if is_new:
        jobs.dispatch(row)
    elif case is not None and row.job_state == Job.State.DONE:
        row = remake(row, holds_back=holds_back, now=now)
    return row


def forget(now: datetime) -> int:
    """Deletes the files of exports past their days, and folders that no row knows; how many went."""
    gone = 0
    for export in Export.objects.filter(expires_at__lte=now).exclude(files={}):
        files.remove(export.folder)
        Export.objects.filter(pk=export.pk).update(files={})
        audit.record("export.forgotten", actor=SYSTEM, subject=export.data_subject, target=export, now=now)
        gone += 1
    return gone + _forget_strays(now - timedelta(days=1))


def _forget_strays(before: datetime) -> int:
    old = [token for token, changed in files.tokens_on_disk() if changed < before.timestamp()]
    known = set(Export.objects.filter(folder__in=old).values_list("folder", flat=True))
    for token in set(old) - known:
        files.remove(token)
    return len(set(old) - known)


def discard_files(data_subject: Any) -> list[str]:
    """Takes every copy of this person away and stops those in the making; their folders (erasure calls it)."""
    rows = Export._base_manager.filter(data_subject=data_subject)
    folders = list(rows.values_list("folder", flat=True))
    rows.update(files={}, expires_at=timezone.now(), claims=F("claims") + 1, job_state=Job.State.DONE, lease_until=None)
    discard_folders(folders)
    return folders


def discard_folders(folders: Iterable[str]) -> None:
    """Once more, for a file that a worker had begun before its export was stopped; again does no harm."""
    for token in folders:
        files.remove(token)
