"""How does a notice reach its recipient? By email or webhook, tried with growing pauses, and asked again in time."""

import smtplib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit
from ..jobs import CannotSucceed, Job, dispatch
from ..notices import MailRefused, is_for_good
from ..personal_data import NoPersonalData
from . import letter, webhook
from .answers import NotPossible, answer, locked, stop_asking
from .notice import RecipientNotice, State


class NoWayThere(CannotSucceed):
    """The recipient has neither an email address nor a URL any more."""


class NoticeDelivery(Job):
    """One sending of a notice: the first, a reminder, or another one that a colleague asked for."""

    personal_data = NoPersonalData("Says which notice left when; what it says is taken from the notice as it leaves.")
    passing = (OSError, webhook.NotReached)

    notice = models.ForeignKey(RecipientNotice, models.CASCADE, related_name="deliveries")
    number = models.PositiveSmallIntegerField()
    is_reminder = models.BooleanField(default=False)

    class Meta:
        verbose_name = "sending of a message to a recipient"
        constraints = [models.UniqueConstraint(fields=["notice", "number"], name="notice_delivery_once")]
        indexes = [models.Index(fields=["job_state", "run_after"], name="notice_delivery_due")]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The same at every try of this sending, so that whoever gets it twice can tell."""
        return f"notice-{self.notice_id}-{self.number}"

    def perform(self) -> None:
        """Asks whether it is still wanted, sends it outside any transaction, and notes that and what comes next."""
        notice = RecipientNotice.objects.select_related("recipient").get(pk=self.notice_id)
        if not notice.may_leave:
            self.finish()
        elif self.is_reminder and (
            notice.reminders >= settings.RECIPIENT_REMINDERS or not notice.recipient.can_be_told
        ):
            with self.settling():
                _leave_to_a_person(notice)
        else:
            said = self._send(notice)
            with self.settling():
                self._note_sent(notice, said, timezone.now())

    def _send(self, notice: RecipientNotice) -> webhook.Said | None:
        """What the recipient answered on the spot; None by email."""
        to = notice.recipient
        if to.notice_url:
            return webhook.post(
                to.notice_url,
                bytes(to.notice_secret),
                letter.as_json(notice, is_reminder=self.is_reminder),
                key=self.key,
            )
        if not to.notice_email:
            raise NoWayThere
        try:
            letter.as_email(notice, key=self.key, is_reminder=self.is_reminder).send()
        except smtplib.SMTPException as error:
            if is_for_good(error):
                raise MailRefused from error
            raise
        return None

    def _note_sent(self, notice: RecipientNotice, said: webhook.Said | None, now: datetime) -> None:
        """It has left; an answer that came meanwhile stands."""
        if not locked(notice).may_leave:
            return
        if notice.state in (State.TO_BE_SENT, State.ATTENTION):
            notice.update(state=State.TOLD)
        notice.update(told_at=notice.told_at or now, reminders=notice.reminders + self.is_reminder)
        audit.record("recipient_notice.sent", actor="system:recipients", subject=notice.data_subject, target=notice)
        if said is not None and said.state:
            answer(notice, said.state, actor=notice.recipient, note=said.reason, now=now)
        if notice.is_awaited:
            ask_later(notice, now=now)

    def fail(self, error: Exception, now: datetime) -> None:
        """When it is given up, the notice itself says that it needs a person."""
        with transaction.atomic():
            super().fail(error, now)
            notice = RecipientNotice.objects.get(pk=self.notice_id)
            if self.job_state == self.State.NEEDS_ATTENTION and locked(notice).is_awaited:
                _leave_to_a_person(notice)


def _leave_to_a_person(notice: RecipientNotice) -> None:
    if locked(notice).is_awaited:
        notice.update(state=State.ATTENTION)
        audit.record(
            "recipient_notice.attention", actor="system:recipients", subject=notice.data_subject, target=notice
        )


def deliver(notice: RecipientNotice, *, now: datetime, is_reminder: bool = False) -> NoticeDelivery:
    """Queues the next sending, for `now` or a day to come."""
    last = notice.deliveries.aggregate(last=models.Max("number"))["last"]
    number = 0 if last is None else last + 1
    row = NoticeDelivery.objects.create(notice=notice, number=number, is_reminder=is_reminder, run_after=now)
    if not is_reminder:
        dispatch(row)
    return row


def ask_later(notice: RecipientNotice, *, now: datetime) -> None:
    """Without an answer by then, a reminder leaves; the row waits, and the sweeper hands it over on its day."""
    then = now + timedelta(days=settings.RECIPIENT_REMINDER_DAYS)
    notice.update(answer_by=timezone.localdate(then, settings.SHOP_TZ))
    deliver(notice, now=then, is_reminder=True)


def record(notice: RecipientNotice, state: str, *, actor: Any, note: str, now: datetime) -> bool:
    """What a colleague heard by another road; who is still at work is asked again. False when there was an answer."""
    with transaction.atomic():
        is_new = answer(notice, state, actor=actor, note=note, now=now)
        if is_new and notice.is_awaited and not notice.deliveries.filter(job_state=Job.State.NEW).exists():
            ask_later(notice, now=now)
    return is_new


def send_again(notice: RecipientNotice, *, actor: Any, now: datetime) -> None:
    """A colleague has it sent once more, now; reminders begin anew."""
    with transaction.atomic():
        if not locked(notice).is_open:
            raise NotPossible(_("This is closed; nothing more is sent."))
        if not notice.recipient.can_be_told:
            raise NotPossible(_("This recipient has neither an email address nor a URL. Enter one first."))
        stop_asking(notice)
        notice.update(state=State.TO_BE_SENT, reminders=0)
        audit.record("recipient_notice.again", actor=actor, subject=notice.data_subject, target=notice, now=now)
        deliver(notice, now=now)


def told_by_hand(notice: RecipientNotice, *, actor: Any, now: datetime) -> None:
    """A colleague has written or called; without an answer in time it comes back to the list."""
    with transaction.atomic():
        if not locked(notice).is_open:
            raise NotPossible(_("This is closed; nobody need be told any more."))
        stop_asking(notice)
        notice.update(state=State.TOLD, told_at=now)
        audit.record("recipient_notice.told", actor=actor, subject=notice.data_subject, target=notice, now=now)
        ask_later(notice, now=now)
