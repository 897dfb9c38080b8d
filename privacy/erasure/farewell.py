"""What is done before the address goes? Never written to again, one last letter, mail of nobody's record gone."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from .. import (
    data_subjects,
    erased,
    erasure_ledger,
    jobs,
    notices,
    one_person,
    recipient_notices,
    suppression,
    tokens,
)
from ..fields import CorrespondentHashField, correspondent_hash, normalise_email
from ..personal_data import PersonalData, declarations
from ..recipient_notices import RecipientNotice
from ..suppression import Suppression
from ..vocabulary import Channel
from .conditions import goes_along, relations_to
from .plan import Line
from .removal import delete
from .replayed import was_replayed

NOT_YET = timedelta(days=3650)
ERASED = ".invalid"


@dataclass(frozen=True)
class Known:
    """By what somebody is known, read once, before any of it goes.

    `ways` are those to her on each channel, `hers_alone` her addresses that nobody else has: what came from an address
    that somebody else has too may be theirs; it goes with its own retention.
    `is_replayed`: she and the recipients were told before a backup was put back.
    """

    number: str
    phone: str
    addresses: set[str]
    ways: list[tuple[str, Channel]]
    hers_alone: list[str]
    is_replayed: bool

    @property
    def correspondents(self) -> list[str]:
        """Her own addresses as mail is found by them."""
        return [correspondent_hash(address) for address in self.hers_alone]

    @property
    def identifiers(self) -> list[erased.Identifier]:
        """What no file and no list may bring her back by."""
        plain = [(erased.NUMBER, self.number), (erased.PHONE, self.phone)]
        return [*plain, *((erased.EMAIL, address) for address in self.addresses)]


def known_by(data_subject: Any) -> Known:
    """All of it."""
    addresses = _addresses_of(data_subject)
    return Known(
        number=data_subject.number,
        phone=data_subject.phone,
        addresses=addresses,
        ways=suppression.ways_to([data_subject], {data_subject.pk: addresses})[data_subject.pk],
        hers_alone=_hers_alone(data_subject, addresses),
        is_replayed=was_replayed(data_subject),
    )


def _addresses_of(data_subject: Any) -> set[str]:
    """Every email address that any record about the person holds, those of third parties aside."""
    known = tuple(d for d in declarations() if d.data_subject)
    held = (address for (address,) in _where_addresses_are(known).rows(data_subject))
    found = {*data_subject.email_addresses(), *held}
    return {address for address in found if address and not address.endswith(ERASED)}


@lru_cache(maxsize=8)
def _where_addresses_are(known: tuple[PersonalData, ...]) -> one_person.OfOne:
    """One question to every table that holds one, written down once for everybody."""
    model = data_subjects.model()
    nobody = one_person.stand_in(model)
    parts = [
        one_person.written(declaration.of(nobody).order_by().values_list(column.name))
        for declaration in known
        for column in declaration.model._meta.concrete_fields
        if isinstance(column, models.EmailField)
        and column.name in declaration.fields
        and column.name not in declaration.third_party
    ]
    return one_person.asked(model, parts)


def suppress(data_subject: Any, known: Known, now: datetime) -> None:
    """Keyed hashes of all she is known by: nobody writes or calls, no old list brings her back (FAULTS E54)."""
    suppression.suppress_all(known.ways, reason=Suppression.Reason.ERASURE, since=now)
    if data_subject.erased_at is None:
        erased.remember(known.identifiers, now=now)
    tokens.leave_behind(data_subject)


def _hers_alone(data_subject: Any, addresses: Iterable[str]) -> list[str]:
    owners = data_subjects.owners_of(list(addresses))
    return [address for address, owned in owners.items() if owned <= {data_subject.pk}]


def note(data_subject: Any, known: Known, planned: list[Line], *, erasure: str, now: datetime) -> None:
    """Before anything goes: into the ledger outside the database, so that no backup brings her back (FAULTS E47).

    A shell was noted when it became one, and whoever is erased again after a restore has her line.
    """
    if any(line.goes for line in planned) and data_subject.erased_at is None and not known.is_replayed:
        her = erasure_ledger.Erased(
            number=erased.identifier_hash(erased.NUMBER, known.number),
            known_by=sorted(erased.hashes_of(known.identifiers)),
            mail=sorted(known.correspondents),
            suppressed=[[way, suppression.address_hash(to, way)] for to, way in known.ways],
        )
        erasure_ledger.note(her, erasure=erasure, now=now)


def tell_recipients(
    data_subject: Any, today: date, *, occasion: str, actor: Any, case: Any = None
) -> list[RecipientNotice]:
    """Whoever got her data hears of it when all is done (Art. 17(2), 19); those of whom she may know today."""
    told = recipient_notices.tell(
        data_subject, recipient_notices.Change.ERASURE, occasion=occasion, actor=actor, now=timezone.now(), today=today,
        case=case, later=True,
    )  # fmt: skip
    return list(RecipientNotice.objects.filter(pk__in=[row.pk for row in told]).to_be_named(today))


def write_letter(
    data_subject: Any,
    plan: list[Line],
    *,
    key: str,
    now: datetime,
    told: Iterable[RecipientNotice] = (),
    certified: bool = True,
) -> None:
    """The last letter: what goes, what is kept, why and until when (Art. 12(3), (4)); it waits until all is done."""
    to_address = data_subject.contact_email
    if not to_address:
        return
    kept = [line for line in (found.as_told() for found in plan if found.is_told) if line.kept]
    context: dict[str, Any] = {
        "kept": kept,
        "held": any(line.held for line in plan),
        "goes": any(line.goes for line in plan),
        "certified": certified,
    }
    context["told"] = [notice.recipient for notice in told]
    notices.send("erasure_done", to_address, key=key, context=context, forget_when_sent=True, now=now + NOT_YET)


def let_letter_go(key: str, now: datetime) -> None:
    """Hands the letter over, in the transaction in which the erasure is done."""
    letter = notices.OutgoingEmail.objects.filter(key=key, job_state=notices.OutgoingEmail.State.NEW).first()
    if letter is not None:
        letter.run_after = now
        letter.save(update_fields=["run_after"])
        jobs.dispatch(letter)


def remove_mail_of(hashes: Collection[str]) -> None:
    """Mail from and to these that stands on nobody's record: reports of machines, letters to a stranger."""
    for declaration in declarations():
        columns = list(_of_correspondents(declaration.model))
        if columns and hashes:
            named = models.Q(*(models.Q(**{f"{name}__in": hashes}) for name in columns), _connector=models.Q.OR)
            keys = declaration.rows.filter(named, **{declaration.subject_lookup: None}).values_list("pk", flat=True)
            if found := list(keys):
                nobodys = declaration.rows.filter(pk__in=found)
                if declaration.model is notices.OutgoingEmail:
                    nobodys = nobodys.filter(forget_when_sent=False)
                delete(declaration, nobodys)


def _of_correspondents(model: type[models.Model]) -> Iterator[str]:
    """Columns of correspondents: the table's own, and those of tables that merely say who is mentioned in a row."""
    along = [relation for relation in relations_to(model) if goes_along(relation)]
    for path, table in [("", model), *((f"{relation.name}__", relation.related_model) for relation in along)]:
        yield from (f"{path}{c.name}" for c in table._meta.concrete_fields if isinstance(c, CorrespondentHashField))


def remove_history(data_subject: Any) -> None:
    """What Django's own history says of the person and her login: it names a row by its name of that day."""
    if not apps.is_installed("django.contrib.admin"):
        return
    entries = apps.get_model("admin.LogEntry")._base_manager
    for row in filter(None, (data_subject, getattr(data_subject, "account", None))):
        kind = ContentType.objects.get_for_model(row)
        entries.filter(content_type=kind, object_id=str(row.pk)).delete()


def remove_copies(addresses: Iterable[str]) -> None:
    """Where mail goes out as files, as it does without a mail server: the copies of letters to the person."""
    folder, wanted = getattr(settings, "EMAIL_FILE_PATH", None), {normalise_email(one) for one in addresses}
    for path in Path(folder).glob("*.eml") if folder and wanted else ():
        if wanted & _named_in(path):
            path.unlink(missing_ok=True)


def _named_in(path: Path) -> set[str]:
    try:
        with path.open("rb") as file:
            head = BytesHeaderParser().parse(file)
    except FileNotFoundError:
        return set()  # somebody else's erasure was quicker
    lines = [str(line) for name in ("To", "Cc", "From") for line in head.get_all(name, [])]
    return {normalise_email(address) for _, address in getaddresses(lines) if address}
