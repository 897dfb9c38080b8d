"""Who is nobody? A customer made for one run, known by a word that only our key can compute, gone to the last row.

What can be done to her by one process alone must not be possible with anybody else. Two locks: the audit log, whose
entries only our key can make, must say that this very run made this very person; and until she is erased her number
must begin as no customer's number does.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from .. import audit, data_subjects, erasure
from ..audit import AuditEntry
from ..encryption import keyed_hash
from ..erasure import farewell
from ..erasure.removal import delete
from ..fields import correspondent_hash
from ..notices import OutgoingEmail
from ..personal_data import SELF, PersonalData, declarations
from ..purge.night import has_shells
from .run import SYSTEM, CanaryRun
from .step import Broken, require

MADE = "canary.made"
# By then every period is over, whatever the law.
FOR_EVER = timedelta(days=36_525)
LETTERS = str.maketrans("0123456789abcdef", "bcdfghjklmnpqrst")


def word_of(run: CanaryRun) -> str:
    """Sixteen letters that stand in no book, the same each time, and nowhere unless somebody wrote them there."""
    return keyed_hash(f"word:{run.pk}", use="canary")[:16].translate(LETTERS)


def probe_of(run: CanaryRun) -> str:
    """Another such word, for places where we never write anything about anybody."""
    return keyed_hash(f"probe:{run.pk}", use="canary")[:16].translate(LETTERS)


def address_of(run: CanaryRun) -> str:
    """Where she would get letters; the domain is reserved (RFC 2606), and no mail server is handed one to it."""
    return f"{word_of(run)}@{settings.CANARY_MAIL_DOMAIN}"


def make(run: CanaryRun) -> Any:
    """A customer as the shop makes them, written down as made by this run in the same transaction."""
    person = import_string(settings.CANARY_CUSTOMER)(word_of(run), address_of(run))
    require(_has_reserved_number(person), _("The shop gave the test customer a number that a real one could have."))
    audit.record(MADE, actor=SYSTEM, subject=person, target=run)
    run.write(subject=audit.reference(person))
    return person


def of(run: CanaryRun) -> Any | None:
    """The person of this run as she stands in the database now; Broken where she is not proven to be nobody."""
    label, _colon, pk = run.subject.rpartition(":")
    if not label or label != data_subjects.model()._meta.label_lower:
        return None
    person = data_subjects.people().filter(pk=pk).first()
    if person is not None:
        is_nobody = was_made_by(run) and (person.erased_at is not None or _has_reserved_number(person))
        require(is_nobody, _("The person of this run is not proven to be a test customer. Nothing was done."))
    return person


def known(run: CanaryRun) -> Any:
    """The same, where she has to be there."""
    person = of(run)
    if person is None:
        raise Broken(_("The test customer is gone too early."))
    return person


def was_made_by(run: CanaryRun) -> bool:
    """Whether the audit log says so, in an entry that only the holder of the key could write."""
    entries = AuditEntry.objects.filter(event=MADE, subject=run.subject, target=audit.reference(run))
    return any(entry.hash == entry.computed_hash() for entry in entries)


def _has_reserved_number(person: Any) -> bool:
    return str(person.number).startswith(settings.CANARY_NUMBERS_BEGIN)


def remove(run: CanaryRun) -> None:
    """Takes every row about her, those too that the law keeps of real people; what the audit log says stays."""
    if (person := of(run)) is not None:
        erasure.erase(person, today=timezone.localdate() + FOR_EVER, actor=SYSTEM)
        _remove_shells(person)
        _remove_letters(address_of(run))
        audit.record("canary.removed", actor=SYSTEM, subject=person, target=run)
    CanaryRun.objects.filter(pk=run.pk).update(removed_at=timezone.now())


def _remove_shells(person: Any) -> None:
    """Blanked rows, the person's own before what she points at, such as her login."""
    shells = [declaration for declaration in declarations() if has_shells(declaration)]
    keys = {one.label: list(one.of(person).values_list("pk", flat=True)) for one in shells}
    for one in sorted(shells, key=lambda one: one.data_subject != SELF):
        delete(one, one.rows.filter(pk__in=keys[one.label]))


def _remove_letters(address: str) -> None:
    """Where she was not erased before, her last letter has just been written, and she needs it no longer."""
    OutgoingEmail.objects.filter(to_hash=correspondent_hash(address)).delete()
    farewell.remove_copies([address])


def rows_left(run: CanaryRun) -> list[str]:
    """Every kind of record that still has a row of hers."""
    pk = run.subject.rpartition(":")[2]
    return [one.label for one in declarations() if one.data_subject and _rows(one, pk).exists()]


def _rows(declaration: PersonalData, pk: str) -> Any:
    return declaration.rows.filter(**{declaration.subject_lookup: pk})


def leftovers(run: CanaryRun) -> list[CanaryRun]:
    """Runs before this one that ended, or died, without having removed their person."""
    earlier = CanaryRun.objects.filter(removed_at=None, pk__lt=run.pk).exclude(subject="").order_by("pk")
    return [one for one in earlier if one.outcome or one.is_stuck(timezone.now())]
