"""What does a colleague do with a mail? Say whose it is, open a request, switch off, dismiss, and take it back."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, data_subjects, jobs, rights, subject_requests
from ..audit import AuditEntry
from ..jobs import Job
from ..subject_requests import DataSubjectRequest
from ..vocabulary import Source
from . import answers, commands, deeds, effects, own_words, reading, senders
from .mailbox import InboundEmail

BY_COLLEAGUE = "colleague"
LONGEST = 4000
LINKS = ("mail.linked", "mail.unlinked")


class NotPossible(Exception):
    """It cannot be done now; the text is one clear line for whoever tried."""


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotPossible(otherwise)


@contextmanager
def _in_hand(mail: InboundEmail, seen: str | None = None) -> Iterator[InboundEmail]:
    """The mail as it is now, locked: it must still wait, and belong to whom the colleague saw (`seen`, a key)."""
    with transaction.atomic():
        row = InboundEmail.objects.select_for_update().get(pk=mail.pk)
        _require(row.waits, _("A colleague was faster: this email is off the list already."))
        same = seen is None or seen == str(row.data_subject_id or "")
        _require(same, _("Meanwhile a colleague changed whose email this is. Look again."))
        yield row


# --- whose mail it is --------------------------------------------------------------------------------------


def link(mail: InboundEmail, person: Any, *, actor: Any, seen: str | None = None) -> None:
    """This mail is this person's; with None, nobody's. What it was before stands in the log, to go back to."""
    with _in_hand(mail, seen) as row:
        _link(row, person, BY_COLLEAGUE if person else "", actor)


def _link(row: InboundEmail, person: Any, by: str, actor: Any) -> None:
    was, is_erased = row.data_subject, person is not None and person.erased_at is not None
    _require(not is_erased, _("This person was erased. Nothing can be linked to them."))
    _require(was != person, _("Nothing changed: the email is linked like that already."))
    InboundEmail.objects.filter(pk=row.pk).update(data_subject=person, matched_by=by)
    before, event = audit.reference(was), LINKS[person is None]
    audit.record(event, actor=actor, subject=person or was, target=row, was=before, was_by=row.matched_by)


def linked_before(mail: InboundEmail) -> AuditEntry | None:
    """The last time that a colleague changed it; None when nobody has."""
    return audit.of(mail).filter(event__in=LINKS).first()


def link_back(mail: InboundEmail, *, actor: Any, seen: str | None = None) -> None:
    """As it was before the last change."""
    with _in_hand(mail, seen) as row:
        last = linked_before(row)
        _require(last is not None, _("Nobody has changed whose email this is."))
        details = last.details if last else {}
        _link(row, _person_behind(str(details.get("was", ""))), str(details.get("was_by", "")), actor)


def _person_behind(reference: str) -> Any:
    label, _colon, pk = reference.rpartition(":")
    if not label or not issubclass(apps.get_model(label), data_subjects.model()):
        return None
    return data_subjects.people().filter(pk=pk).first()


def candidates(read: reading.Reading) -> list[Any]:
    """Whose it may be: whoever has the sender's addresses, or whose number stands in the text."""
    named = [person for name in ("from", "reply-to") for at in read.addresses(name) for person in _by_email(at)]
    numbers = senders.numbers_in(f"{read.subject}\n{read.text}")
    named += [person for number in numbers if (person := data_subjects.by_number(number))]
    return list({person.pk: person for person in named if person.erased_at is None}.values())[:10]


def _by_email(address: str) -> list[Any]:
    return data_subjects.by_email(address) if address.isprintable() else []


# --- what it asks for --------------------------------------------------------------------------------------


def words_of(mail: InboundEmail) -> str:
    """Subject and own words, as proof and as text of a request; empty where no machine can read it."""
    try:
        read = reading.read(bytes(mail.raw))
    except reading.Unreadable:
        return ""
    return f"{read.subject}\n\n{own_words.own_words(read.text) or read.text}".strip()[:LONGEST]


def open_case(
    mail: InboundEmail, kind: str, *, actor: Any, seen: str | None = None, is_all: bool = True
) -> DataSubjectRequest:
    """A request of the linked person from the day the mail came; a mail alone does not prove who is asking."""
    with _in_hand(mail, seen) as row:
        person = _person(row)
        _require(kind in rights.REGISTER, _("There is no such right."))
        known = [case for case in deeds.of(row, None).cases if (case.kind, case.data_subject) == (kind, person)]
        _require(not known, _("This email opened such a request already: %s.") % ", ".join(map(str, known)))
        case, event = _opened_or_added(row, person, kind, actor)
        audit.record(event, actor=actor, subject=person, target=row, case=audit.reference(case))
        if is_all:
            _close(row, InboundEmail.Closing.ACTED, actor)
    return case


def _opened_or_added(row: InboundEmail, person: Any, kind: str, actor: Any) -> tuple[DataSubjectRequest, str]:
    under_way = DataSubjectRequest.objects.open().filter(data_subject=person, kind=kind).order_by("pk").first()
    if under_way and kind not in effects.SEPARATE:
        subject_requests.note(under_way, "asked_again", actor=actor, text=words_of(row), now=row.received_at)
        return under_way, "mail.case_asked_again"
    case = subject_requests.open_case(
        person, kind, source=Source.EMAIL, actor=actor, details=words_of(row), received_at=row.received_at,
        identity_confirmed=False, idempotency_key=deeds.key_of_case(row.pk, kind, person),
    )  # fmt: skip
    return case, "mail.case_opened"


def apply(
    mail: InboundEmail, name: str, *, actor: Any, seen: str | None = None, is_all: bool = True
) -> list[commands.Change]:
    """Switches off for the linked person what a mail may switch off, from the day it came, with receipt and undo."""
    with _in_hand(mail, seen) as row:
        person, command = _person(row), commands.REGISTER.get(name)
        _require(command is not None, _("There is no such command."))
        before = audit.of(row).filter(event="mail.applied", subject=audit.reference(person))
        twice = any(entry.details.get("command") == name for entry in before)
        _require(not twice, _("This was done for this person already, by this email."))
        changes = _applied(row, person, commands.REGISTER[name], actor)
        pks = [change.entry.pk for change in changes]
        audit.record("mail.applied", actor=actor, subject=person, target=row, command=name, entries=pks)
        if is_all:
            _close(row, InboundEmail.Closing.ACTED, actor)
    return changes


def _applied(row: InboundEmail, person: Any, command: commands.Command, actor: Any) -> list[commands.Change]:
    wording = words_of(row)
    subject = own_words.bare_subject(wording.partition("\n")[0])
    page = f"{row.mailbox}@{settings.MAIL_DOMAIN}, read by a colleague"
    is_exact = commands.by_subject(subject) == command
    changes = command.verb(person, commands.Order(wording, row.received_at, page, is_exact, actor))
    if person.contact_email:
        answers.receipt(command, person.contact_email, person, changes, timezone.now())
    return changes


def _person(row: InboundEmail) -> Any:
    _require(row.data_subject is not None, _("First say whose email it is."))
    return row.data_subject


# --- off the list, and back --------------------------------------------------------------------------------


def dismiss(mail: InboundEmail, why: str, *, actor: Any) -> None:
    """Nothing more is to be done with it."""
    with _in_hand(mail) as row:
        _require(why in InboundEmail.Closing.values, _("Say why."))
        _close(row, why, actor)


def _close(row: InboundEmail, why: str, actor: Any) -> None:
    """Off the list; a mail that no machine could read is done with as well, so that it can go one day."""
    now = timezone.now()
    InboundEmail.objects.filter(pk=row.pk).update(
        review_state=InboundEmail.Review.DONE, reviewed_as=why, reviewed_by=actor, reviewed_at=now,
        job_state=Job.State.DONE, finished_at=Coalesce(F("finished_at"), now),
    )  # fmt: skip
    audit.record("mail.dismissed", actor=actor, subject=row.data_subject, target=row, why=str(why))


def dismiss_all(mails: Iterable[InboundEmail], why: str, *, actor: Any) -> int:
    """Several at once; how many. Those that a colleague has dealt with meanwhile stay as they are."""
    return sum(_managed(dismiss, mail, why, actor=actor) for mail in mails)


def reopen(mail: InboundEmail, *, actor: Any) -> None:
    """Back on the list, whoever or whatever took it off."""
    with transaction.atomic():
        row = InboundEmail.objects.select_for_update().get(pk=mail.pk)
        _require(not row.waits, _("A colleague was faster: this email is on the list already."))
        _require(row.job_state == Job.State.DONE, _("A machine is reading this email. Wait a moment."))
        InboundEmail.objects.filter(pk=row.pk).update(
            review_state=InboundEmail.Review.OPEN, reviewed_as="", reviewed_by=None, reviewed_at=None
        )
        audit.record("mail.reopened", actor=actor, subject=row.data_subject, target=row)


def reopen_all(mails: Iterable[InboundEmail], *, actor: Any) -> int:
    """Several at once; how many."""
    return sum(_managed(reopen, mail, actor=actor) for mail in mails)


def _managed(verb: Any, mail: InboundEmail, *given: Any, actor: Any) -> bool:
    try:
        verb(mail, *given, actor=actor)
    except NotPossible:
        return False
    return True


def read_again(mail: InboundEmail, *, actor: Any) -> None:
    """Another three tries for a mail that the machine gave up."""
    with transaction.atomic():
        fresh = jobs.again(mail, now=timezone.now())
        _require(fresh, _("A colleague was faster: this email does not wait for another try any more."))
        audit.record("job.again", actor=actor, target=mail)
