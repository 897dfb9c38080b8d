"""What came of a mail? The choices, requests and letters that it brought about, and what colleagues did with it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from .. import audit, consent, data_subjects, notices, rights
from ..audit import AuditEntry
from ..subject_requests import DataSubjectRequest
from ..vocabulary import Source
from . import answers
from .mailbox import InboundEmail
from .reading import Reading

KEY = re.compile(r"mail-(\d+)-[a-z_]+(?:-\d+)?")
EVENTS = (
    "mail.linked", "mail.unlinked", "mail.case_opened", "mail.case_asked_again", "mail.applied", "mail.dismissed",
    "mail.reopened", "mail.raw_taken", "mail.attachment_taken", "job.again",
)  # fmt: skip


@dataclass
class Deeds:
    """Everything that can be pointed at."""

    cases: list[DataSubjectRequest] = field(default_factory=list)
    choices: list[consent.ConsentEntry] = field(default_factory=list)
    letters: list[notices.OutgoingEmail] = field(default_factory=list)
    acts: list[AuditEntry] = field(default_factory=list)


def key_of_case(mail: int, kind: str, person: Any = None) -> str:
    """By which a request is known to have come from this mail; a colleague's names the person too."""
    return f"mail-{mail}-{kind}-{person.pk}" if person else f"mail-{mail}-{kind}"


def of(mail: InboundEmail, read: Reading | None) -> Deeds:
    """What the machine and the colleagues did."""
    acts = list(audit.of(mail).filter(event__in=EVENTS).order_by("pk"))
    people = _people(mail, read)
    choices = _choices(mail, people, acts)
    return Deeds(_cases(mail, acts), choices, _letters(mail, read, people, choices, acts), acts)


def _people(mail: InboundEmail, read: Reading | None) -> list[Any]:
    """Whoever it was taken to be from; all of a household that shares the address."""
    if mail.data_subject:
        return [mail.data_subject]
    for name in ("from", "reply-to", "return-path") if read and mail.matched_by else ():
        for address in read.addresses(name) if read else ():
            if found := data_subjects.by_email(address):
                return found
    return []


def _cases(mail: InboundEmail, acts: Iterable[AuditEntry]) -> list[DataSubjectRequest]:
    """By their keys, by what colleagues opened, and those that heard the same wish again."""
    opened = [str(act.details["case"]).rpartition(":")[2] for act in acts if "case" in act.details]
    by_machine = [key_of_case(mail.pk, kind) for kind in rights.REGISTER]
    wanted = Q(idempotency_key__in=by_machine) | Q(pk__in=[pk for pk in opened if pk.isdigit()])
    if mail.data_subject_id:
        again = DataSubjectRequest.objects.filter(
            data_subject=mail.data_subject_id, events__kind="asked_again", events__occurred_at=mail.received_at
        )
        wanted |= Q(pk__in=again.values("pk"))
    return list(DataSubjectRequest.objects.filter(wanted).select_related("data_subject").order_by("pk"))


def _choices(mail: InboundEmail, people: list[Any], acts: Iterable[AuditEntry]) -> list[consent.ConsentEntry]:
    by_colleagues = [pk for act in acts for pk in act.details.get("entries", [])]
    rows = consent.ConsentEntry.objects.select_related("data_subject", "recipient").order_by("pk")
    mine = Q(data_subject__in=people, source=Source.EMAIL, occurred_at=mail.received_at)
    return list(rows.filter(mine | Q(pk__in=by_colleagues)))


def _letters(
    mail: InboundEmail, read: Reading | None, people: list[Any], choices: Iterable[Any], acts: Iterable[AuditEntry]
) -> list[notices.OutgoingEmail]:
    """Receipts and answers, of the day of the machine's deed and of each colleague's."""
    to = {person.contact_email for person in people} | set(read.addresses("from") if read else [])
    to |= {entry.data_subject.contact_email for entry in choices}
    when: list[datetime] = [mail.finished_at] if mail.finished_at and mail.outcome in ("act", "open_case") else []
    when += [act.at for act in acts if act.event == "mail.applied"]
    entries = [entry.pk for entry in choices]
    found = {row.pk: row for at in when for address in to - {""} for row in answers.written(address, at, entries)}
    return [found[pk] for pk in sorted(found)]


def mails_of(case: DataSubjectRequest) -> list[int]:
    """Every mail, still there, that opened this request or asked for the same again."""
    match = KEY.fullmatch(case.idempotency_key or "")
    times = case.events.filter(kind="asked_again").values("occurred_at")
    again = Q(data_subject=case.data_subject_id, received_at__in=times)
    opened = Q(pk=int(match[1])) if match else Q(pk=None)
    return list(InboundEmail.objects.filter(opened | again).order_by("pk").values_list("pk", flat=True))
