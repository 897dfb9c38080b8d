"""May an advertising mail leave that hides its sender or the way out? Asked with invented mails that go nowhere."""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...mailings import leaving
from ...mailings.headers import MARK
from ..control import control
from ..finding import Finding, broken, kept

TO = "nobody@canary.invalid"


def an_advert(sender: str, text: str) -> leaving.Leaving:
    """One that says that it is advertising, and lacks whatever it is not given."""
    message = EmailMessage("Offers", text, sender, [TO], headers={MARK: "own; content=own"})
    return leaving.Leaving(message.message(), [TO], datetime.now(settings.SHOP_TZ))


def _refused_by(*rules: str, mail: leaving.Leaving) -> list[str]:
    """Which of these rules are in force and refuse it."""
    return [rule.__name__ for rule in leaving.RULES if rule.__name__ in rules and list(rule(mail))]


@control("mailings-way-out", gettext_lazy("No advertising mail leaves without a way out"))
def way_out_is_required(now: datetime) -> Finding:
    """Neither without the headers nor without a link that can be seen."""
    refused = _refused_by("carries_the_way_out", "says_who_and_how_to_stop", mail=an_advert("shop@shop.example", "Hi"))
    if len(refused) < 2:
        return broken(_("An advertising mail without a way to stop it would leave."), refused=len(refused))
    return kept(_("Tried now with an invented mail: without a way to stop it, it does not leave."))


@control("mailings-sender", gettext_lazy("No advertising mail leaves that hides who sent it"))
def sender_is_not_hidden(now: datetime) -> Finding:
    """An address that nobody reads, or no postal address."""
    refused = _refused_by("can_be_answered", "says_who_and_how_to_stop", mail=an_advert("noreply@shop.example", "Hi"))
    if len(refused) < 2:
        return broken(_("An advertising mail would leave that nobody can answer, or without our postal address."))
    return kept(_("Tried now with an invented mail: one that nobody can answer does not leave."))


@control("mailings-asked-at-the-door", gettext_lazy("The gate is asked again when an advertising mail leaves"))
def gate_is_asked_at_the_door(now: datetime) -> Finding:
    """The mail backend in use is the one that asks, and the rule is in force there."""
    asks = any(rule.__name__ == "may_be_written_to" for rule in leaving.RULES)
    if not asks or settings.EMAIL_BACKEND.rpartition(".")[2] != "GatedBackend":
        return broken(_("Mail leaves by a way on which the gate is not asked."))
    if not _refused_by("may_be_written_to", mail=an_advert("shop@shop.example", "Hi")):
        return broken(_("A mail to somebody we do not know would leave."))
    return kept(_("All mail leaves through the backend that asks the gate at that moment."))
