"""Made, opted in, unsubscribed: does her yes count, and does one mail end it?"""

import smtplib
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import data_subjects, gate, jobs, preferences
from ..inbound import mailbox
from ..inbound.identity import Letter, identity_of
from ..inbound.mailbox import InboundEmail
from ..notices import OutgoingEmail
from ..vocabulary import Channel, Occasion, Purpose, Sender
from . import person
from .run import CanaryRun
from .step import MINUTES, NotYet, require, step, wait_for

WHOLE_WAY_IN_SECONDS = 10
TO_REMOVE = "remove"


@step("cleared", gettext_lazy("Cleared away what an earlier run left"))
def clear(run: CanaryRun) -> str:
    """A run that died leaves its customer behind; she goes first."""
    left = person.leftovers(run)
    for one in left:
        person.remove(one)
    if not left:
        return _("Nobody was left.")
    days = ", ".join(str(timezone.localdate(one.created_at)) for one in left)
    return _("Somebody was left from a run that did not end, and was removed: %(days)s.") % {"days": days}


@step("made", gettext_lazy("Made a customer who is nobody"), events=(person.MADE,), at_once=True)
def make(run: CanaryRun) -> str:
    """She is found by her address, and nobody else is."""
    made = person.make(run)
    found = data_subjects.by_email(person.address_of(run))
    require([one.pk for one in found] == [made.pk], _("She is not found by her email address."))
    return _("She is found by her email address.")


@step(
    "opted_in", gettext_lazy("Opted in, signed in"), needs=("made",), events=("consent.granted",), at_once=True,
)  # fmt: skip
def opt_in(run: CanaryRun) -> str:
    """The same verb as behind the page of preferences; the gate says no before and yes after."""
    her = person.known(run)
    require(not _may_write_to(her), _("The gate let advertising through before she had said yes."))
    options = preferences.marketing()
    mine = [o.key for o in options if (o.channel, o.sender) == (Channel.EMAIL, Sender.OWN)]
    preferences.save(
        her, options, ticked=mine, shown_ticked=(), may_switch_on=True, actor=her.account, page="nightly self-test",
        occasion=Occasion.SALE,
    )  # fmt: skip
    require(_may_write_to(her), _("She said yes to email, and the gate still says no."))
    others = [o for o in options if o.key not in mine and _is_open(her, o)]
    require(not others, _("Her yes to one thing opened another."))
    return _("The gate said no before, yes after, and no to everything else.")


@step(
    "unsubscribed", gettext_lazy("Unsubscribed by a real mail"), needs=("opted_in",),
    events=("consent.withdrawn",), patience=5 * MINUTES,
)  # fmt: skip
def unsubscribe(run: CanaryRun) -> str:
    """A mail through the listener's own door, read by a worker; then the gate says no, and a receipt is written."""
    her, letter = person.known(run), _mail_of(run)
    row = InboundEmail.objects.filter(identity=identity_of(letter)).first()
    if row is None:
        _hand_in(run, letter)
        row = InboundEmail.objects.filter(identity=identity_of(letter)).first()
    if run.is_here and row:
        jobs.work(row._meta.label_lower, row.pk)
    wait_for(row, _("The mail was taken, but is not stored."))
    wait_for(not _may_write_to(her), _("The mail was stored, but the gate still says yes."))
    receipts = OutgoingEmail.objects.filter(data_subject=her, template="mail_receipt")
    wait_for(receipts.exists(), _("The mail was carried out, but no receipt was written."))
    return _("The gate says no, and a receipt was written.")


def _may_write_to(her: Any) -> bool:
    return gate.may_contact(her, Channel.EMAIL).allowed


def _is_open(her: Any, option: preferences.Option) -> bool:
    """Whether the gate lets this kind of advertising through."""
    known = option.purpose == Purpose.MARKETING
    return known and gate.may_contact(her, option.channel, option.sender, option.sender).allowed


def _mail_of(run: CanaryRun) -> Letter:
    """The same bytes at every try, so that it is one mail however often it has to be handed in."""
    address, to = person.address_of(run), f"{TO_REMOVE}@{settings.MAIL_DOMAIN}"
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = address, to, "UNSUBSCRIBE"
    message["Date"] = format_datetime(run.created_at)
    message["Message-ID"] = f"<{run.pk}.{person.word_of(run)}@{settings.CANARY_MAIL_DOMAIN}>"
    message.set_content("")
    raw = message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return Letter(raw, to, address, "pipe" if run.is_here else "smtp")


def _hand_in(run: CanaryRun, letter: Letter) -> None:
    """Over SMTP, as any mail server does; in one process by the door of the pipe."""
    if run.is_here:
        mailbox.accept(letter.raw, letter.to, letter.sender, letter.road)
        return
    try:
        with smtplib.SMTP(settings.CANARY_SMTP_HOST, settings.SMTP_PORT, timeout=WHOLE_WAY_IN_SECONDS) as listener:
            listener.sendmail(letter.sender, [letter.to], letter.raw)
    except smtplib.SMTPResponseException as refusal:
        raise NotYet(
            _("The mail listener did not take the mail, it answered %(code)d.") % {"code": refusal.smtp_code}
        ) from refusal
    except smtplib.SMTPRecipientsRefused as refusal:
        raise NotYet(_("The mail listener does not know its own address for unsubscribing.")) from refusal
    except OSError as error:
        raise NotYet(_("The mail listener does not answer.")) from error
