"""One call to one recipient's machine: number it, see what stands, write down what goes, send, forget."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from .. import audit
from ..jobs import Job, dispatch
from ..outgoing_calls import NotReached
from ..personal_data import NoPersonalData
from ..recipient_notices import webhook
from ..recipients import Recipient, log_disclosure
from . import saying
from .line import ChoiceLine
from .saying import Said

ACTOR = "system:choices"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# So many changes in one call; a file of thousands makes many calls.
AT_MOST = 500
# What was told is of no use to anybody after that; the call itself says only when it left.
KEPT_FOR = timedelta(days=30)


class ChoiceCall(Job):
    """One call; what it says is read as it leaves, so that a late one tells what stands and not what stood."""

    personal_data = NoPersonalData("Says which recipient was called when; its lines, which go, say of whom.")
    passing = (OSError, NotReached)

    recipient = models.ForeignKey(Recipient, models.CASCADE, related_name="choice_calls")
    sequence = models.PositiveBigIntegerField(null=True, editable=False, help_text="Of the last try.")

    class Meta:
        verbose_name = "call to a recipient about choices"
        indexes = [
            models.Index(fields=["job_state", "run_after"], name="choice_call_due"),
            models.Index(fields=["recipient", "-sequence"], name="choice_call_last"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The same at every try, so that whoever gets it twice can tell."""
        return f"choices-{self.pk}"

    def perform(self) -> None:
        """Sends what may be said; of whom nothing may be said, or not any more, nothing leaves."""
        number, said = self._prepared()
        if said.changes:
            to = self.recipient
            webhook.post(to.notice_url, bytes(to.notice_secret), self._body(number, said), key=self.key)
        with self.settling():
            self.lines.all().delete()
        forget(timezone.now())

    def _prepared(self) -> tuple[int, Said]:
        """What is said, asked of the gate and written down before it leaves: an erasure that begins now knows of it.

        Calls to one recipient are numbered and read one after another, so that a higher number knows at least as much.
        Its row is locked for that in the way that lets others point at it.
        """
        with transaction.atomic():
            to = Recipient.objects.hearing().select_for_update(no_key=True).filter(pk=self.recipient_id).first()
            lines = list(self.lines.select_related("data_subject"))
            if to is None or not to.notice_secret or not lines:
                return 0, Said()
            now, self.recipient = timezone.now(), to
            number = self._numbered(now, lines)
            said = saying.gather(to, lines, now, as_of=EPOCH + timedelta(microseconds=number))
            self._write_down(said, now)
        return number, said

    def _numbered(self, now: datetime, lines: Iterable[ChoiceLine]) -> int:
        """Higher than every number before: the moment as of which the call speaks, in microseconds since 1970.

        So it grows on when the database is put back to an older state, and no choice is too young for its own call,
        however little the clocks of two machines agree.
        """
        last = ChoiceCall.objects.filter(recipient=self.recipient).aggregate(last=models.Max("sequence"))["last"] or 0
        newest = max([now, *(line.created_at for line in lines)])
        number: int = max(last + 1, (newest - EPOCH) // timedelta(microseconds=1))
        self.write(sequence=number)
        return number

    def _write_down(self, said: Said, now: datetime) -> None:
        """Each hand-over once a call, however often it is tried."""
        people = [person for person, _fields in said.handed]
        before = self.recipient.disclosures.filter(data_subject__in=people, occurred_at__gte=self.created_at)
        known = {(row.data_subject_id, tuple(row.fields)) for row in before}
        basis = self.recipient.usual_basis
        with audit.gathering():
            audit.record(
                "choice_call.prepared", actor=ACTOR, target=self, now=now, recipient=audit.reference(self.recipient)
            )
            for person, fields in said.handed:
                if (person.pk, tuple(fields)) not in known:
                    reference = saying.reference(person, fields)
                    same: dict[str, Any] = {"legal_basis": basis, "reference": reference, "actor": ACTOR, "now": now}
                    log_disclosure(person, self.recipient, list(fields), **same)

    def _body(self, number: int, said: Said) -> bytes:
        """docs/recipient-webhooks.md describes it."""
        whose: dict[str, Any] = {"id": self.key, "type": "choices", "shop": settings.SHOP["name"], "sequence": number}
        content = whose | {"changes": said.changes}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def write(to: Recipient, lines: Iterable[ChoiceLine]) -> None:
    """Puts these into calls to this recipient, in the transaction of the change."""
    waiting = list(lines)
    for start in range(0, len(waiting), AT_MOST):
        call = ChoiceCall.objects.create(recipient=to)
        part = waiting[start : start + AT_MOST]
        for line in part:
            line.call = call
        ChoiceLine.objects.bulk_create(part)
        dispatch(call)


@dataclass(frozen=True)
class Standing:
    """How far the calls to one recipient are."""

    waiting: int
    stuck: int
    last: datetime | None

    @property
    def is_empty(self) -> bool:
        """Whether it was never called."""
        return not self.waiting and not self.stuck and self.last is None


def standing_with(to: Recipient) -> Standing:
    """How many calls to it wait or need a person, and when it last took one."""
    rows = ChoiceCall.objects.filter(recipient=to)
    done = rows.filter(job_state=Job.State.DONE)
    return Standing(
        waiting=rows.filter(job_state__in=(Job.State.NEW, Job.State.WORKING)).count(),
        stuck=rows.filter(job_state=Job.State.NEEDS_ATTENTION).count(),
        last=done.aggregate(last=models.Max("finished_at"))["last"],
    )


def forget(now: datetime) -> None:
    """Takes calls that were done long ago; they are about nobody."""
    old = ChoiceCall.objects.filter(job_state=Job.State.DONE, finished_at__lt=now - KEPT_FOR)
    old.delete()
