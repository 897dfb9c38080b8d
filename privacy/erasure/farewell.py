"""What is done before the address goes? Never written to again, one last letter, earlier copies of letters gone."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models

from .. import jobs, notices, suppression
from ..personal_data import declarations
from ..suppression import Suppression
from ..vocabulary import Source
from .plan import Line

NOT_YET = timedelta(days=3650)
ERASED = ".invalid"


def addresses_of(data_subject: Any) -> set[str]:
    """Every email address that any record about the person holds, those of third parties aside."""
    found = set(data_subject.email_addresses())
    for declaration in declarations():
        for column in declaration.model._meta.concrete_fields:
            ours = column.name in declaration.fields and column.name not in declaration.third_party
            if isinstance(column, models.EmailField) and ours and declaration.data_subject:
                found.update(declaration.of(data_subject).order_by().values_list(column.name, flat=True))
    return {address for address in found if address and not address.endswith(ERASED)}


def suppress(addresses: Iterable[str], now: datetime) -> None:
    """Keyed hashes of the addresses, so that an old list cannot bring the person back (Art. 21(3), FAULTS E54)."""
    for address in addresses:
        suppression.suppress(address, reason=Suppression.Reason.ERASURE, source=Source.IMPORT, since=now)


def write_letter(data_subject: Any, plan: list[Line], *, key: str, now: datetime) -> None:
    """The last letter: what goes, what is kept, why and until when (Art. 12(3), (4)); it waits until all is done."""
    if not data_subject.contact_email:
        return
    kept = [line for line in plan if line.kept]
    context = {"kept": kept, "held": any(line.held for line in plan), "goes": any(line.goes for line in plan)}
    notices.send(
        "erasure_done", data_subject.contact_email, key=key, context=context, forget_when_sent=True, now=now + NOT_YET
    )


def let_letter_go(key: str, now: datetime) -> None:
    """Hands the letter over, in the transaction in which the erasure is done."""
    letter = notices.OutgoingEmail.objects.filter(key=key, job_state=notices.OutgoingEmail.State.NEW).first()
    if letter is not None:
        letter.run_after = now
        letter.save(update_fields=["run_after"])
        jobs.dispatch(letter)


def remove_copies(addresses: Iterable[str]) -> None:
    """Where mail goes out as files, as it does without a mail server: the copies of letters to the person."""
    folder = getattr(settings, "EMAIL_FILE_PATH", None)
    wanted = [address.encode() for address in addresses]
    for path in Path(folder).glob("*.eml") if folder and wanted else ():
        head = path.read_bytes().partition(b"\r\n\r\n")[0].lower()
        if any(address.lower() in head for address in wanted):
            path.unlink(missing_ok=True)
