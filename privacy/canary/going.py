"""Erased, looked for, removed: is she gone wherever she was, does the log say so, and is nothing left of the test?"""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import audit, data_subjects, erasure, jobs, suppression, traces
from ..audit import AuditEntry
from ..cases import State
from ..erasure import farewell
from ..export import Export
from ..fields import correspondent_hash
from ..notices import OutgoingEmail
from ..subject_requests import DataSubjectRequest, open_case
from ..traces import Trace
from ..vocabulary import Source
from . import person, places
from .run import SYSTEM, CanaryRun, CanaryStep
from .step import MINUTES, STEPS, Broken, require, step, wait_for

LAST_LETTER = "erasure_done"
FEW = 5


@step("seen", gettext_lazy("Found her wherever she was"), needs=("made", "exported"))
def see(run: CanaryRun) -> str:
    """Before the erasure: the search finds her in tables, sealed columns, sessions and copies.

    Where nothing about anybody is ever written (cache, broker, files), it finds another word that we put there.
    """
    broker = places.broker()
    require(broker or run.is_here, _("The broker does not answer."))
    run.for_long()
    planted = list(places.planted(run, broker))
    try:
        for plant, _take in planted:
            plant()
        found = list(traces.find(person.word_of(run), person.probe_of(run)))
    finally:
        for _plant, take in planted:
            take()
    blind = [name for name, is_seen in places.kinds(broker).items() if not any(is_seen(trace) for trace in found)]
    require(not blind, _("The search does not see: %(places)s.") % {"places": ", ".join(blind)})
    count = len({trace.where for trace in found})
    if broker is None:
        return _("She was found in %(count)d places; the broker does not answer and was not looked at.") % {
            "count": count
        }
    return _("She was found in %(count)d places, in each kind of place that there is.") % {"count": count}


@step("two_people", gettext_lazy("Refused a deletion by one person alone"), needs=("made",), at_once=True)
def insist_on_two(run: CanaryRun) -> str:
    """The database itself says no, to one person twice and to nobody at all; the wish for it is taken back unseen."""
    her = person.known(run)
    with transaction.atomic():
        case = open_case(her, "erasure", source=Source.WEB, actor=her.account, identity_confirmed=True)
        twice = _is_taken(case, proposed_by=her.account, approved_by=her.account)
        alone = _is_taken(case, state=State.EXECUTING)
        transaction.set_rollback(True)
    require(not twice, _("The database lets one person alone agree to a deletion."))
    require(not alone, _("The database lets a deletion begin to which nobody has agreed."))
    return _("The database refused one person twice, and nobody at all.")


def _is_taken(case: DataSubjectRequest, **values: Any) -> bool:
    try:
        with transaction.atomic():
            DataSubjectRequest.objects.filter(pk=case.pk).update(**values)
    except IntegrityError:
        return False
    return True


@step(
    "erased", gettext_lazy("Erased her"), needs=("made",), events=("erasure.done",), patience=15 * MINUTES,
)  # fmt: skip
def erase(run: CanaryRun) -> str:
    """By the verb of every erasure; what stays says why and until when, she is not written to, the last letter leaves.

    Two colleagues and days to change one's mind protect people; she is proven to be nobody, and needs neither.
    """
    her, address = person.known(run), person.address_of(run)
    _await_letters(run, her)
    run.for_long()
    if not AuditEntry.objects.filter(event="erasure.done", subject=run.subject).exists():
        erasure.erase(her, today=timezone.localdate(), actor=SYSTEM)
        her = person.known(run)
    lines = erasure.preview(her, timezone.localdate())
    require(her.erased_at and not any(line.goes for line in lines), _("Something that should go is still there."))
    unsaid = [line.title for line in lines if line.kept and not (line.reason and line.until)]
    require(not unsaid, _("Kept without a reason or a last day: %(what)s.") % {"what": ", ".join(unsaid)})
    require(not data_subjects.by_email(address), _("She is still found by her email address."))
    require(suppression.is_suppressed(address), _("Her address is not on the list of those never written to again."))
    require(not _has_files(her), _("Files of her copy are still there."))
    _await_last_letter(run, address)
    return _("What stays says why and until when; the last letter has left.")


def _await_letters(run: CanaryRun, her: Any) -> None:
    """What was written to her has left, so that no worker holds a letter in its hands while she goes."""
    waiting = OutgoingEmail.objects.filter(data_subject=her).exclude(job_state=OutgoingEmail.State.DONE)
    if run.is_here:
        for row in waiting:
            jobs.work(row._meta.label_lower, row.pk)
    wait_for(not waiting.all().exists(), _("The letters to her have not left."))


def _has_files(her: Any) -> bool:
    return Export._base_manager.filter(data_subject=her).exclude(files={}).exists()


def _await_last_letter(run: CanaryRun, address: str) -> None:
    """It goes from the outbox as it leaves; where mail goes out as files, she has now read it and throws it away."""
    letters = OutgoingEmail.objects.filter(template=LAST_LETTER, to_hash=correspondent_hash(address))
    if run.is_here:
        for row in letters:
            jobs.work(row._meta.label_lower, row.pk)
    wait_for(not letters.all().exists(), _("The last letter to her has not left."))
    farewell.remove_copies([address])


@step("gone", gettext_lazy("Looked for her again everywhere"), needs=("erased",))
def look_again(run: CanaryRun) -> str:
    """No table, file, session, cache or queue holds the word any longer."""
    run.for_long()
    words = person.word_of(run), person.probe_of(run)
    found = list(traces.find(*words))
    if found:
        raise Broken(_("Still found in: %(places)s.") % {"places": ", ".join(_named(found, words))})
    return _("Found nowhere.")


def _named(found: list[Trace], words: tuple[str, ...]) -> list[str]:
    """The places, a few; a name that holds the word itself is not repeated here."""
    names = [f"{trace.where} {trace.column}".strip().lower() for trace in found]
    for word in words:
        names = [name.replace(word, "…") for name in names]
    return [*names[:FEW], *(["…"] if len(names) > FEW else [])]


@step("recorded", gettext_lazy("Read the audit log"), needs=("made",))
def read_log(run: CanaryRun) -> str:
    """Everything that was done to her stands there, and the chain is whole from end to end."""
    run.for_long()
    said = set(AuditEntry.objects.filter(subject=run.subject).values_list("event", flat=True))
    done = run.steps.filter(outcome=CanaryStep.Outcome.DONE).values_list("name", flat=True)
    missing = {event for name in done if name in STEPS for event in STEPS[name].events} - said
    require(not missing, _("Not in the log: %(events)s.") % {"events": ", ".join(sorted(missing))})
    found = audit.verify()
    require(found.is_intact, _("The log is not whole."))
    return _("Every deed is in the log, and the log is whole.")


@step("removed", gettext_lazy("Removed the last rows"))
def remove(run: CanaryRun) -> str:
    """Also what the law keeps of real people; always done, whatever failed before."""
    if not run.subject:
        return _("Nobody had been made.")
    run.for_long()
    person.remove(run)
    left = person.rows_left(run)
    require(not left, _("Rows are left in: %(models)s.") % {"models": ", ".join(left)})
    return _("No row is left of her.")
